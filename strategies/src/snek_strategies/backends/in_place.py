"""Stores into the memory of a loop's state: an array that only its loop knows need not be copied for each of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from snek_strategies.backends.rewriting import Emitter, Names
from snek_strategies.ir.shape_rules import dims_of
from snek_strategies.ir.syntax import Atom, Block, Node, Program, Sym, free_in

STORES = frozenset({"setitem", "additem"})
READS = frozenset({"getitem", "extent"})
HERE = ("in_place", True)
"""Marks a store into the very array that it is given, a read that must come before it, and the copy that begins it."""

Use = tuple[int, int]
"""A use of state that leaves it its loop's own: a node's id, and the position of the state among its operands."""


def in_place(program: Program) -> Program:
    """Return the program with those stores marked that change state which only its loop knows, from trip to trip.

    The state is a copy from before the loop. Single elements of it may be read; what takes a row of it may keep a view,
    and such state stays as it is.
    """
    return replace(program, body=_Rewriter(program).block(program.body))


class _Rewriter:
    def __init__(self, program: Program) -> None:
        self.names = Names(program.body)
        self.free = free_in(program.body)
        self.own: set[Use] = set()

    def block(self, block: Block) -> Block:
        nodes: list[Node] = []
        for node in block.nodes:
            operands = tuple(self._copied(node, nodes)) if node.primitive == "while" else node.operands
            is_own = node.primitive in STORES | READS and (id(node), 0) in self.own
            params = (*node.params, HERE) if is_own else node.params
            blocks = tuple(map(self.block, node.blocks))
            nodes.append(replace(node, operands=operands, params=params, blocks=blocks))
        return replace(block, nodes=tuple(nodes))

    def _copied(self, loop: Node, nodes: list[Node]) -> Iterator[Atom]:
        """Return a loop's first state, with copies before the loop of what its stores change."""
        for at, atom in enumerate(loop.operands):
            uses = self._trip(loop, at) if dims_of(atom.type) and (id(loop), at) not in self.own else None
            if not uses:
                yield atom
                continue
            self.own.update(uses)
            made = Emitter(self.names, nodes, loop.place)("copy", atom)
            nodes[-1] = replace(nodes[-1], params=(HERE,))
            yield made

    def _trip(self, loop: Node, at: int) -> list[Use] | None:
        """Return what a trip does to the state at a position; None where anything else knows that state."""
        test, body = loop.blocks
        asked = list(self._uses(test, test.parameters[at]))
        way = self._way(body, body.parameters[at], at)
        return way if all(one is not None and _reads(one, test.parameters[at]) for one in asked) else None

    def _way(self, block: Block, sym: Sym, to: int) -> list[Use] | None:
        """Return the uses through which an array becomes the block's result `to`; None where it is used besides."""
        way: list[Use] = []
        while True:
            users = list(self._uses(block, sym))
            others = [one for one in users if one is None or not _reads(one, sym)]
            # What reads it does so before it is changed.
            if len(others) != 1 or (others[0] is not None and users[-1] is not others[0]):
                return None
            way += [(id(one), 0) for one in users if one not in others]
            [user] = others
            if user is None:
                result = block.results[to]
                return way if isinstance(result, Sym) and result.index == sym.index else None
            found = self._through(user, sym)
            if found is None:
                return None
            way += found[0]
            sym = found[1]

    def _through(self, node: Node, sym: Sym) -> tuple[list[Use], Sym] | None:
        """Return the uses in one node, and its result that is the array after them."""
        if node.primitive in STORES and _is_at(node, 0, sym):
            return [(id(node), 0)], node.results[0]
        if node.primitive == "while":
            places = [at for at in range(len(node.operands)) if _is_at(node, at, sym)]
            inside = self._trip(node, places[0]) if len(places) == 1 and not self._within(node, sym) else None
            if inside is None:
                return None
            return [*inside, (id(node), places[0])], node.results[places[0]]
        if node.primitive == "if":
            for at, result in enumerate(node.results):
                arms = [self._way(block, sym, at) for block in node.blocks] if result.type == sym.type else [None]
                if None not in arms:
                    return [one for arm in arms for one in arm or ()], result
        return None

    def _uses(self, block: Block, sym: Sym) -> Iterator[Node | None]:
        """Give the nodes of a block that use a name, one for each use, and None for each use as a result."""
        for node in block.nodes:
            uses = sum(_is_at(node, at, sym) for at in range(len(node.operands)))
            yield from [node] * (uses + self._within(node, sym))
        yield from [None for one in block.results if isinstance(one, Sym) and one.index == sym.index]

    def _within(self, node: Node, sym: Sym) -> bool:
        return any(one.index == sym.index for block in node.blocks for one in self.free[id(block)])


def _is_at(node: Node, at: int, sym: Sym) -> bool:
    atom = node.operands[at]
    return isinstance(atom, Sym) and atom.index == sym.index


def _reads(node: Node, sym: Sym) -> bool:
    """Tell whether a node takes one element of an array, or a number of its shape: nothing of it is left afterwards."""
    return node.primitive in READS and _is_at(node, 0, sym) and not dims_of(node.results[0].type)
