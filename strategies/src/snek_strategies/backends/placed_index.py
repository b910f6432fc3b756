"""Where an index with arrays puts what it takes (NumPy's advanced indexing), axis by axis."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np

from snek_strategies.ir.interpretations import HOLE
from snek_strategies.ir.symbols import Symbol
from snek_strategies.ir.types import Array, Dim, Type, broadcast


@dataclass(frozen=True)
class Along:
    """The source axis is walked by a result axis: position = start + step * (index along `axis`)."""

    axis: int
    start: int
    step: int


@dataclass(frozen=True)
class At:
    """The source axis is at a static position; of a symbol's extent, one below 0 counts from the end."""

    position: int


@dataclass(frozen=True)
class By:
    """The source axis is chosen by dynamic operand number `operand`, an array along the result axes `axes`."""

    operand: int
    axes: tuple[int, ...]


Place = Along | At | By


@dataclass(frozen=True)
class Placed:
    """How each source axis is chosen, and the shape that comes out."""

    places: tuple[Place, ...]
    shape: tuple[Any, ...]
    """Numbers; symbols too where the source or the index has some."""


def placed(dims: tuple[Dim, ...], index: tuple[object, ...], dynamic: tuple[Type, ...]) -> Placed:
    """Return how `index`, with a `HOLE` for each of `dynamic`, takes from an array of shape `dims`."""
    parts = _without_ellipsis(index, len(dims))
    shapes = [one.dims if isinstance(one, Array) else () for one in dynamic]
    holes = iter(zip(count(), shapes))
    arrays = broadcast(tuple(shapes)) if shapes else ()
    advanced = bool(arrays) or any(shapes)
    chosen = [at for at, part in enumerate(parts) if part is HOLE or isinstance(part, (int, np.integer))]
    adjacent = advanced and chosen == list(range(chosen[0], chosen[-1] + 1))
    places: list[Place] = []
    shape: list[Dim] = []
    walking: list[tuple[int, int]] = []
    first = 0
    axis = 0
    for at, part in enumerate(parts):
        if advanced and adjacent and at == chosen[0]:
            first = len(shape)
            shape.extend(arrays)
        if part is None:
            shape.append(1)
            continue
        size = dims[axis]
        axis += 1
        if part is HOLE:
            number, own = next(holes)
            places.append(By(number, tuple(range(len(arrays) - len(own), len(arrays)))))
        elif isinstance(part, slice):
            start, step, extent = _walked(part, size)
            walking.append((len(places), len(shape)))
            places.append(Along(len(shape), start, step))
            shape.append(extent)
        else:
            assert isinstance(part, (int, np.integer)), part
            places.append(At(int(part) if isinstance(size, Symbol) else int(part) % size if size else 0))
    if advanced and not adjacent:
        shape[:0] = arrays
        places = [
            Along(one.axis + len(arrays), one.start, one.step) if isinstance(one, Along) else one for one in places
        ]
    else:
        places = [By(one.operand, tuple(k + first for k in one.axes)) if isinstance(one, By) else one for one in places]
    return Placed(tuple(places), tuple(shape))


def leading(where: Placed, dims: tuple[Dim, ...]) -> int | None:
    """Return how many axes an index takes one position of, where it takes all of the axes after them; else None."""
    count = next((at for at, one in enumerate(where.places) if isinstance(one, Along)), len(dims))
    first, rest = where.places[:count], zip(where.places[count:], dims[count:], strict=True)
    if any(isinstance(one, By) and one.axes for one in first):
        return None
    whole = all(
        isinstance(one, Along) and (one.start, one.step) == (0, 1) and where.shape[one.axis] == dim for one, dim in rest
    )
    return count if whole else None


def _walked(part: slice, size: Dim) -> tuple[int, int, Dim]:
    """Return where a slice starts, its step, and its extent; of an axis whose extent is a symbol it takes all."""
    if isinstance(size, Symbol):
        return (0, 1, size) if part.step in (None, 1) else (operator.index(size), -1, size)
    start, stop, step = part.indices(size)
    return start, step, len(range(start, stop, step))


def is_basic(dynamic: tuple[Type, ...]) -> bool:
    """Tell whether no index of arrays is among the dynamic parts: each is one position."""
    return all(not (isinstance(one, Array) and one.dims) for one in dynamic)


def _without_ellipsis(index: tuple[object, ...], rank: int) -> list[object]:
    used = sum(1 for part in index if part is not None and part is not Ellipsis)
    filler = [slice(None)] * (rank - used)
    if Ellipsis not in index:
        return [*index, *filler]
    at = index.index(Ellipsis)
    return [*index[:at], *filler, *index[at + 1 :]]
