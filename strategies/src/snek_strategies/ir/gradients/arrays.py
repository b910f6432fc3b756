"""Derivatives of reductions, of products, and of what moves elements around."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from snek_strategies.ir.gradients.value import Value
from snek_strategies.ir.interpretations import HOLE, STRUCTURAL
from snek_strategies.ir.shape_rules import dims_of
from snek_strategies.ir.symbols import Symbol, symbols_in
from snek_strategies.ir.types import Array, concrete

Derivative = Callable[..., Value]


def _axes(axis: Any, rank: int) -> tuple[int, ...]:
    if axis is None:
        return tuple(range(rank))
    return tuple(int(one) % rank for one in (axis if isinstance(axis, tuple) else (axis,)))


def spread(g: Value, x: Value, axis: object) -> Value:
    """Give a reduced value back the axes that were reduced, of extent 1."""
    axes = _axes(axis, len(x.dims))
    return g.strong().do("reshape", shape=tuple(1 if at in axes else dim for at, dim in enumerate(x.dims)))


def _count(x: Value, axis: object) -> int:
    return prod(concrete(tuple(x.dims[at] for at in _axes(axis, len(x.dims)))))


def _by_count(of: float, x: Value, axis: object, ddof: int = 0) -> float | Value:
    """Return a number divided by how many elements are reduced; it is of the next stage where an extent is a symbol."""
    dims = tuple(x.dims[at] for at in _axes(axis, len(x.dims)))
    symbols = symbols_in(dims)
    known = prod(dim for dim in dims if not isinstance(dim, Symbol))
    if not symbols:
        return of / (known - ddof)
    count = x.lift(known)
    for symbol in symbols:
        count = count * x.lift(symbol)
    return (x.lift(of) / (count - ddof)).do("item")


def _extreme(g: Value, o: Value, x: Value, *, axis: object = None, **_: object) -> Value:
    held = x.do("equal", spread(o, x, axis)).do("astype", dtype=g.type.dtype.name)  # type: ignore[union-attr]
    return spread(g, x, axis) * held / held.do("sum", axis=_axes(axis, len(x.dims)), keepdims=True)


def _var(g: Value, o: Value, x: Value, *, axis: object = None, ddof: int = 0, **_: object) -> Value:
    mean = x.do("mean", axis=axis, keepdims=True)
    return spread(g, x, axis) * (x - mean) * _by_count(2.0, x, axis, ddof)


def _std(g: Value, o: Value, x: Value, *, axis: object = None, ddof: int = 0, **_: object) -> Value:
    mean = x.do("mean", axis=axis, keepdims=True)
    return spread(g / o, x, axis) * (x - mean) * _by_count(1.0, x, axis, ddof)


def _transpose(g: Value, o: Value, x: Value, *, axes: Any = None) -> Value:
    return g.do("transpose") if axes is None else g.do("transpose", axes=tuple(int(one) for one in np.argsort(axes)))


def gathered(primitive: str) -> Derivative:
    """Return the derivative of a primitive that only moves or copies elements: each adds back where it came from."""

    def back(g: Value, o: Value, x: Value, **params: object) -> Value:
        came = np.asarray(STRUCTURAL[primitive](np.arange(_count(x, None)).reshape(concrete(x.dims)), **params)).ravel()
        flat = zeros(x).do("reshape", shape=(-1,))
        return flat.do("additem", g.strong().do("reshape", shape=(-1,)), index=(came,)).do("reshape", shape=x.dims)

    return back


def zeros(x: Value) -> Value:
    """Return zeros of a value's type."""
    assert isinstance(x.type, Array)
    return x.lift(x.type.dtype.type(0)).do("broadcast_to", shape=x.dims)


def _triangle(primitive: str) -> Derivative:
    return lambda g, o, x, **params: g.do(primitive, **params)


def _sort(g: Value, o: Value, x: Value, *, axis: Any = -1, **_: object) -> Value:
    if axis is None:
        x, axis = x.do("reshape", shape=(-1,)), 0
    back = x.do("argsort", axis=axis).do("argsort", axis=axis)
    return g.do("take_along_axis", back, axis=axis).do("reshape", shape=x.dims)


def _cumsum(g: Value, o: Value, x: Value, *, axis: Any = None, include_initial: bool = False, **_: object) -> Value:
    at = 0 if axis is None else axis
    g = _initial(g, x, at, include_initial)
    return g.do("flip", axis=at).do("cumsum", axis=at).do("flip", axis=at).do("reshape", shape=x.dims)


