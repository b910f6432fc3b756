"""Batch trips: a loop whose trips only add to what others give is its body once, over all of its trips.

>>> from snek_strategies.ir.show import show
>>> from snek_strategies.ir.passes.examples import chosen_rows
>>> print(show(chosen_rows()))
program chosen_rows(%0: float64[9,3], %1: int64[4], %2: float64[3]) {
  %13: int, %14: float64[3] = while (0, %2) test (%3: int, %4: float64[3]) {
    %5: bool = less %3, 4
    yield %5
  } body (%6: int, %7: float64[3]) {
    %8: int64[] = getitem[index=(_,)] %1, %6
    %9: float64[3] = getitem[index=(_,)] %0, %8
    %10: float64[3] = exp %9
    %11: float64[3] = add %7, %10
    %12: int = add %6, 1
    yield %12, %11
  }
  return %14
}
<BLANKLINE>
>>> print(show(batch_trips(chosen_rows())))
program chosen_rows(%0: float64[9,3], %1: int64[4], %2: float64[3]) {
  %3: float64[4,3] = getitem[index=(_,)] %0, %1
  %4: float64[4,3] = exp %3
  %5: float64[3] = sum[axis=(0,)] %4
  %6: float64[3] = add %2, %5
  return %6
}
<BLANKLINE>

For systems that run a loop's operations one by one, and each for some fixed time however little it does. Sums are taken
in another order than by the trips.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from snek_core_transform.deep import in_deep_stack
from snek_strategies.ir.indexed_axes import dynamic_operands
from snek_strategies.ir.loop_counters import counters, index_of
from snek_strategies.ir.passes.batched_rows import Trips
from snek_strategies.ir.passes.close_functions import numbered
from snek_strategies.ir.passes.summed_trips import Totals
from snek_strategies.ir.syntax import Atom, Block, Const, Node, Program, Sym, next_index, uses_in
from snek_strategies.ir.types import Array, Scalar

Terms = list[tuple[str, Atom]]
"""What each trip adds to a sum, or subtracts from it, in order."""


def batch_trips(program: Program) -> Program:
    """Return the program with its loops over independent trips as what their bodies give over all trips at once."""
    fresh = numbered(next_index(program.body))
    uses = uses_in(program.body)

    def batched(block: Block) -> Block:
        nodes: list[Node] = []
        for node in block.nodes:
            inner = replace(node, blocks=tuple(map(batched, node.blocks))) if node.blocks else node
            trips = _trips(inner, Trips(fresh)) if node.primitive == "while" else None
            nodes += [inner] if trips is None else _Loop(inner, trips, uses).at_once() or [inner]
        return Block(block.parameters, tuple(nodes), block.results)

    return Program(program.name, in_deep_stack(lambda: batched(program.body)))


def _trips(loop: Node, trips: Trips) -> Trips | None:
    """Return the trips of a loop that is known to make two or more, and asks of one index at most whether it is there.

    Two questions might be answered in another order than the trips ask them.
    """
    if len(counters(loop)) != 1 or any(node.blocks for node in loop.blocks[1].nodes):
        return None
    ((counter, (first, bound)),) = counters(loop).items()
    test, body = loop.blocks
    (after,) = (made for here, made in zip(body.parameters, body.results, strict=True) if here.index == counter)
    if not isinstance(first, Const) or not isinstance(bound, Const):
        return None
    start, end = int(first.value), int(bound.value)  # type: ignore[call-overload]
    if start < 0 or end - start < 2 or any(node.effects for node in test.nodes):
        return None
    trips.count_up((counter, index_of(after)), start, end)
    asked = set(_asked(body, trips))
    return trips if len(asked) < 2 and None not in asked else None


def _asked(body: Block, trips: Trips) -> Iterator[tuple[int, object] | None]:
    """Walk what each trip asks of: an index and the length of its axis, or None for anything else."""
    for node in body.nodes:
        if node.effects and node.primitive != "getitem":
            yield None
        elif node.effects:
            for at, _, length in dynamic_operands(node):
                if not trips.walks(node.operands[at], length):
                    yield index_of(node.operands[at]), length


class _Loop:
    """A loop, and what stands for it."""

    def __init__(self, loop: Node, trips: Trips, uses: Counter[int]) -> None:
        self.loop = loop
        self.trips = trips
        self.uses = uses
        self.body = loop.blocks[1]
        self.made = {sym.index: node for node in self.body.nodes for sym in node.results}
        self.totals = Totals(trips, self.made, uses)

    def at_once(self) -> list[Node] | None:
        """Return the nodes that give what the loop gives, or None where a trip needs another."""
        sums: dict[int, Terms] = {}
        running: set[int] = set()
        for here, after in zip(self.body.parameters, self.body.results, strict=True):
            if self.uses[here.index] and not self.trips.counts(here):
                terms = self._terms(here, after, running)
                if terms is None:
                    return None
                sums[here.index] = terms
        if not self._body(running):
            return None
        variables = zip(self.body.parameters, self.body.results, self.loop.operands, self.loop.results, strict=True)
        ended = all(
            self._counted(first, result)
            if self.trips.counts(here)
            else self._end(sums.get(here.index), after, first, result)
            for here, after, first, result in variables
        )
        return self.trips.nodes if ended else None

    def _terms(self, here: Sym, after: Atom, running: set[int]) -> Terms | None:
        """Return what a variable is the sum of, or None for another; `running` takes in the names of its values."""
        reached = {here.index}
        for one in self.body.nodes:
            if any(index_of(atom) in reached for atom in one.operands):
                reached |= {sym.index for sym in one.results}
        terms: Terms = []
        while index_of(after) != here.index:
            node = self.made.get(index_of(after))
            if node is None or node.primitive not in ("add", "subtract") or self.uses[index_of(after)] != 1:
                return None
            own, other = node.operands
            if node.primitive == "add" and index_of(other) in reached:
                own, other = other, own
            if index_of(other) in reached or own.type != after.type:
                return None
            terms.append((node.primitive, other))
            running.add(index_of(after))
            after = own
        return terms[::-1] if self.uses[here.index] == 1 and isinstance(here.type, Array) else None

    def _body(self, running: set[int]) -> bool:
        """Write the body over all trips, but for what adds to sums; False where that cannot be."""
        state = {sym.index for sym in self.body.parameters if not self.trips.counts(sym)} | running
        for node in self.body.nodes:
            if any(sym.index in running or self.trips.counts(sym) for sym in node.results):
                continue
            if any(index_of(atom) in state for atom in node.operands) or not self.trips.add(node):
                return False
        return True

    def _counted(self, first: Atom, result: Sym) -> bool:
        """Write the counter's last value, where anything asks for it."""
        end = self.trips.start + self.trips.count
        if self.uses[result.index]:
            last = Const(end if isinstance(result.type, Scalar) else np.int64(end), first.type)
            return self.trips.give(result, "int" if isinstance(result.type, Scalar) else "asarray", last)
        return True

    def _end(self, terms: Terms | None, after: Atom, first: Atom, result: Sym) -> bool:
        """Write a variable's last value: of a sum, or of what each trip makes anew. False where that cannot be."""
        trips = self.trips
        if not isinstance(result.type, Array):
            return False
        if terms is None:
            last = trips.every(after)
            at = {} if last is None else {"index": (trips.count - 1,)}
            return trips.give(result, "getitem" if at else "asarray", after if last is None else last, **at)
        total: Atom | None = None
        for primitive, atom in terms:
            every = trips.every(atom)
            if every is None or every.type.dtype != result.type.dtype:  # type: ignore[union-attr] # over trips: an array
                return False
            one = self.totals.of(atom)
            if total is not None:
                total = trips.emit(primitive, total, one)
            else:
                total = one if primitive == "add" else trips.emit("negative", one)
        if total is None:
            return trips.give(result, "asarray", first)
        return trips.give(result, "add", first, total)
