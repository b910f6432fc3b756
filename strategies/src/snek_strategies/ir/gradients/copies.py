"""Copies of nodes under names of their own, so that what they compute can be computed once more elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from snek_strategies.ir.gradients.drafts import Fresh
from snek_strategies.ir.syntax import Atom, Block, Node, Sym


class Copying:
    """Copies blocks; `names` are the new names so far, by the index of the old ones."""

    def __init__(self, fresh: Fresh, names: Mapping[int, Sym] | None = None) -> None:
        self.fresh = fresh
        self.names: dict[int, Sym] = dict(names or {})

    def block(self, block: Block) -> Block:
        """Return a copy of a block, which binds other names and uses the same ones from around it."""
        parameters = self._bind(block.parameters)
        nodes = tuple(self.node(one) for one in block.nodes if one.primitive != "print")
        return Block(parameters, nodes, self._atoms(block.results))

    def node(self, node: Node) -> Node:
        """Return a copy of a node that prints nothing: it has been seen once."""
        operands = self._atoms(node.operands)
        if node.primitive == "function":  # which may call itself
            results = self._bind(node.results)
            blocks = tuple(map(self.block, node.blocks))
        else:
            blocks = tuple(map(self.block, node.blocks))
            results = self._bind(node.results)
        return replace(node, results=results, operands=operands, blocks=blocks)

    def _bind(self, syms: tuple[Sym, ...]) -> tuple[Sym, ...]:
        made = tuple(replace(self.fresh(one.type), hint=one.hint) for one in syms)
        self.names.update((old.index, new) for old, new in zip(syms, made, strict=True))
        return made

    def _atoms(self, atoms: tuple[Atom, ...]) -> tuple[Atom, ...]:
        return tuple(self.names.get(one.index, one) if isinstance(one, Sym) else one for one in atoms)