def _initial(g: Value, x: Value, axis: int, include_initial: bool) -> Value:
    """Return what reached the sums or products of one item or more, the start left out."""
    if not include_initial:
        return g
    return g.do("getitem", index=(*(slice(None),) * (axis % len(g.dims)), slice(1, None)))


def _cumprod(g: Value, o: Value, x: Value, *, axis: Any = None, include_initial: bool = False, **_: object) -> Value:
    flat = x.do("reshape", shape=(-1,)) if axis is None or not x.dims else x
    at = (0 if axis is None else axis) % len(flat.dims)
    g = _initial(g, flat, at, include_initial).do("moveaxis", source=at, destination=-1)
    rows = flat.do("moveaxis", source=at, destination=-1)
    (n,) = concrete(rows.dims[-1:])
    # One row for each factor, which is left out of the products in it; a zero among the factors is no special case.
    without = rows.lift(np.eye(n, dtype=bool)).do("where", 1.0, rows.do("expand_dims", axis=-2)).do("cumprod", axis=-1)
    back = (g.do("expand_dims", axis=-2) * without).do("triu").do("sum", axis=-1)
    return back.do("moveaxis", source=-1, destination=at).do("reshape", shape=x.dims)


def _prod(g: Value, o: Value, x: Value, *, axis: Any = None, **_: object) -> Value:
    axes = _axes(axis, len(x.dims))
    order = (*(at for at in range(len(x.dims)) if at not in axes), *axes)
    moved = x.strong().do("transpose", axes=order)
    rest = moved.dims[: len(order) - len(axes)]
    rows = moved.do("reshape", shape=(*rest, _count(x, axis)))

    def before(one: Value) -> Value:
        ones = one.lift(np.ones((*rest, 1), one.type.dtype))  # type: ignore[union-attr]
        cut = one.do("getitem", index=(Ellipsis, slice(None, -1)))
        return ones.do("concatenate", cut, axis=-1).do("cumprod", axis=-1)

    others = before(rows) * before(rows.do("flip", axis=-1)).do("flip", axis=-1)
    back = others.do("reshape", shape=moved.dims).do("transpose", axes=tuple(int(one) for one in np.argsort(order)))
    return spread(g, x, axis) * back


def _diff(g: Value, o: Value, x: Value, *, n: int = 1, axis: int = -1, **rest: object) -> Value:
    if any(one is not None for one in rest.values()):
        raise NotImplementedError
    for _ in range(n):
        shape = list(g.dims)
        shape[axis] = 1
        edge = g.lift(np.zeros(shape, g.type.dtype))  # type: ignore[union-attr]
        g = edge.do("concatenate", g, axis=axis) - g.do("concatenate", edge, axis=axis)
    return g


def _trace(g: Value, o: Value, x: Value, *, offset: int = 0, axis1: int = 0, axis2: int = 1, **_: object) -> Value:
    where = {"offset": offset, "axis1": axis1, "axis2": axis2}
    shape = x.do("diagonal", **where).dims
    wide = g.strong().do("expand_dims", axis=-1).do("broadcast_to", shape=shape)
    return gathered("diagonal")(wide, o, x, **where)


def _along(g: Value, o: Value, x: Value, where: Value, *, axis: int | None = -1) -> Value:
    if axis is None:
        return zeros(x).do("reshape", shape=(-1,)).do("additem", g, where, index=(HOLE,)).do("reshape", shape=x.dims)
    rank = len(x.dims)
    grid: list[object] = [
        np.arange(extent).reshape((1,) * at + (-1,) + (1,) * (rank - 1 - at))
        for at, extent in enumerate(concrete(x.dims))
    ]
    grid[axis] = HOLE
    return zeros(x).do("additem", g, where, index=tuple(grid))


def _take(g: Value, o: Value, x: Value, where: Value, *, axis: int | None = None) -> Value:
    flat = zeros(x).do("reshape", shape=(-1,)) if axis is None else zeros(x)
    before = () if axis is None else (slice(None),) * (axis % len(x.dims))
    return flat.do("additem", g, where, index=(*before, HOLE)).do("reshape", shape=x.dims)


def _getitem(g: Value, o: Value, x: Value, *dynamic: Value, index: tuple[object, ...]) -> Value:
    return zeros(x).do("additem", g, *dynamic, index=index)


