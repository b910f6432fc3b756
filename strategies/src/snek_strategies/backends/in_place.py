"""Stores into the memory of a loop's state: an array that only its loop knows need not be copied for each of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

from snek_strategies.backends.arithmetic import ELEMENTWISE
from snek_strategies.backends.rewriting import Emitter, Names
from snek_strategies.ir.shape_rules import dims_of
from snek_strategies.ir.syntax import Atom, Block, Node, Program, Sym, free_in, uses_in

STORES = frozenset({"setitem", "additem"})
READS = frozenset({"getitem", "extent"})
REDUCTIONS = frozenset({"sum", "prod", "max", "min", "any", "all", "argmax", "argmin"})
FRESH = (ELEMENTWISE - {"positive", "floor", "ceil", "trunc", "rint"}) | {"matmul", "where", "fused"}
"""What gives memory of its own, whatever it is given; what is left out may hand that on."""
HERE = ("in_place", True)
"""Marks a store into the very array that it is given, a read that must come before it, and the copy that begins it."""
INTO = "into"
"""Names the results of a region `fused`, by position, that may lie where arrays lie that it reads."""

Way = dict[tuple[int, int], Sym]
"""The uses of state that leave it its loop's own: the state by a node's id and the position of the state in it."""


def in_place(program: Program, *, in_order: bool = False) -> Program:
    """Return the program with those stores marked that change state which only its loop knows, from trip to trip.

    The state is a copy from before the loop. Single elements of it may be read. Rows, and the array as a whole, may be
    too by a back-end that computes all that comes before a store `in_order` before it: what is computed from a row has
    memory of its own, but what hands the row on keeps a view, and such state stays as it is. A region may then write
    the state of the next trip over that of this one.
    """
    return replace(program, body=_Rewriter(program, in_order).block(program.body))


def stores_here(node: Node) -> bool:
    """Tell whether a node, or one inside it, writes into an array that it is given."""
    if node.primitive in STORES or node.primitive == "fused":
        return HERE in node.params or any(name == INTO for name, _ in node.params)
    return any(stores_here(one) for block in node.blocks for one in block.nodes)


class _Rewriter:
    def __init__(self, program: Program, in_order: bool) -> None:
        self.in_order = in_order
        self.names = Names(program.body)
        self.free = free_in(program.body)
        self.uses = uses_in(program.body)
        self.own: Way = {}

    def block(self, block: Block) -> Block:
        nodes: list[Node] = []
        for node in block.nodes:
            operands = tuple(self._copied(node, nodes)) if node.primitive == "while" else node.operands
            is_own = node.primitive in STORES | READS and (id(node), 0) in self.own
            params = (*node.params, HERE) if is_own else node.params
            over = [(at, self.own[id(node), at]) for at in range(len(node.results)) if (id(node), at) in self.own]
            if node.primitive == "fused" and over:
                params = (*params, (INTO, tuple((at, sym.index) for at, sym in over)))
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
            if self._is_new(atom, nodes):
                yield atom
                continue
            made = Emitter(self.names, nodes, loop.place)("copy", atom)
            nodes[-1] = replace(nodes[-1], params=(HERE,))
            yield made

    def _is_new(self, atom: Atom, nodes: list[Node]) -> bool:
        """Tell whether an array has memory of its own, and nothing but its loop knows it."""
        if not self.in_order or not isinstance(atom, Sym) or self.uses[atom.index] != 1:
            return False
        return any(_is_fresh(one) and any(sym.index == atom.index for sym in one.results) for one in nodes)

    def _trip(self, loop: Node, at: int) -> Way | None:
        """Return what a trip does to the state at a position; None where anything else knows that state."""
        test, body = loop.blocks
        asked = list(self._uses(test, test.parameters[at]))
        way = self._way(body, body.parameters[at], at)
        return way if all(one is not None and self._reads(test, one, test.parameters[at]) for one in asked) else None

    def _way(self, block: Block, sym: Sym, to: int) -> Way | None:
        """Return the uses through which an array becomes the block's result `to`; None where it is used besides."""
        way: Way = {}
        while True:
            users = list(self._uses(block, sym))
            user = users[-1] if users else None
            others = [one for one in users if one is None or not self._reads(block, one, sym, user)]
            # What reads it does so before it is changed; the last that reads it may write over it.
            if (others or users[-1:]) != [user]:
                return None
            way.update({(id(one), 0): sym for one in users if one is not None and one.primitive in READS})
            if user is None:
                result = block.results[to]
                return way if isinstance(result, Sym) and result.index == sym.index else None
            found = self._through(user, sym, block.results[to])
            if found is None:
                return None
            way.update(found[0])
            sym = found[1]

    def _through(self, node: Node, sym: Sym, wanted: Atom) -> tuple[Way, Sym] | None:
        """Return the uses in one node, and its result that is the array after them."""
        if node.primitive in STORES and _is_at(node, 0, sym):
            return {(id(node), 0): sym}, node.results[0]
        if node.primitive == "fused":
            at = next((at for at, one in enumerate(node.results) if one is wanted), None)
            return None if at is None or wanted.type != sym.type else ({(id(node), at): sym}, node.results[at])
        if node.primitive == "while":
            places = [at for at in range(len(node.operands)) if _is_at(node, at, sym)]
            inside = self._trip(node, places[0]) if len(places) == 1 and not self._within(node, sym) else None
            if inside is None:
                return None
            return {**inside, (id(node), places[0]): sym}, node.results[places[0]]
        if node.primitive == "if":
            for at, result in enumerate(node.results):
                arms = [self._way(block, sym, at) for block in node.blocks] if result.type == sym.type else [None]
                if None not in arms:
                    return {use: own for arm in arms for use, own in (arm or {}).items()}, result
        return None

    def _uses(self, block: Block, sym: Sym) -> Iterator[Node | None]:
        """Give the nodes of a block that use a name, one for each use, and None for each use as a result."""
        for node in block.nodes:
            uses = sum(_is_at(node, at, sym) for at in range(len(node.operands)))
            yield from [node] * (uses + self._within(node, sym))
        yield from [None for one in block.results if isinstance(one, Sym) and one.index == sym.index]

    def _reads(self, block: Block, node: Node, sym: Sym, until: Node | None = None) -> bool:
        """Tell whether a node of a block takes numbers of an array, and nothing of its memory is left at `until`."""
        if node.primitive in READS and _is_at(node, 0, sym):
            if not dims_of(node.results[0].type):
                return True
            return self.in_order and self._is_used_up(block, node.results[0], until)
        if not node.blocks:
            return self.in_order and _is_fresh(node)
        if not self.in_order or any(_is_at(node, at, sym) for at in range(len(node.operands))):
            return False
        return all(one is not None and self._reads(b, one, sym) for b in node.blocks for one in self._uses(b, sym))

    def _is_used_up(self, block: Block, view: Sym, until: Node | None) -> bool:
        """Tell whether a row is known only to nodes before `until` that give memory of their own."""
        before = list(itertools.takewhile(lambda one: one is not until, block.nodes))
        return all(
            one is not None and _is_fresh(one) and any(one is other for other in before)
            for one in self._uses(block, view)
        )

    def _within(self, node: Node, sym: Sym) -> bool:
        return any(one.index == sym.index for block in node.blocks for one in self.free[id(block)])


def _is_at(node: Node, at: int, sym: Sym) -> bool:
    atom = node.operands[at]
    return isinstance(atom, Sym) and atom.index == sym.index


def _is_fresh(node: Node) -> bool:
    """Tell whether what a node gives has memory of its own."""
    return node.primitive in FRESH or (node.primitive in REDUCTIONS and not dims_of(node.results[0].type))
