"""What a loop's node gives over all trips at once: one row for each primitive, the trips as the first axis."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import numpy as np

from snek_core_transform.errors import Place
from snek_strategies.ir.indexed_axes import dynamic_operands
from snek_strategies.ir.interpretations import HOLE
from snek_strategies.ir.loop_counters import index_of
from snek_strategies.ir.pointwise_loops import ELEMENTWISE
from snek_strategies.ir.rules import effects_of, results_of
from snek_strategies.ir.shape_rules import dims_of
from snek_strategies.ir.syntax import Atom, Const, Node, Sym
from snek_strategies.ir.types import Array, Dim, Type, type_of

MOST_BYTES = 1 << 19
"""What a value may take over all trips: more would leave the caches that one trip's lies in."""


class Trips:
    """A loop's trips, and the nodes that compute for all of them."""

    def __init__(self, fresh: Callable[[Type], Sym]) -> None:
        self.fresh = fresh
        self.nodes: list[Node] = []
        self.place: Place | None = None
        self.start = self.count = 0
        self._counter: tuple[int, int] = (-2, -2)
        self._every: dict[int, Atom] = {}

    def count_up(self, counter: tuple[int, int], start: int, end: int) -> None:
        """Take in the names of the counter and of its next value, and which numbers it has."""
        self._counter, self.start, self.count = counter, start, end - start
        for name, first in zip(counter, (start, start + 1), strict=True):
            numbers = np.arange(first, first + self.count)
            self._every[name] = Const(numbers, type_of(numbers))

    def counts(self, sym: Sym) -> bool:
        """Tell whether a name is the counter, or its next value."""
        return sym.index in self._counter

    def walks(self, index: Atom, length: object) -> bool:
        """Tell whether an index is the counter, all of whose numbers an axis of that length has."""
        return index_of(index) == self._counter[0] and isinstance(length, int) and self.start + self.count <= length

    def every(self, atom: Atom, rank: int = 0) -> Atom | None:
        """Return what an atom is over all trips, of at least so many axes beside theirs; None where it is one."""
        found = self._every.get(index_of(atom))
        if found is None:
            return None
        count, *own = dims_of(found.type)
        dims = (count, *(1,) * (rank - len(own)), *own)
        return found if dims == dims_of(found.type) else self.emit("reshape", found, shape=dims)

    def over(self, atom: Atom, rank: int) -> Atom:
        """Return an atom over all trips, or itself where it is the same for all."""
        return self.every(atom, rank) or atom

    def emit(self, primitive: str, *operands: Atom, **params: object) -> Sym:
        """Add a node, and return its result."""
        (type_,) = results_of(primitive, tuple(one.type for one in operands), params)
        return self._named(self.fresh(type_), primitive, operands, params)

    def give(self, result: Sym, primitive: str, *operands: Atom, **params: object) -> bool:
        """Add a node whose result has that name; return whether it is of that type."""
        (type_,) = results_of(primitive, tuple(one.type for one in operands), params)
        return type_ == self._named(result, primitive, operands, params).type

    def _named(self, result: Sym, primitive: str, operands: tuple[Atom, ...], params: dict[str, object]) -> Sym:
        effects = effects_of(primitive, operands)
        self.nodes.append(Node((result,), primitive, operands, tuple(params.items()), (), effects, self.place))
        return result

    def add(self, node: Node) -> bool:
        """Add what a node gives over all trips, or the node where that is the same for all; False where neither is."""
        self.place = node.place
        if all(self.every(atom) is None for atom in node.operands):
            self.nodes.append(node)
            return True
        row, type_ = ROWS.get(node.primitive), node.results[0].type if len(node.results) == 1 else None
        if row is None or not isinstance(type_, Array) or not all(isinstance(dim, int) for dim in type_.dims):
            return False
        wanted = Array(type_.dtype, (self.count, *type_.dims))
        if prod(int(dim) for dim in type_.dims) * self.count * type_.dtype.itemsize > MOST_BYTES:
            return False
        made = row(self, node)
        if made is None or made.type != wanted:
            return False
        self._every[node.results[0].index] = made
        return True


Row = Callable[[Trips, Node], Atom | None]


def _rank(atom: Atom) -> int:
    return len(dims_of(atom.type))


def _elementwise(trips: Trips, node: Node) -> Atom:
    rank = max(map(_rank, node.operands))
    return trips.emit(node.primitive, *(trips.over(one, rank) for one in node.operands), **dict(node.params))


