"""Which index a loop asks about at each trip though it is known before it: there, one question does for all trips."""

from __future__ import annotations

from dataclasses import dataclass

from snek_strategies.backends.known_ranges import KnownRanges
from snek_strategies.ir.indexed_axes import ACCESSES, dynamic_operands
from snek_strategies.ir.interpretations import HOLE
from snek_strategies.ir.loop_counters import counters, index_of
from snek_strategies.ir.syntax import Atom, Const, Node, Sym, every_node
from snek_strategies.ir.types import Array


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


@dataclass(frozen=True)
class Named:
    """A loop that takes, trip by trip, what the numbers `first` to `end` of an array name on an axis of that size."""

    index: Sym
    numbers: Sym
    first: int
    end: int
    access: Node
    axis: int
    size: int


def named_rows(loop: Node) -> Named | None:
    """Return what the one index of a loop is that an array names for each trip, or None where it asks for others.

    Its test must be `counter < bound` and no more, with numbers that are known and in the array: each one is asked for.
    """
    test, body = loop.blocks
    acting = [node for node in every_node(body) if node.effects]
    if len(counters(loop)) != 1 or any(node.effects for node in test.nodes):
        return None
    if any(node not in body.nodes or node.primitive not in ACCESSES or node.effects != {"raise"} for node in acting):
        return None
    ((counter, (first, bound)),) = counters(loop).items()
    if not isinstance(first, Const) or not isinstance(bound, Const):
        return None
    start, end = int(first.value), int(bound.value)  # type: ignore[call-overload]
    asked = [
        (index_of(node.operands[at]), size, axis, node)
        for node in acting
        for at, axis, size in dynamic_operands(node)
        if not (index_of(node.operands[at]) == counter and isinstance(size, int) and 0 <= start < end <= size)
    ]
    if len({(index, size) for index, size, _, _ in asked}) != 1:
        return None
    index, size, axis, access = asked[0]
    named = next((node for node in body.nodes if node.results[0].index == index), None)
    if named is None or named.primitive != "getitem" or dict(named.params)["index"] != (HOLE,):
        return None
    numbers, at = named.operands
    inside = {sym.index for sym in body.parameters} | {sym.index for node in body.nodes for sym in node.results}
    one = isinstance(numbers.type, Array) and len(numbers.type.dims) == 1 and numbers.type.dtype.kind in "iu"
    if not one or not isinstance(numbers, Sym) or numbers.index in inside or index_of(at) != counter:
        return None
    return Named(named.results[0], numbers, start, end, access, axis, size) if isinstance(size, int) else None
