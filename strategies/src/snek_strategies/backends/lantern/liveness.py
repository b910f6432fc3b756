"""Which names are still read after the node that is being written: memory of the others may be written over."""

from __future__ import annotations

from dataclasses import dataclass

from snek_strategies.backends.lifted_functions import Lifted
from snek_strategies.ir.syntax import Block, Node, Sym, free_in


@dataclass
class _Scope:
    last: dict[int, int]
    own: set[int]
    loops: bool
    at: int = -1


class Liveness:
    """The blocks around the node that is being written, and where in each a name is read last."""

    def __init__(self, block: Block, functions: dict[int, Lifted]) -> None:
        self.free = free_in(block)
        self.functions = functions
        self.scopes: list[_Scope] = []

    def enter(self, block: Block, loops: bool) -> None:
        """Begin a block; one that `loops` reads again what lies outside it."""
        last: dict[int, int] = {}
        own = {sym.index for sym in block.parameters}
        for at, node in enumerate(block.nodes):
            last.update((sym.index, at) for sym in self.reads(node))
            own.update(sym.index for sym in node.results)
        last.update((atom.index, len(block.nodes)) for atom in block.results if isinstance(atom, Sym))
        self.scopes.append(_Scope(last, own, loops))

    def leave(self) -> set[int]:
        """End the block, and return the names that it bound."""
        return self.scopes.pop().own

    def at(self, number: int) -> None:
        """Go to a node of the innermost block."""
        self.scopes[-1].at = number

    def reads(self, node: Node) -> list[Sym]:
        """Return what a node reads, in its blocks and in the function that it calls too."""
        found = [atom for atom in node.operands if isinstance(atom, Sym)]
        found += [sym for block in node.blocks for sym in self.free[id(block)]]
        if node.primitive == "call":
            assert isinstance(node.operands[0], Sym)
            found += self.functions[node.operands[0].index].captured
        return found

    def read_later(self, index: int) -> bool:
        """Tell whether a name is read after this node, in what follows it in any of the blocks around."""
        for scope in reversed(self.scopes):
            if scope.last.get(index, -1) > scope.at:
                return True
            if index in scope.own:
                return False
            if scope.loops:
                return True
        return True
