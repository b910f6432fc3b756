"""Shapes with symbols in them: what primitives that move elements make of them, where it is the same for every size.

What else they would make of a symbol raises NeedsNumber, and the program is staged for its exact extents.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import count
from math import isqrt, prod

import numpy as np

from snek_strategies.ir.symbols import NeedsNumber, Symbol
from snek_strategies.ir.types import Array, Dim, Type

Dims = tuple[Dim, ...]

_MOVING = "transpose swapaxes moveaxis matrix_transpose expand_dims squeeze ravel flip roll real imag round clip"
_ALONG = "tril triu sort argsort cumsum cumprod cumulative_sum cumulative_prod take take_along_axis searchsorted"
UNIFORM = frozenset(f"{_MOVING} {_ALONG} dot vdot vecdot tensordot".split())
"""Primitives that do the same to every extent of 2 or more: each of the result's is one of the operands'."""


def has_symbols(*shapes: Dims) -> bool:
    """Tell whether a symbol is in one of the shapes."""
    return any(isinstance(dim, Symbol) for dims in shapes for dim in dims)


def places_of(types: tuple[Type, ...]) -> dict[Symbol, tuple[int, int]]:
    """Return for each symbol the position and the axis of the first argument that has it among its extents."""
    found: dict[Symbol, tuple[int, int]] = {}
    for at, one in enumerate(types):
        for axis, dim in enumerate(one.dims if isinstance(one, Array) else ()):
            if isinstance(dim, Symbol):
                found.setdefault(dim, (at, axis))
    return found


def by_probe(
    shapes: tuple[Dims, ...], ask: Callable[[list[tuple[int, ...]]], tuple[int, ...]], fixed: bool = False
) -> Dims:
    """Return the shape that `ask` gives for these, asked with a number of its own for each symbol.

    The numbers are primes above all others, so that neither a product nor a neighbour of one is taken for another. With
    `fixed`, an extent that no shape has follows from those that are numbers.
    """
    known = [dim for dims in shapes for dim in dims if not isinstance(dim, Symbol)]
    fresh = filter(_is_prime, count(max(known, default=1) + 3))
    probes = {dim: next(fresh) for dims in shapes for dim in dims if isinstance(dim, Symbol)}
    made = ask([tuple(probes[dim] if isinstance(dim, Symbol) else dim for dim in dims) for dims in shapes])
    back: dict[int, Dim] = {number: symbol for symbol, number in probes.items()}
    if not fixed and any(extent > 1 and extent not in back and extent not in known for extent in made):
        raise NeedsNumber(f"the extents {made} follow from {shapes} in another way for other sizes")
    return tuple(back.get(extent, extent) for extent in made)


def _is_prime(number: int) -> bool:
    return all(number % part for part in range(2, isqrt(number) + 1))


def reshaped(dims: Dims, shape: Dims) -> Dims:
    """Return the shape of `reshape`, its -1 found. Raises ValueError where the elements do not fit."""
    if sum(dim == -1 for dim in shape) > 1:
        raise ValueError("can only specify one unknown dimension")
    have, want = _factors(dims), _factors(tuple(dim for dim in shape if isinstance(dim, Symbol) or dim != -1))
    if not any(dim == -1 for dim in shape):
        if have != want:
            raise ValueError(f"cannot reshape array of shape {dims} into shape {shape}")
        return shape
    rest = have[1] - want[1]
    if want[1] - have[1] or not want[0] or have[0] % want[0]:
        raise NeedsNumber(f"the extent -1 of {shape} is needed as a number")
    if rest.total() > 1 or (rest and have[0] != want[0]):
        raise NeedsNumber(f"the extent -1 of {shape} is a product")
    found: Dim = next(iter(rest)) if rest else have[0] // want[0]
    return tuple(dim if isinstance(dim, Symbol) or dim != -1 else found for dim in shape)


def _factors(dims: Dims) -> tuple[int, Counter[Symbol]]:
    return (
        prod(dim for dim in dims if not isinstance(dim, Symbol)),
        Counter(dim for dim in dims if isinstance(dim, Symbol)),
    )


def widened(dims: Dims, shape: Dims) -> Dims:
    """Return the shape of `broadcast_to`. Raises ValueError where an extent is neither 1 nor that of the shape."""
    missing = len(shape) - len(dims)
    if missing < 0 or not all(have in (1, want) for have, want in zip(dims, shape[missing:], strict=True)):
        raise ValueError(f"could not broadcast array of shape {dims} to shape {shape}")
    return shape


def joined(shapes: tuple[Dims, ...], axis: int | None) -> Dims:
    """Return the shape of `concatenate` along an axis whose extents are numbers."""
    if axis is None:
        raise NeedsNumber("arrays whose extents are symbols are joined to one line")
    first, *others = shapes
    at = axis % len(first)
    for other in others:
        if len(other) != len(first) or any(
            a != b for k, (a, b) in enumerate(zip(first, other, strict=True)) if k != at
        ):
            raise ValueError(f"all the input array dimensions except for the concatenation axis must match: {shapes}")
    along = [dims[at] for dims in shapes]
    if len(along) > 1 and any(isinstance(dim, Symbol) for dim in along):
        raise NeedsNumber(f"the sum of the extents {along}")
    total = along[0] if len(along) == 1 else sum(dim for dim in along if not isinstance(dim, Symbol))
    return (*first[:at], total, *first[at + 1 :])


def check_index(index: tuple[object, ...], dims: Dims, hole: object) -> None:
    """Raise NeedsNumber for an index that means another thing for another size of an axis whose extent is a symbol."""
    axis = 0
    used = sum(part is not None and part is not Ellipsis for part in index)
    for part in index:
        if isinstance(part, (bool, np.bool_)) or (isinstance(part, np.ndarray) and part.dtype.kind == "b"):
            raise NeedsNumber(f"an index with the mask {part!r}")
        if part is Ellipsis:
            axis += len(dims) - used
        elif part is not None:
            dim = dims[axis] if axis < len(dims) else 0
            if isinstance(dim, Symbol) and not (part is hole or _is_uniform(part)):
                raise NeedsNumber(f"the extent {dim} that is indexed with {part!r}")
            axis += 1


def _is_uniform(part: object) -> bool:
    if isinstance(part, slice):
        return part.start is None and part.stop is None and part.step in (None, 1, -1)
    return isinstance(part, (int, np.integer)) and -2 <= int(part) <= 1
