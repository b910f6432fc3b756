"""What primitives that move elements accept and give; what NumPy decides it is asked, on as little as will do."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence

import numpy as np

from snek_strategies.ir import interpretations as meaning
from snek_strategies.ir.symbolic_rules import Dims, by_probe, check_index, has_symbols, joined
from snek_strategies.ir.symbols import as_shape, symbols_in
from snek_strategies.ir.types import PYTHON_TYPES, Array, Dim, Scalar, Type, concrete, type_of

Rule = Callable[..., tuple[Type, ...]]

_ONE = {kind: python(1) for python, kind in PYTHON_TYPES.items()}


def example(type_: Type, rank_kept: bool = True) -> object:
    """Return a value of one element of that type: NumPy decides on it as it would on the real one."""
    if isinstance(type_, Scalar):
        return _ONE[type_.kind]
    if not isinstance(type_, Array):
        raise TypeError(f"a number or an array is needed, not a function {type_}")
    one = type_.dtype.type(1)
    return np.full((1,) * len(type_.dims), one) if type_.dims and rank_kept else one


def dims_of(type_: Type) -> tuple[Dim, ...]:
    """Return the extents; a Python scalar has none."""
    return type_.dims if isinstance(type_, Array) else ()


def ask(function: Callable[..., object], *values: object, **params: object) -> object:
    """Return what a function of NumPy's answers; what it warns of is no matter here."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return function(*values, **params)


def by_example(function: Callable[..., object], uniform: bool = False) -> Rule:
    """Run the function itself on arrays of the real shape that hold one element in memory.

    A function that is `uniform` takes symbols among the extents: it is run on probes.
    """

    def answer(types: tuple[Type, ...], shapes: Sequence[tuple[int, ...]], params: dict[str, object]) -> Type:
        values = [
            np.broadcast_to(np.asarray(example(one, rank_kept=False)), dims) if dims else example(one)
            for one, dims in zip(types, shapes, strict=True)
        ]
        return type_of(ask(function, *values, **params))

    def rule(*types: Type, **params: object) -> tuple[Type, ...]:
        shapes = tuple(map(dims_of, types))
        if not (uniform and has_symbols(*shapes)):
            return (answer(types, list(map(concrete, shapes)), params),)
        found: list[Type] = []

        def probe(probes: list[tuple[int, ...]]) -> tuple[int, ...]:
            found.append(answer(types, probes, params))
            return concrete(dims_of(found[0]))

        dims = by_probe(shapes, probe)
        return tuple(Array(one.dtype, dims) if isinstance(one, Array) else one for one in found)

    return rule


def shaped(name: str, shape_of: Callable[[Dims, Dims], Dims]) -> Rule:
    """Give the rule of what takes a `shape`; its symbols have their numbers as further operands, in their order."""
    plain = by_example(meaning.STRUCTURAL[name])

    def rule(operand: Type, *extents: Type, shape: object, **params: object) -> tuple[Type, ...]:
        if extents != (Scalar("int"),) * len(symbols_in(as_shape(shape))):
            raise TypeError(f"the symbols of {shape} need their numbers, not ({', '.join(map(str, extents))})")
        if not extents and not has_symbols(dims_of(operand)):
            return plain(operand, shape=shape, **params)
        (flat,) = plain(Array(operand.dtype) if isinstance(operand, Array) else operand, shape=(1,))
        assert isinstance(flat, Array)
        return (Array(flat.dtype, shape_of(dims_of(operand), as_shape(shape))),)

    return rule


def concatenate(*types: Type, axis: int | None) -> tuple[Type, ...]:
    """Arrays of one rank whose extents agree, but for that of the axis."""
    shapes = tuple(map(dims_of, types))
    if not has_symbols(*shapes):
        return by_example(meaning.concatenate)(*types, axis=axis)
    ones = [Array(one.dtype, (1,) * len(one.dims)) for one in types if isinstance(one, Array)]
    (result,) = by_example(meaning.concatenate)(*ones, axis=axis)
    assert isinstance(result, Array)
    return (Array(result.dtype, joined(shapes, axis)),)


