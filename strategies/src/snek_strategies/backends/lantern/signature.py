"""What the entry in C knows a program by: tuples that `runtime/program.hpp` and `signature.hpp` parse."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import CellType
from typing import Any

import numpy as np

from snek_strategies.backends.lantern.cpp_types import CPP
from snek_strategies.calls import Arguments
from snek_strategies.ir.symbolic_rules import places_of
from snek_strategies.ir.symbols import Symbol
from snek_strategies.ir.types import Array, Dim, Scalar, Type
from snek_strategies.staging.pytrees import Dynamic, follow, is_store
from snek_strategies.staging.trace import Given, Hole, StagedProgram
from snek_strategies.staging.watch import Names, Watch

Spec = tuple[object, ...]
Symbols = dict[Symbol, int]

ARRAY, SCALAR, MARKED, NUMBER, CONSTANT, TUPLE = range(6)
"""`entry::Kind` in signature.hpp."""
MADE, FIXED, LEAF, TUPLE_OF, LIST_OF = range(5)
"""`entry::Part` in program.hpp."""
MOST = 64
"""How many leaves and results the entry takes."""
CONSTANTS = (bool, int, float, str, type(None))


@dataclass(frozen=True)
class Native:
    """A loaded program: where it starts, what it makes, and who says in Python what went wrong in it."""

    address: int
    given: tuple[Type, ...]
    results: tuple[Type, ...]
    same: tuple[int | None, ...]
    """The parameter that a result is, for each."""
    failed: Callable[[int, int, tuple[int, ...]], object]
    kept: object
    """What must live as long as the program."""


def signature(native: Native, staged: StagedProgram, given: Arguments, plain: bool) -> Spec | None:
    """Return what the entry needs to call a program for arguments like these, or None where they are not its business.

    With `plain`, numbers that are marked as dynamic are taken without their mark.
    """
    args = given[0]
    leaves, made = list(_leaves(args)), native.results
    arrays = [id(one) for one in leaves if is_store(one)]
    if staged.changes or staged.failures or len(set(arrays)) < len(arrays) or max(len(leaves), len(made)) > MOST:
        return None
    symbols = {symbol: -1 - at for at, symbol in enumerate(places_of(native.given))}
    if len(leaves) != len(native.given) or len(leaves) + len(symbols) > MOST:
        return None
    types = iter(native.given)
    takes = [_argument(one, plain, types, symbols) for one in args]
    answer = _answer(staged.result, leaves, given)
    values = [_made(type_, same, symbols) for type_, same in zip(made, native.same, strict=True)]
    if None in takes or answer is None or None in values:
        return None
    guards, changed = _outside(staged.guards)
    sizes = (len(symbols), tuple(_apart(symbols)))
    return (native.address, tuple(takes), sizes, guards, changed, tuple(values), answer, native.failed, native.kept)


def _leaves(value: object) -> Iterator[object]:
    if isinstance(value, tuple):
        for one in value:
            yield from _leaves(one)
    elif isinstance(value, (np.ndarray, np.generic, Dynamic)):
        yield value


def _argument(value: object, plain: bool, types: Iterator[Type], symbols: Symbols) -> Spec | None:
    type_ = next(types) if isinstance(value, (np.ndarray, np.generic, Dynamic)) else None
    if isinstance(value, (np.ndarray, np.generic)):
        if type(value) is not np.ndarray:
            known = isinstance(value, np.generic) and value.dtype.name in CPP
            return (SCALAR, type(value), ()) if known and value.dtype.isnative else None
        own = _own(value.dtype)
        return None if own is None else (ARRAY, own, _shape(type_, symbols))
    if isinstance(value, Dynamic):
        return (NUMBER if plain else MARKED, Dynamic, (type(value.value),))
    if type(value) in CONSTANTS:
        return (CONSTANT, value, ())
    if type(value) is tuple:
        parts = tuple(_argument(one, plain, types, symbols) for one in value)
        return None if None in parts else (TUPLE, None, parts)
    return None


def _own(dtype: np.dtype[Any]) -> np.dtype[Any] | None:
    """Return NumPy's one object for a dtype, which is what the entry compares with."""
    return np.dtype(dtype.type) if dtype.isnative and dtype.name in CPP else None


def _shape(type_: Type | None, symbols: Symbols) -> tuple[int | Dim, ...]:
    """Return an array's extents; of a symbol, its number below 0."""
    dims = type_.dims if isinstance(type_, Array) else ()
    return tuple(symbols[dim] if isinstance(dim, Symbol) else dim for dim in dims)


def _apart(symbols: Symbols) -> Iterator[tuple[int, int]]:
    """Walk the pairs of extents that the program took to differ."""
    for symbol, at in symbols.items():
        for other in dict.fromkeys(symbol.apart):
            yield at, symbols[other] if isinstance(other, Symbol) else other


def _made(type_: Type, same: int | None, symbols: Symbols) -> Spec | None:
    at = -1 if same is None else same
    if isinstance(type_, Scalar):
        return (type_.kind[:1], at, None, ())
    own = _own(type_.dtype) if isinstance(type_, Array) else None
    return None if own is None else ("\0", at, own, _shape(type_, symbols))


def _answer(structure: object, leaves: list[object], given: object, inner: bool = False) -> Spec | None:
    if isinstance(structure, Hole):
        return None if structure.tensor else (MADE, structure.index, None, ())
    if isinstance(structure, Given):
        found = follow(given, structure.path)
        at = next((at for at, one in enumerate(leaves) if one is found), None)
        return None if at is None else (LEAF, at, None, ())
    # A list inside an answer may be there twice, and would have to be one.
    if type(structure) is tuple or (type(structure) is list and not inner):
        parts = tuple(_answer(one, leaves, given, inner=True) for one in structure)
        return None if None in parts else (TUPLE_OF if type(structure) is tuple else LIST_OF, 0, None, parts)
    return (FIXED, 0, structure, ()) if type(structure) in CONSTANTS else None


def _outside(watch: Watch) -> tuple[tuple[Spec, ...], Callable[[], object] | None]:
    """Return guards that compare objects, and who is to be asked where they do not say it all."""
    guards: list[Spec] = []
    for value, content in watch.seen.values():
        if content is None:
            continue
        if isinstance(value, Names) and type(value.scope) is dict:
            guards += [(value.scope, *named) for named in zip(value.names, content, strict=True)]
        elif isinstance(value, CellType):
            guards.append((value, None, content[0]))
        else:
            return (), watch.changed
    return tuple(guards), None
