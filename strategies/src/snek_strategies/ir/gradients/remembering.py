"""What a backward block needs of its forward one: kept in a row of the tape, or computed again where that takes less.

Values that cheap operations give from what is at hand anyway (other kept values, names from around the loop, the count
of the trips) are computed again. So a row holds about what an analysis by hand would keep: a step of an LSTM its gates
and states, not every intermediate; a loop that only adds rows up nothing at all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod

from snek_strategies.ir.gradients.drafts import Draft, Fresh, Unfinished, Writer, is_value
from snek_strategies.ir.rules import RULES
from snek_strategies.ir.symbols import Symbol
from snek_strategies.ir.syntax import Atom, Const, Node, Sym, free_syms
from snek_strategies.ir.types import INT, Array, Scalar, concrete

_CHEAP = """
add subtract multiply divide negative positive reciprocal square absolute sign maximum minimum where clip
less less_equal equal not_equal greater greater_equal logical_and logical_or logical_xor logical_not not
floor ceil trunc rint floor_divide remainder bitwise_and bitwise_or bitwise_xor invert
bool int float item asarray astype copy getitem reshape expand_dims squeeze ravel transpose matrix_transpose swapaxes
moveaxis flip broadcast_to
"""
CHEAP = frozenset(_CHEAP.split())
"""Primitives that cost about as much as reading their result back from memory."""

NOTHING: Mapping[int, Sym] = {}


@dataclass(frozen=True)
class Counter:
    """A loop's variable that grows by `step` from `start` on each trip."""

    start: Atom
    step: int


def counters(origin: Node) -> dict[int, Counter]:
    """Return the variables of a `while` node, by the index of the body's parameter, that count its trips."""
    body = origin.blocks[1]
    made = {node.results[0].index: node for node in body.nodes if node.primitive in ("add", "subtract")}
    found = {}
    for parameter, start, end in zip(body.parameters, origin.operands, body.results, strict=True):
        node = made.get(end.index) if isinstance(end, Sym) else None
        if node is None or not _is_whole(parameter) or node.operands[0] != parameter:
            continue
        step = node.operands[1]
        if isinstance(step, Const) and step.type == INT and RULES["add"](start.type, INT) == (parameter.type,):
            found[parameter.index] = Counter(start, int(step.value) * (1 if node.primitive == "add" else -1))  # type: ignore[call-overload]
    return found


def _is_whole(sym: Sym) -> bool:
    return sym.type == INT or (isinstance(sym.type, Array) and sym.type.dtype == "int64" and not sym.type.dims)


def drop_dead(draft: Draft) -> None:
    """Drop the nodes of a draft that nothing uses; what they used is not needed then."""
    used = {atom.index for atom in draft.results if isinstance(atom, Sym)}
    kept: list[Node | Unfinished] = []
    for node in reversed(draft.nodes):
        if isinstance(node, Node) and not node.effects and not any(sym.index in used for sym in node.results):
            continue
        used.update(atom.index for atom in node.operands if isinstance(atom, Sym))
        for inner in node.drafts if isinstance(node, Unfinished) else ():
            used.update(sym.index for sym in inner.free())
        if isinstance(node, Node):
            used.update(sym.index for block in node.blocks for sym in free_syms(block))
        kept.append(node)
    draft.nodes = kept[::-1]
    draft.used = {index: sym for index, sym in draft.used.items() if index in used}