def stack(*types: Type, axis: int) -> tuple[Type, ...]:
    """Arrays of one shape; there are as many along the new axis."""
    shapes = tuple(map(dims_of, types))
    if not has_symbols(*shapes):
        return by_example(meaning.stack)(*types, axis=axis)
    (wide,) = concatenate(*(Array(one.dtype, (1, *one.dims)) for one in types if isinstance(one, Array)), axis=0)
    assert isinstance(wide, Array)
    count, *dims = wide.dims
    at = range(len(wide.dims))[axis]
    return (Array(wide.dtype, (*dims[:at], count, *dims[at:])),)


def extent(array: Type, *, axis: int) -> tuple[Type, ...]:
    """An array with that axis; its length is a Python int."""
    dims_of(array)[axis]
    return (Scalar("int"),)


def getitem(array: Type, *dynamic: Type, index: tuple[object, ...]) -> tuple[Type, ...]:
    """An array, and a whole number or an array of such for each hole of the index."""
    if not isinstance(array, Array):
        raise TypeError(f"{array} cannot be indexed; an array can")
    for one in dynamic:
        if one != Scalar("int") and not (isinstance(one, Array) and one.dtype.kind in "iu"):
            raise TypeError(f"{one} cannot index in the next stage: the result's shape would depend on data; use where")
    known = [np.asarray(part).shape for part in index if isinstance(part, np.ndarray)]
    shapes = (array.dims, *map(dims_of, dynamic), *known)

    def taken(given: list[tuple[int, ...]]) -> tuple[int, ...]:
        values = [
            0 if one == Scalar("int") else np.zeros(dims, "int64")[()]
            for one, dims in zip(dynamic, given[1:], strict=False)
        ]
        source = np.broadcast_to(array.dtype.type(1), given[0])
        return np.asarray(meaning.getitem(source, *values, index=index)).shape

    if not has_symbols(*shapes):
        return (Array(array.dtype, taken(list(map(concrete, shapes)))),)
    check_index(index, array.dims, meaning.HOLE)
    return (Array(array.dtype, by_probe(shapes, taken, fixed=True)),)


def setitem(array: Type, value: Type, *dynamic: Type, index: tuple[object, ...]) -> tuple[Type, ...]:
    """An array, what its items can hold, and the dynamic parts of the index; the array as it is then."""
    if not isinstance(array, Array) or not array.dims:
        raise TypeError(f"{array} has no items to store into; an array of rank 1 or more has")
    kinds = {"bool": "b", "int": "i", "float": "f", "complex": "c"}
    kind = kinds[value.kind] if isinstance(value, Scalar) else value.dtype.kind if isinstance(value, Array) else "?"
    if kind == "?" or (kind == "c" and array.dtype.kind != "c"):
        raise TypeError(f"{value} cannot be stored into {array}; take its real part")
    (target,) = getitem(array, *dynamic, index=index)
    dims, room = dims_of(value), dims_of(target)
    while len(dims) > len(room) and dims[0] == 1:
        dims = dims[1:]
    fits = len(dims) <= len(room) and all(a in (1, b) for a, b in zip(dims[::-1], room[::-1], strict=False))
    if not fits:
        raise ValueError(f"could not broadcast input array from shape {dims_of(value)} into shape {room}")
    return (array,)


def additem(array: Type, value: Type, *dynamic: Type, index: tuple[object, ...]) -> tuple[Type, ...]:
    """As `setitem`, of a dtype that NumPy adds in place."""
    if isinstance(array, Array) and not array.dims:
        raise TypeError(f"{array} has no items to add to; an array of rank 1 or more has")
    if isinstance(array, Array) and isinstance(value, Array) and not np.can_cast(value.dtype, array.dtype, "same_kind"):
        raise TypeError(f"{value} cannot be added to items of {array}; convert it with astype")
    return setitem(array, value, *dynamic, index=index)
