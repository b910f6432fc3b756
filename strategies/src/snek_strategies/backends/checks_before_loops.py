"""Which index a loop asks about at each trip though its counter alone decides: before the loop, one question does."""

from __future__ import annotations

from dataclasses import dataclass

from snek_strategies.backends.known_ranges import KnownRanges
from snek_strategies.ir.indexed_axes import ACCESSES, dynamic_operands
from snek_strategies.ir.loop_counters import counters, index_of
from snek_strategies.ir.syntax import Atom, Node, Sym, every_node


@dataclass(frozen=True)
class WalksOut:
    """A loop that leaves an axis exactly where its bound is larger than the axis is long, at the index `size`."""

    counter: Sym
    bound: Atom
    access: Node
    axis: int
    size: int


def walks_out(loop: Node, ranges: KnownRanges) -> WalksOut | None:
    """Return what a loop's one question is, or None where it asks others, or not at every trip.

    Its test must be `counter < bound` and no more: a loop that ends earlier may never reach the index.
    """
    test, body = loop.blocks
    raising = [node for node in every_node(body) if "raise" in node.effects]
    if not raising or any("raise" in node.effects for node in every_node(test)):
        return None
    if any(node not in body.nodes or node.primitive not in ACCESSES for node in raising):
        return None
    asked = {index_of(node.operands[at]) for node in raising for at, _, _ in dynamic_operands(node)}
    if len(asked) != 1 or not asked & counters(loop).keys():
        return None
    (index,) = asked
    first, bound = counters(loop)[index]
    lengths = [(size, axis, node) for node in raising for _, axis, size in dynamic_operands(node)]
    sizes = [size for size, _, _ in lengths if isinstance(size, int)]
    least, most = ranges.of(first)
    if len(sizes) < len(lengths) or least is None or most is None or least < 0 or most > min(sizes):
        return None
    size, axis, node = next(one for one in lengths if one[0] == min(sizes))
    assert isinstance(size, int)
    (counter,) = (sym for sym in body.parameters if sym.index == index)
    return WalksOut(counter, bound, node, axis, size)