class Remembered:
    """The row that a forward block pushes for its backward one, and what the backward one computes again."""

    def __init__(
        self,
        forward: Draft,
        backward: Draft,
        counted: Mapping[int, Counter],
        around: Collection[int],
        at_hand: Collection[int],
        ends: Mapping[int, Sym] = NOTHING,
    ) -> None:
        """`around` are the names of the regions around this one: each of them that is used lies in a row too.

        Names `at_hand` need no row, though they are this region's. `ends` are a loop's state at the end of a trip and
        the names that it has in the next one, whose row holds it where this one holds that name.
        """
        self.around = around
        self.own = {*forward.bound, *(sym.index for sym in forward.parameters if sym.index not in at_hand)}
        self.counted = counted
        self.cheap = {
            node.results[0].index: node
            for node in forward.nodes
            if isinstance(node, Node) and node.primitive in CHEAP and node.effects <= {"raise"}
        }
        order = {sym.index: at for at, node in enumerate(forward.nodes) for sym in node.results}
        needed = [one for one in backward.free() if one.index in self.own and is_value(one)]
        self.row = {one.index: one for one in needed}
        self.later = {
            one.index: ends[one.index]
            for one in needed
            if one.index in ends and ends[one.index].index in self.row and ends[one.index].index not in counted
        }
        """What the trip after this one has in its row, by the name that it has there."""
        for index in self.later:
            del self.row[index]
        for one in sorted(needed, key=lambda one: -order.get(one.index, -1)):
            if one.index in self.row:
                self._leave_out([one])
        self._leave_out_together()
        self.again = self._closure(one for one in needed if one.index not in self.row)

    def _leave_out(self, group: Sequence[Sym]) -> None:
        """Leave values out of the row, where that makes it smaller: what they are computed from has to lie there."""
        leaves = [(one, self._leaves(one)) for one in group]
        found = {sym.index: sym for one, own in leaves for sym in (own if own is not None else [one])}
        if sum(map(_size, found.values())) < sum(map(_size, group)):
            for one in group:
                del self.row[one.index]
            self.row.update((at, sym) for at, sym in found.items() if at in self.own)

    def _leave_out_together(self) -> None:
        """Leave out values that are computed from the same others, and together take more room than these."""
        groups: dict[frozenset[int], list[Sym]] = defaultdict(list)
        for one in self.row.values():
            leaves = self._leaves(one)
            if leaves:
                groups[frozenset(sym.index for sym in leaves)].append(one)
        for group in groups.values():
            self._leave_out(group)

    def _leaves(self, one: Sym) -> list[Sym] | None:
        """Return what rows would have to hold besides to compute a value again; None where it cannot be."""
        found: list[Sym] = []
        pending, seen = [one], set()
        while pending:
            sym = pending.pop()
            if sym.index in seen or (sym is not one and sym.index in self.row):
                continue
            seen.add(sym.index)
            if sym.index in self.counted or sym.index in self.later:
                continue
            if not (sym.index in self.own or sym.index in self.around):
                continue
            node = self.cheap.get(sym.index)
            if node is None and (sym is one or not is_value(sym)):
                return None
            if node is None:
                found.append(sym)
            else:
                pending += [atom for atom in node.operands if isinstance(atom, Sym)]
        return found

    def _closure(self, wanted: Iterable[Sym]) -> set[int]:
        again: set[int] = set()
        pending = list(wanted)
        while pending:
            sym = pending.pop()
            if sym.index in again or sym.index in self.row or sym.index in self.later or sym.index not in self.own:
                continue
            again.add(sym.index)
            if sym.index not in self.counted:
                pending += [atom for atom in self.cheap[sym.index].operands if isinstance(atom, Sym)]
        return again

    def write(self, forward: Draft, fresh: Fresh, count: Sym | None) -> tuple[Draft, dict[int, Sym]]:
        """Return nodes that compute again what the row does not hold, and the new names of all of it."""
        draft = Draft()
        names: dict[int, Sym] = {}
        for sym in forward.parameters:
            if sym.index in self.again:
                assert count is not None, "only loops count"
                names[sym.index] = _counted(Writer(draft, fresh), self.counted[sym.index], count)
        for node in forward.nodes:
            if isinstance(node, Node) and any(sym.index in self.again for sym in node.results):
                (old,) = node.results
                names[old.index] = fresh(old.type)
                draft.add(replace(node, results=(names[old.index],)))
        return draft, names


def _counted(writer: Writer, counter: Counter, count: Sym) -> Sym:
    made = writer("subtract", count, Const(1, INT))
    if counter.step != 1:
        made = writer("multiply", made, Const(counter.step, INT))
    start = counter.start
    if isinstance(start, Const) and start.type == INT and start.value == 0:
        return made
    return writer("add", start, made)


def _size(sym: Sym) -> float:
    type_ = sym.type
    if isinstance(type_, Scalar):
        return 1 if type_.kind == "bool" else 8
    assert isinstance(type_, Array)
    if any(isinstance(dim, Symbol) for dim in type_.dims):
        return float("inf")
    return prod(concrete(type_.dims)) * type_.dtype.itemsize
