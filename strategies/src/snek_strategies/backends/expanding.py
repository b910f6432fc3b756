"""Rewriting of blocks in which a value of some types becomes several: a list an array and a length, say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, ClassVar

from snek_strategies.backends.rewriting import Emitter
from snek_strategies.ir.syntax import Atom, Block, Const, Node, Sym
from snek_strategies.ir.types import Fn, Type


class Expanding:
    """Writes blocks anew: `parts` says what becomes of a type, a row of `rows` what becomes of a primitive over it."""

    rows: ClassVar[Mapping[str, Callable[[Any, Node, Emitter], None]]]

    def __init__(self, fresh: Callable[[Type], Sym]) -> None:
        self.fresh = fresh
        self.made: dict[int, tuple[Atom, ...]] = {}
        """What stands for a name whose type becomes several."""
        self.same: dict[int, Atom] = {}
        """What stands for another name."""

    def parts(self, type_: Type) -> tuple[Type, ...] | None:
        """Return the types of what a value of this type becomes, or None where it stays one."""
        raise NotImplementedError

    def constant(self, atom: Const) -> tuple[Atom, ...]:
        """Return the parts of a constant."""
        raise NotImplementedError

    def types(self, types: Iterable[Type]) -> tuple[Type, ...]:
        """Return the types that stand for these."""
        several = ((self.type(one),) if (parts := self.parts(one)) is None else parts for one in types)
        return tuple(type_ for parts in several for type_ in parts)

    def type(self, type_: Type) -> Type:
        """Return the type that stands for one that stays one."""
        return Fn(self.types(type_.parameters), self.types(type_.results)) if isinstance(type_, Fn) else type_

    def bound(self, syms: tuple[Sym, ...]) -> tuple[Sym, ...]:
        """Return the names that stand for these."""
        bound: list[Sym] = []
        for sym in syms:
            parts = self.parts(sym.type)
            if parts is None:
                bound.append(Sym(sym.index, self.type(sym.type), sym.hint))
            else:
                fresh = tuple(map(self.fresh, parts))
                self.made[sym.index] = fresh
                bound += fresh
        return tuple(bound)

    def of(self, atom: Atom) -> tuple[Atom, ...]:
        """Return the parts of a value."""
        return self.made[atom.index] if isinstance(atom, Sym) else self.constant(atom)

    def use(self, atom: Atom) -> Atom:
        """Return what stands for a value that stays one."""
        if isinstance(atom, Const):
            return atom
        return self.same.get(atom.index, Sym(atom.index, self.type(atom.type), atom.hint))

    def atoms(self, atoms: tuple[Atom, ...]) -> tuple[Atom, ...]:
        """Return what stands for these values."""
        several = ((self.use(one),) if self.parts(one.type) is None else self.of(one) for one in atoms)
        return tuple(atom for parts in several for atom in parts)

    def block(self, block: Block) -> Block:
        """Return the block with the parts in the place of what they stand for."""
        parameters = self.bound(block.parameters)
        nodes: list[Node] = []
        for node in block.nodes:
            if node.primitive in self.rows:
                self.rows[node.primitive](self, node, Emitter(self, nodes, node.place))
                continue
            # A function's name is known inside it.
            results = self.bound(node.results)
            blocks = tuple(map(self.block, node.blocks))
            inner = frozenset().union(*(one.effects for each in blocks for one in each.nodes))
            effects = inner if node.primitive in ("if", "while") else node.effects
            nodes.append(
                replace(node, results=results, operands=self.atoms(node.operands), blocks=blocks, effects=effects)
            )
        return Block(parameters, tuple(nodes), self.atoms(block.results))
