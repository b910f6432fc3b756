"""Stores into arrays that only a loop has, marked so that they write where the array lies.

A store gives a new array, of which Numba would make a copy each time. Where a loop's variable goes through nothing but
stores, one after another or in branches, nobody sees the versions between: the loop takes one copy as it begins, and
the stores write into that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from snek_strategies.backends.rewriting import Names
from snek_strategies.ir.shape_rules import dims_of
from snek_strategies.ir.syntax import Block, Node, Program, Sym, free_in
from snek_strategies.ir.types import Type

STORES = ("setitem", "additem")
Free = dict[int, tuple[Sym, ...]]


def in_place(program: Program) -> Program:
    """Return the program with `in_place` on each store that may write into its operand."""
    return Program(program.name, _Marking(program.body).block(program.body))


class _Marking:
    def __init__(self, body: Block) -> None:
        self.fresh: Callable[[Type], Sym] = Names(body).fresh
        self.free = free_in(body)
        self.marked: set[int] = set()
        """The results of the stores that may."""

    def block(self, block: Block) -> Block:
        nodes: list[Node] = []
        for node in block.nodes:
            made = self._loop(node, nodes) if node.primitive == "while" else node
            made = replace(made, blocks=tuple(map(self.block, made.blocks))) if made.blocks else made
            if made.primitive in STORES and made.results[0].index in self.marked:
                made = replace(made, params=(*made.params, ("in_place", True)))
            nodes.append(made)
        return replace(block, nodes=tuple(nodes))

    def _loop(self, loop: Node, nodes: list[Node]) -> Node:
        """Mark the stores of a loop, and return it with copies of what they write into."""
        operands = list(loop.operands)
        for at, own in enumerate(loop.blocks[1].parameters):
            stores = _loop_stores(loop, at, self.free) if dims_of(own.type) else None
            if not stores or stores[0].index in self.marked:
                continue  # a loop around this one has taken the copy
            copied = self.fresh(own.type)
            nodes.append(Node((copied,), "copy", (operands[at],), place=loop.place))
            operands[at] = copied
            self.marked |= {one.index for one in stores}
        return replace(loop, operands=tuple(operands))


def _reads(block: Block, sym: Sym, free: Free) -> bool:
    """Tell whether a block uses a name at all."""
    inner = (one for node in block.nodes for each in node.blocks for one in free[id(each)])
    return sym in block.results or sym in inner or any(sym in node.operands for node in block.nodes)


def _stores(block: Block, sym: Sym, free: Free) -> list[Sym] | None:
    """Return the versions of an array that a block makes by stores, the last one last; None if it does more with it."""
    made: list[Sym] = []
    current = sym
    for node in block.nodes:
        inside = [any(one == current for one in free[id(one_block)]) for one_block in node.blocks]
        if current not in node.operands and not any(inside):
            continue
        if node.primitive in STORES and node.operands[0] == current and current not in node.operands[1:]:
            made.append(node.results[0])
        elif node.primitive == "if" and current not in node.operands and all(inside):
            branches = _branches(node, current, free)
            if branches is None:
                return None
            made += branches
        elif node.primitive == "while" and node.operands.count(current) == 1 and not any(inside):
            at = node.operands.index(current)
            stores = _loop_stores(node, at, free)
            if stores is None:
                return None
            made += [*stores, node.results[at]]
        else:
            return None
        current = made[-1]
    return made if block.results.count(current) == 1 else None


def _loop_stores(loop: Node, at: int, free: Free) -> list[Sym] | None:
    """Return the versions that a loop makes of one of its variables; None if it does more with it than storing."""
    test, body = loop.blocks
    if _reads(test, test.parameters[at], free):
        return None
    stores = _stores(body, body.parameters[at], free)
    if stores is None or body.results[at] != (stores[-1] if stores else body.parameters[at]):
        return None
    return stores


def _branches(choice: Node, sym: Sym, free: Free) -> list[Sym] | None:
    """Return the versions that the branches of an `if` make, and its own result, where both give them as that."""
    made: list[Sym] = []
    ends = set()
    for block in choice.blocks:
        stores = _stores(block, sym, free)
        if stores is None:
            return None
        made += stores
        ends.add(block.results.index(stores[-1] if stores else sym))
    return [*made, choice.results[ends.pop()]] if len(ends) == 1 else None
