"""Recursions whose calls do not wait for each other, taken apart: which calls a node makes, and what it makes of them.

A *node* is one call of the function, its *children* are the calls of itself that it makes. A *way* is one path through
the function, in a line: a leaf's has no calls. So nodes can be found first, and computed in any order that has children
before their parents.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

from snek_strategies.backends.lantern.extents import dims_of
from snek_strategies.backends.lifted_functions import Lifted
from snek_strategies.backends.raising import ends_in_raise
from snek_strategies.backends.rewriting import Names, constant, drop_unused
from snek_strategies.ir.gradients.drafts import substituted
from snek_strategies.ir.interpretations import zero
from snek_strategies.ir.syntax import Atom, Block, Const, Node, Sym, every_node, free_syms
from snek_strategies.ir.types import Array, Scalar, Type

MOST_WAYS = 4


@dataclass(frozen=True)
class Way:
    """One path through a function: what a node computes, the calls that it makes, and what it gives."""

    nodes: tuple[Node, ...]
    calls: tuple[Node, ...]
    results: tuple[Atom, ...]


@dataclass(frozen=True)
class Recursion:
    """A function that calls itself, taken apart."""

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
        sym for at, sym in enumerate(one.block.parameters) if any(node.operands[1 + at] != sym for node in calls)
    )
    if any(dims_of(sym.type) for sym in own):
        return None
    taker = _Taker(one, own, len(calls))
    try:
        expand = taker.descend(Block((), one.block.nodes, one.block.results), (), taker.numbers)
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
        self.numbers = frozenset(sym.index for sym in given if not dims_of(sym.type))
        self.blank = tuple(Const(zero(sym.type), sym.type) for sym in own)
        self.calls = calls
        self.names = Names(Block(given, one.block.nodes, ()))
        self.types: tuple[Type, ...] = (constant(0).type, *(sym.type for _ in range(calls) for sym in own))
        self.ways: list[Way] = []

    def descend(self, block: Block, before: tuple[Node, ...], known: frozenset[int]) -> Block:
        """Note the ways through the rest of a function; return what tells which of them a node takes."""
        nodes: list[Node] = []
        for at, node in enumerate(block.nodes):
            if node.primitive == "if" and _has_call(node):
                rest = Block(node.results, block.nodes[at + 1 :], block.results)
                done = (*before, *block.nodes[:at])
                sides = tuple(self.descend(_joined(one, rest), done, known) for one in node.blocks)
                made = tuple(map(self.names.fresh, self.types))
                test = self._known(node.operands[0], known)
                nodes.append(Node(made, "if", (test,), (), sides, frozenset({"raise"}), node.place))
                return Block((), tuple(nodes), made)
            if follows(node, known, self.arrays):
                nodes.append(node)
                known |= {sym.index for sym in node.results}
        return Block((), tuple(nodes), self._end((*before, *block.nodes), block.results, known))

    def _end(self, nodes: tuple[Node, ...], results: tuple[Atom, ...], known: frozenset[int]) -> tuple[Atom, ...]:
        calls = tuple(node for node in nodes if node.primitive == "call")
        if len(self.ways) == MOST_WAYS or any(map(_has_call, nodes)):
            raise _Together
        own = [self._known(node.operands[1 + at], known) for node in calls for at in self.places]
        self.ways.append(Way(tuple(node for node in nodes if node.primitive != "call"), calls, results))
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
        or any(dims_of(sym.type) for sym in node.results)
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
    """Tell whether a block has numbers and arrays only, and does nothing but raise."""
    nodes = list(every_node(block))
    values = [*block.parameters, *block.results, *(one for node in nodes for one in node.results)]
    return all(isinstance(one.type, (Array, Scalar)) for one in values) and not any(
        node.effects - {"raise"} or node.primitive in ("function", "try", "leave") for node in nodes
    )


def _has_call(node: Node) -> bool:
    return any(one.primitive == "call" for block in node.blocks for one in every_node(block))