def _kept(g: Value, o: Value, x: Value, value: Value, *dynamic: Value, index: tuple[object, ...]) -> Value:
    return g.do("setitem", 0.0, *dynamic, index=index)


def _stored(g: Value, o: Value, x: Value, value: Value, *dynamic: Value, index: tuple[object, ...]) -> Value:
    got = g.do("getitem", *dynamic, index=index)
    if any(dims_of(one.type) for one in dynamic) or any(isinstance(one, np.ndarray) for one in index):
        # Of several stores to one element the last stays; only its value is in the result.
        order = np.arange(1, max(1, _count(got, None)) + 1).reshape(concrete(got.dims))[()]
        blank = x.lift(np.zeros(concrete(x.dims), np.int64))
        last = blank.do("setitem", order, *dynamic, index=index).do("getitem", *dynamic, index=index)
        got = last.do("equal", order).do("where", got, 0.0)
    while len(got.dims) < len(value.dims):
        got = got.do("expand_dims", axis=0)
    return got


def _added(g: Value, o: Value, x: Value, value: Value, *dynamic: Value, index: tuple[object, ...]) -> Value:
    return g.do("getitem", *dynamic, index=index)


def _part(at: int) -> Derivative:
    def back(g: Value, o: Value, *arrays: Value, axis: int | None) -> Value:
        if axis is None:
            sizes = [_count(one, None) for one in arrays]
            return g.do("getitem", index=(slice(sum(sizes[:at]), sum(sizes[: at + 1])),)).do(
                "reshape", shape=arrays[at].dims
            )
        axis %= len(g.dims)
        start = sum(one.dims[axis] for one in arrays[:at])
        cut = slice(start, start + arrays[at].dims[axis])
        return g.do("getitem", index=(*(slice(None),) * axis, cut))

    return back


def _layer(at: int) -> Derivative:
    return lambda g, o, *arrays, axis: g.do("getitem", index=(*(slice(None),) * (axis % len(g.dims)), at))


ARRAYS: dict[str, tuple[Derivative, ...]] = {
    "sum": (lambda g, o, x, *, axis=None, **_: spread(g, x, axis),),
    "mean": (lambda g, o, x, *, axis=None, **_: spread(g, x, axis) * _by_count(1.0, x, axis),),
    "max": (_extreme,),
    "min": (_extreme,),
    "var": (_var,),
    "std": (_std,),
    "reshape": (lambda g, o, x, *_, shape, order="C": g.do("reshape", shape=x.dims, order=order),),
    "expand_dims": (lambda g, o, x, **_: g.do("reshape", shape=x.dims),),
    "squeeze": (lambda g, o, x, **_: g.strong().do("reshape", shape=x.dims),),
    "broadcast_to": (lambda g, *_, **__: g,),
    "transpose": (_transpose,),
    "matrix_transpose": (lambda g, o, x: g.do("matrix_transpose"),),
    "swapaxes": (lambda g, o, x, **params: g.do("swapaxes", **params),),
    "moveaxis": (lambda g, o, x, *, source, destination: g.do("moveaxis", source=destination, destination=source),),
    "flip": (lambda g, o, x, **params: g.do("flip", **params),),
    **{name: (gathered(name),) for name in ("ravel", "roll", "tile", "repeat", "diagonal")},
    "tril": (_triangle("tril"),),
    "triu": (_triangle("triu"),),
    "sort": (_sort,),
    "cumsum": (_cumsum,),
    "cumulative_sum": (_cumsum,),
    "cumprod": (_cumprod,),
    "cumulative_prod": (_cumprod,),
    "prod": (_prod,),
    "diff": (_diff,),
    "trace": (_trace,),
    "take": (_take,),
    "take_along_axis": (_along,),
    "getitem": (_getitem,),
    "setitem": (_kept, _stored),
    "additem": (lambda g, *_, **__: g, _added),
    "clip": (
        lambda g, o, x, low, high: (
            x.do("greater_equal", low).do("logical_and", x.do("less_equal", high)).do("where", g, 0.0)
        ),
        lambda g, o, x, low, high: x.do("less", low).do("where", g, 0.0),
        lambda g, o, x, low, high: x.do("greater", high).do("where", g, 0.0),
    ),
}
"""One function for each operand that can have a gradient."""

JOINS: dict[str, Callable[[int], Derivative]] = {"concatenate": _part, "stack": _layer}
"""Primitives with any number of operands: the function of the operand at that position."""
