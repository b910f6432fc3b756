"""Sums over a loop's trips: of products, one product whose rows are those of all trips; of sums, sums of their parts.

A factor that all trips have stays in them: outside, one that is infinite would meet a sum that is 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from snek_strategies.ir.loop_counters import index_of
from snek_strategies.ir.passes.batched_rows import Trips
from snek_strategies.ir.shape_rules import dims_of
from snek_strategies.ir.syntax import Atom, Node
from snek_strategies.ir.types import Array


class Totals:
    """What values of a loop's body are, added up over its trips."""

    def __init__(self, trips: Trips, made: Mapping[int, Node], uses: Counter[int]) -> None:
        self.trips = trips
        self.made = made
        self.uses = uses

    def of(self, atom: Atom) -> Atom:
        """Return the sum over all trips of a value that differs from trip to trip."""
        node = self.made.get(index_of(atom))
        row = None if node is None or self.uses[index_of(atom)] > 1 else _ROWS.get(node.primitive)
        if row is not None and isinstance(atom.type, Array) and atom.type.dtype in ("float32", "float64"):
            assert node is not None
            made = row(self, node)
            if made is not None:
                return made
        return self.trips.emit("sum", self.trips.over(atom, 0), axis=(0,))

    def varies(self, atom: Atom) -> bool:
        """Tell whether a value differs from trip to trip."""
        return self.trips.every(atom) is not None


def _parts(totals: Totals, node: Node) -> Atom | None:
    """Return a sum's, a difference's or a row of arrays' parts, each added up."""
    if not all(map(totals.varies, node.operands)):
        return None
    return totals.trips.emit(node.primitive, *map(totals.of, node.operands), **dict(node.params))


def _moved(totals: Totals, node: Node) -> Atom | None:
    """Return a sum in another shape."""
    if len(node.operands) > 1:
        return None
    return totals.trips.emit(node.primitive, totals.of(node.operands[0]), **dict(node.params))


def _product(totals: Totals, node: Node) -> Atom | None:
    """Return the sum of products as one product, over all that the trips' products add up."""
    left, right = node.operands
    if len(dims_of(left.type)) != 2 or len(dims_of(right.type)) != 2:
        return None
    if not totals.varies(left) or not totals.varies(right):
        return None
    trips = totals.trips
    (rows, inner), (_, columns) = dims_of(left.type), dims_of(right.type)
    turned = totals.made.get(index_of(left))
    if turned is not None and turned.primitive == "transpose" and totals.varies(turned.operands[0]):
        below = trips.emit("reshape", trips.over(turned.operands[0], 0), shape=(trips.count * inner, rows))
        wide = trips.emit("transpose", below, axes=(1, 0))
    else:
        beside = trips.emit("transpose", trips.over(left, 0), axes=(1, 0, 2))
        wide = trips.emit("reshape", beside, shape=(rows, trips.count * inner))
    return trips.emit("matmul", wide, trips.emit("reshape", trips.over(right, 0), shape=(trips.count * inner, columns)))


_ROWS: dict[str, Callable[[Totals, Node], Atom | None]] = {
    **dict.fromkeys(("add", "subtract", "concatenate"), _parts),
    **dict.fromkeys(("reshape", "transpose"), _moved),
    "matmul": _product,
}
"""How a sum over trips goes through a primitive; of all else, the values are added up."""
