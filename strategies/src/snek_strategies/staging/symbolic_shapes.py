"""One staging for every size: which extents have varied over the calls, and which calls a staging then serves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from snek_strategies.ir.shape_rules import dims_of
from snek_strategies.ir.symbols import NeedsNumber, Symbol, symbols_in
from snek_strategies.ir.types import Array, Dim, Type

Shapes = tuple[tuple[Dim, ...], ...]
"""The shapes of the arguments' arrays of rank 1 or more, in their order."""
Sizes = tuple[tuple[int, ...], ...]
"""Shapes of one call: all of them are numbers."""
Pattern = tuple[tuple[int, ...], ...]
"""Shapes with a number, or -1 - k for the k-th symbol."""

NAMES = "nmpqrs"


def split_key(key: object) -> tuple[object, Sizes]:
    """Return a key of arguments with ranks in place of the shapes of its NumPy arrays, and those shapes."""
    shapes: list[tuple[int, ...]] = []

    def walk(part: Any) -> object:
        if not isinstance(part, tuple):
            return part
        if len(part) == 2 and isinstance(part[0], np.dtype) and isinstance(part[1], tuple) and _is_shape(part[1]):
            shapes.append(part[1])
            return (part[0], ("rank", len(part[1])))  # an array without axes has True for a shape, which is 1
        return tuple(map(walk, part))

    return walk(key), tuple(shapes)


def _is_shape(part: tuple[Any, ...]) -> bool:
    return bool(part) and all(type(dim) is int for dim in part)


def pattern_of(seen: Sequence[Sizes]) -> Pattern:
    """Return what these calls have in common: extents that vary are symbols, and those that vary alike are one."""
    columns = list(zip(*(chain(*sizes) for sizes in seen), strict=True))
    varying = list(dict.fromkeys(one for one in columns if len(set(one)) > 1))
    told = iter([-1 - varying.index(one) if one in varying else one[0] for one in columns])
    return tuple(tuple(next(told) for _ in shape) for shape in seen[0])


def has_symbol(pattern: Pattern) -> bool:
    """Tell whether an extent varies."""
    return any(one < 0 for shape in pattern for one in shape)


def shapes_of(pattern: Pattern) -> Shapes:
    """Return the shapes that a pattern stands for, with symbols of their own."""
    symbols: dict[int, Symbol] = {}

    def dim(one: int) -> Dim:
        if one >= 0:
            return one
        name = NAMES[-1 - one] if -one <= len(NAMES) else f"n{-one}"
        return symbols.setdefault(one, Symbol(name))

    return tuple(tuple(map(dim, shape)) for shape in pattern)


@dataclass(frozen=True)
class Served:
    """Which calls a staging with symbols serves: the shapes that it was staged for, and what it told apart."""

    shapes: Shapes
    apart: tuple[tuple[Symbol, Dim], ...]

    def admits(self, sizes: Sizes) -> bool:
        """Tell whether the staging holds for these shapes."""
        found: dict[Dim, int] = {}
        for dim, size in zip(chain(*self.shapes), chain(*sizes), strict=True):
            if not isinstance(dim, Symbol):
                if dim != size:
                    return False
            elif size < 2 or found.setdefault(dim, size) != size:
                return False
        return all(found[symbol] != found.get(other, other) for symbol, other in self.apart)


def served_by(shapes: Shapes) -> Served:
    """Return what a finished staging serves."""
    symbols = dict.fromkeys(symbols_in(tuple(chain(*shapes))))
    return Served(shapes, tuple(dict.fromkeys((symbol, other) for symbol in symbols for other in symbol.apart)))


def with_shapes(types: tuple[Type, ...], shapes: Shapes) -> tuple[Type, ...]:
    """Return types with these shapes in place of those of arrays of rank 1 or more.

    Raises NeedsNumber where the arrays are others than those that shapes were found for: the tables of a tree, say.
    """
    if not shapes:
        return types
    at = [place for place, one in enumerate(types) if type(one) is Array and one.dims]
    made = dict(zip(at, shapes, strict=False))
    if len(at) != len(shapes) or not all(_may_be(dims_of(types[place]), shape) for place, shape in made.items()):
        raise NeedsNumber("arguments hold arrays whose extents are part of what they are")
    return tuple(
        Array(one.dtype, made[place]) if isinstance(one, Array) and place in made else one
        for place, one in enumerate(types)
    )


def _may_be(dims: tuple[Dim, ...], shape: tuple[Dim, ...]) -> bool:
    return len(dims) == len(shape) and all(isinstance(b, Symbol) or a == b for a, b in zip(dims, shape, strict=True))


def finish(symbols: Mapping[Symbol, object]) -> None:
    """End the staging of a program. Raises NeedsNumber where a number was asked for, and something caught that."""
    for symbol in symbols:
        symbol.finished = True
        if symbol.asked:
            raise NeedsNumber(f"the extent {symbol} is needed as a number")