def _along(trips: Trips, node: Node) -> Atom | None:
    """Return a reduction, a running one, or an order, along axes that stand one further."""
    (x,) = node.operands
    params, rank = dict(node.params), _rank(x)
    axis = params.get("axis")
    if not rank or axis is None:
        return None
    moved = tuple(one % rank + 1 for one in axis) if isinstance(axis, tuple) else int(str(axis)) % rank + 1
    return trips.emit(node.primitive, trips.over(x, rank), **{**params, "axis": moved})


def _matmul(trips: Trips, node: Node) -> Atom:
    """Return products of matrices; a vector is one of a single row or column."""
    left, right = node.operands
    rank = max(_rank(left), _rank(right), 2)
    row, column = (_as_matrix(trips, one, last) for one, last in ((left, False), (right, True)))
    given = []
    for own, made in ((left, row), (right, column)):
        varies = trips.every(own) is not None
        lacking = rank + 1 - _rank(made) if varies else 0
        dims = dims_of(made.type)
        given.append(trips.emit("reshape", made, shape=(dims[0], *(1,) * lacking, *dims[1:])) if lacking else made)
    product = trips.emit("matmul", *given)
    wanted = (trips.count, *dims_of(node.results[0].type))
    return product if dims_of(product.type) == wanted else trips.emit("reshape", product, shape=wanted)


def _as_matrix(trips: Trips, atom: Atom, column: bool) -> Atom:
    made = trips.over(atom, 0)
    if _rank(atom) > 1:
        return made
    dims = dims_of(made.type)
    return trips.emit("reshape", made, shape=(*dims, 1) if column else (*dims[:-1], 1, dims[-1]))


def _transposed(trips: Trips, node: Node) -> Atom:
    (x,) = node.operands
    axes = dict(node.params)["axes"]
    assert isinstance(axes, tuple)
    return trips.emit("transpose", trips.over(x, 0), axes=(0, *(one % _rank(x) + 1 for one in axes)))


def _shaped(trips: Trips, node: Node) -> Atom | None:
    """Return a value in another shape, or broadcast to one."""
    if len(node.operands) > 1:
        return None
    dims: tuple[Dim, ...] = (trips.count, *dims_of(node.results[0].type))
    rank = 0 if node.primitive == "reshape" else len(dims) - 1
    return trips.emit(node.primitive, trips.over(node.operands[0], rank), shape=dims)


def _joined(trips: Trips, node: Node) -> Atom:
    rank = _rank(node.operands[0])
    parts = []
    for one in node.operands:
        every = trips.every(one)
        dims = (trips.count, *dims_of(one.type))
        parts.append(every if every is not None else trips.emit("broadcast_to", one, shape=dims))
    return trips.emit("concatenate", *parts, axis=int(str(dict(node.params)["axis"])) % rank + 1)


def _taken(trips: Trips, node: Node) -> Atom | None:
    """Return what an index takes: of an array that trips have each, or one that is theirs alone, by one number each."""
    x, *dynamic = node.operands
    index = dict(node.params)["index"]
    assert isinstance(index, tuple)
    varying = [one for one in dynamic if trips.every(one) is not None]
    if trips.every(x) is not None:
        whole = all(one is HOLE or isinstance(one, slice) for one in index)
        if varying or len(dynamic) > 1 or (dynamic and not whole):
            return None
        return trips.emit("getitem", trips.over(x, 0), *dynamic, index=(slice(None), *index))
    if len(dynamic) != 1 or _rank(dynamic[0]) or index[0] is not HOLE:
        return None
    ((_, _, length),) = dynamic_operands(node)
    if trips.walks(dynamic[0], length):
        part = slice(trips.start, trips.start + trips.count)
        return x if index == (HOLE,) and trips.count == length else trips.emit("getitem", x, index=(part, *index[1:]))
    rows = trips.emit("getitem", x, trips.over(dynamic[0], 0), index=(HOLE,))
    return rows if index == (HOLE,) else trips.emit("getitem", rows, index=(slice(None), *index[1:]))


_ALONG = "sum prod max min any all argmax argmin cumsum cumprod sort argsort"

ROWS: dict[str, Row] = {
    **dict.fromkeys(ELEMENTWISE, _elementwise),
    **dict.fromkeys(_ALONG.split(), _along),
    "matmul": _matmul,
    "transpose": _transposed,
    "reshape": _shaped,
    "broadcast_to": _shaped,
    "concatenate": _joined,
    "getitem": _taken,
}
"""One row for each core primitive that has one over all trips."""
