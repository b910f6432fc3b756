"""Rewriting of programs: fresh names, and nodes whose types the rules give."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Protocol

from snek_core_transform.errors import Place
from snek_strategies.ir.rules import effects_of, results_of
from snek_strategies.ir.syntax import Atom, Block, Const, Node, Sym
from snek_strategies.ir.types import Type, type_of


def constant(value: object) -> Const:
    """Return a value as a constant of its own type."""
    return Const(value, type_of(value))


def names_in(block: Block) -> Iterator[Sym]:
    """Walk every name that a block and the blocks inside it bind."""
    yield from block.parameters
    for node in block.nodes:
        yield from node.results
        for inner in node.blocks:
            yield from names_in(inner)


class Names:
    """Gives names that a program does not have yet."""

    def __init__(self, block: Block) -> None:
        self.next = 1 + max((sym.index for sym in names_in(block)), default=-1)

    def fresh(self, type_: Type) -> Sym:
        """Return a new name."""
        self.next += 1
        return Sym(self.next - 1, type_)


class Naming(Protocol):
    """What gives new names."""

    @property
    def fresh(self) -> Callable[[Type], Sym]:
        """Return a new name of a type."""


class Emitter:
    """Appends nodes to a list; `emit(primitive, *atoms, **params)` asks the rules for their types."""

    def __init__(self, names: Naming, nodes: list[Node], place: Place | None = None) -> None:
        self.names = names
        self.nodes = nodes
        self.place = place

    def __call__(self, primitive: str, *operands: Atom | object, **params: object) -> Sym:
        """Append a primitive with one result, and return that."""
        (result,) = self.several(primitive, *operands, **params)
        return result

    def several(self, primitive: str, *operands: Atom | object, **params: object) -> tuple[Sym, ...]:
        """Append a primitive, and return its results."""
        atoms = tuple(one if isinstance(one, (Sym, Const)) else constant(one) for one in operands)
        results = tuple(map(self.names.fresh, results_of(primitive, tuple(atom.type for atom in atoms), params)))
        effects = effects_of(primitive, atoms)
        self.nodes.append(Node(results, primitive, atoms, tuple(params.items()), (), effects, self.place))
        return results

    def node(
        self,
        primitive: str,
        operands: tuple[Atom, ...],
        blocks: tuple[Block, ...],
        types: tuple[Type, ...] = (),
        effects: frozenset[str] = frozenset(),
    ) -> tuple[Sym, ...]:
        """Append a node with blocks, and return its results."""
        results = tuple(map(self.names.fresh, types))
        self.nodes.append(Node(results, primitive, operands, (), blocks, effects, self.place))
        return results


def drop_unused(block: Block, checked: frozenset[str] = frozenset()) -> Block:
    """Return the block without the nodes whose results nobody uses and that have no effect.

    What `checked` primitives might raise has been asked before them, so that they have none either.
    """
    return _pruned(block, {atom.index for atom in block.results if isinstance(atom, Sym)}, checked)


def _pruned(block: Block, used: set[int], checked: frozenset[str]) -> Block:
    kept: list[Node] = []
    for node in reversed(block.nodes):
        idle = not node.effects or node.primitive in checked
        if idle and node.primitive != "call" and all(sym.index not in used for sym in node.results):
            continue
        inner = tuple(_pruned(one, used, checked) for one in (_with_results_used(one, used) for one in node.blocks))
        used.update(atom.index for atom in node.operands if isinstance(atom, Sym))
        kept.append(node.over(node.operands, inner))
    return replace(block, nodes=tuple(reversed(kept)))


def _with_results_used(block: Block, used: set[int]) -> Block:
    used.update(atom.index for atom in block.results if isinstance(atom, Sym))
    return block
