"""Recursions whose calls do not wait for each other, taken apart: which calls a node makes, and what it makes of them.

A *node* is one call of the function, its *children* are the calls of itself that it makes. A *way* is one path through
the function, in a line: a leaf's has no calls. So nodes can be found first, and computed in any order that has children
before their parents.

What a function writes on a tape, for its gradient, is told way by way too: which rows, and between them which children.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, replace

from snek_strategies.backends.lantern.extents import dims_of
from snek_strategies.backends.lantern.tapes import is_tape
from snek_strategies.backends.lifted_functions import Lifted
from snek_strategies.backends.raising import ends_in_raise
from snek_strategies.backends.rewriting import Names, constant, drop_unused
from snek_strategies.ir.gradients.drafts import substituted
from snek_strategies.ir.interpretations import zero
from snek_strategies.ir.syntax import Atom, Block, Const, Node, Sym, every_node, free_syms
from snek_strategies.ir.types import Array, Scalar, Tape, Type

MOST_WAYS = 4
Row = tuple[Atom, ...] | int
"""The values of a row, or the number of the call whose rows lie there."""


@dataclass(frozen=True)
class Way:
    """One path through a function: what a node computes, the calls that it makes, and what it gives."""

    nodes: tuple[Node, ...]
    calls: tuple[Node, ...]
    results: tuple[Atom, ...]
    tests: tuple[tuple[Atom, bool], ...] = ()
    """What has been asked on this way, and what the answer was."""
    rows: tuple[Row, ...] = ()
    """What it pushes to the function's tape, the first row first."""


@dataclass(frozen=True)
class Recursion:
    """A function that calls itself, taken apart. Of its tape only the rows are left."""

    function: Lifted
    own: tuple[Sym, ...]
    """The parameters that differ from node to node, all numbers; the others every node hands on as they are."""
    expand: Block
    """Gives the number of a node's way, and then for each call in it, and for room up to `calls`, these parameters."""
    calls: int
    ways: tuple[Way, ...]


class _Together(Exception):
    """The function cannot be taken apart."""


def taken_apart(one: Lifted) -> Recursion | None:
    """Return the ways through a function that calls itself; None where nodes depend on more than their children.

    What a node does may be to raise, and nothing else that anybody sees; which calls it makes must follow from numbers.
    """
    if one.name is None or not one.recursive or not _is_plain(one.block):
        return None
    calls = [node for node in every_node(one.block) if node.primitive == "call"]
    if any(node.operands[0] != one.name for node in calls):
        return None
    own = tuple(
        sym
        for at, sym in enumerate(one.block.parameters)
        if not is_tape(sym) and any(node.operands[1 + at] != sym for node in calls)
    )
    if any(dims_of(sym.type) for sym in own):
        return None
    taker = _Taker(one, own, len(calls))
    try:
        expand = taker.descend(Block((), one.block.nodes, one.block.results), (), taker.numbers, ())
    except _Together:
        return None
    expand = drop_unused(expand)
    expand = Block(free_syms(expand), expand.nodes, expand.results)
    return Recursion(one, own, expand, len(calls), tuple(taker.ways))


class _Taker:
    """Follows every path through a function."""

    def __init__(self, one: Lifted, own: tuple[Sym, ...], calls: int) -> None:
        given = (*one.block.parameters, *one.captured)
        self.places = [at for at, sym in enumerate(one.block.parameters) if sym in own]
        self.arrays = frozenset(sym.index for sym in given if dims_of(sym.type))
        self.numbers = frozenset(sym.index for sym in given if not dims_of(sym.type) and not is_tape(sym))
        self.blank = tuple(Const(zero(sym.type), sym.type) for sym in own)
        self.calls = calls
        self.names = Names(Block(given, one.block.nodes, ()))
        self.types: tuple[Type, ...] = (constant(0).type, *(sym.type for _ in range(calls) for sym in own))
        self.ways: list[Way] = []

    def descend(
        self, block: Block, before: tuple[Node, ...], known: frozenset[int], tests: tuple[tuple[Atom, bool], ...]
    ) -> Block:
        """Note the ways through the rest of a function; return what tells which of them a node takes."""
        nodes: list[Node] = []
        for at, node in enumerate(block.nodes):
            if node.primitive == "if" and (_has_call(node) or any(map(is_tape, node.results))):
                rest = Block(node.results, block.nodes[at + 1 :], block.results)
                done = (*before, *block.nodes[:at])
                test = self._known(node.operands[0], known)
                sides = tuple(
                    self.descend(_joined(one, rest), done, known, (*tests, (test, answer)))
                    for one, answer in zip(node.blocks, (True, False), strict=True)
                )
                made = tuple(map(self.names.fresh, self.types))
                nodes.append(Node(made, "if", (test,), (), sides, frozenset({"raise"}), node.place))
                return Block((), tuple(nodes), made)
            if follows(node, known, self.arrays):
                nodes.append(node)
                known |= {sym.index for sym in node.results}
        return Block((), tuple(nodes), self._end((*before, *block.nodes), block.results, known, tests))

    def _end(
        self,
        nodes: tuple[Node, ...],
        results: tuple[Atom, ...],
        known: frozenset[int],
        tests: tuple[tuple[Atom, bool], ...],
    ) -> tuple[Atom, ...]:
        calls = tuple(node for node in nodes if node.primitive == "call")
        if len(self.ways) == MOST_WAYS or any(map(_has_call, nodes)):
            raise _Together
        own = [self._known(node.operands[1 + at], known) for node in calls for at in self.places]
        rest = tuple(node for node in nodes if node.primitive not in ("call", "tape_push"))
        rows = _rows(nodes) if any(map(is_tape, results)) else ()
        self.ways.append(Way(rest, tuple(map(_untaped, calls)), _values(results), tests, rows))
        return (constant(len(self.ways) - 1), *own, *self.blank * (self.calls - len(calls)))

    def _known(self, atom: Atom, known: frozenset[int]) -> Atom:
        if isinstance(atom, Sym) and atom.index not in known:
            raise _Together
        return atom


def follows(node: Node, known: Set[int], arrays: Set[int]) -> bool:
    """Tell whether a node gives numbers that follow from known ones, and from elements of these arrays, at once."""
    if (
        node.primitive in ("while", "call")
        or node.effects - {"raise"}
        or any(dims_of(sym.type) or is_tape(sym) for sym in node.results)
    ):
        return False
    taken = known | arrays if node.primitive == "getitem" else known
    return all(sym.index in taken for sym in free_syms(Block((), (node,), ())))


def _joined(branch: Block, rest: Block) -> Block:
    if ends_in_raise(branch):
        raise _Together
    after = substituted(rest, branch.results)
    return Block((), (*branch.nodes, *after.nodes), after.results)


def _is_plain(block: Block) -> bool:
    """Tell whether a block has numbers, arrays and a tape to push to only, and does nothing but raise."""
    nodes = list(every_node(block))
    values = [*block.parameters, *block.results, *(one for node in nodes for one in node.results)]
    taping = [node for node in nodes if any(map(is_tape, (*node.operands, *node.results)))]
    return (
        all(isinstance(one.type, (Array, Scalar, Tape)) for one in values)
        and sum(map(is_tape, block.parameters)) <= 1
        and all(node.primitive in ("tape_push", "call", "if") for node in taping)
        and not any(node.effects - {"raise"} or node.primitive in ("function", "try", "leave") for node in nodes)
    )


def _rows(nodes: tuple[Node, ...]) -> tuple[Row, ...]:
    """Return what a way's nodes push, in their order: a tape is used once, so this is the order of the rows."""
    calls = [node for node in nodes if node.primitive == "call"]
    taping = [
        node for node in nodes if node.primitive == "tape_push" or (node in calls and any(map(is_tape, node.results)))
    ]
    return tuple(calls.index(node) if node in calls else node.operands[1:] for node in taping)


def _untaped(call: Node) -> Node:
    return replace(
        call, operands=_values(call.operands), results=tuple(sym for sym in call.results if not is_tape(sym))
    )


def _values(atoms: tuple[Atom, ...]) -> tuple[Atom, ...]:
    return tuple(atom for atom in atoms if not is_tape(atom))


def _has_call(node: Node) -> bool:
    return any(one.primitive == "call" for block in node.blocks for one in every_node(block))
