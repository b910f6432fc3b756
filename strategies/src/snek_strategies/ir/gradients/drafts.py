"""Blocks that are still being written: reverse mode adds to a forward block what its backward one needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from snek_core_transform.errors import Place
from snek_strategies.ir.rules import effects_of, results_of, with_extents
from snek_strategies.ir.syntax import Atom, Block, Node, Sym
from snek_strategies.ir.types import Fn, Tape, Type

Fresh = Callable[[Type], Sym]


@dataclass(eq=False)
class Draft:
    """A block that is not finished; `renamed` are names that stand for others in it and in the blocks inside it."""

    parameters: list[Sym] = field(default_factory=list)
    nodes: list[Node | Unfinished] = field(default_factory=list)
    results: list[Atom] = field(default_factory=list)
    renamed: dict[int, Sym] = field(default_factory=dict)
    used: dict[int, Sym] = field(default_factory=dict)
    bound: set[int] = field(default_factory=set)
    tape: Sym | None = None
    """The tape as it is at the end of what has been written."""
    kept: int = -1
    """Where among the results the tape is."""

    def use(self, *atoms: Atom) -> None:
        """Note that the block uses these names."""
        for atom in atoms:
            if isinstance(atom, Sym):
                self.used.setdefault(atom.index, atom)

    def add(self, node: Node | Unfinished) -> None:
        """Append a node; the drafts inside it use what they use here as well."""
        self.nodes.append(node)
        self.use(*node.operands)
        for inner in node.drafts if isinstance(node, Unfinished) else ():
            self.use(*inner.free())
        self.bound.update(sym.index for sym in node.results)

    def rename(self, names: Mapping[int, Sym]) -> None:
        """Let names from outside that the block uses be others."""
        for sym in self.free():
            if sym.index in names:
                self.renamed[sym.index] = names[sym.index]
                self.use(names[sym.index])

    def free(self) -> list[Sym]:
        """Return the names that are used here and bound outside."""
        self.use(*self.results)
        own = {*self.bound, *(sym.index for sym in self.parameters)}
        return [sym for at, sym in self.used.items() if at not in own and at not in self.renamed]


@dataclass(eq=False)
class Unfinished:
    """A node whose blocks are drafts."""

    origin: Node
    results: list[Sym]
    operands: list[Atom]
    drafts: list[Draft]


class Writer:
    """Appends nodes to a draft; what the rules say gives their types."""

    def __init__(self, draft: Draft, fresh: Fresh, place: Place | None = None) -> None:
        self.draft = draft
        self.fresh = fresh
        self.place = place

    def many(self, primitive: str, *operands: Atom, **params: object) -> tuple[Sym, ...]:
        """Append a primitive and return its results."""
        operands = with_extents(operands, params)
        types = results_of(primitive, tuple(one.type for one in operands), params)
        results = tuple(map(self.fresh, types))
        effects = effects_of(primitive, operands)
        self.draft.add(Node(results, primitive, operands, tuple(params.items()), (), effects, self.place))
        return results

    def __call__(self, primitive: str, *operands: Atom, **params: object) -> Sym:
        """Append a primitive with one result and return that."""
        (result,) = self.many(primitive, *operands, **params)
        return result


def finished(draft: Draft, outer: dict[int, Sym] | None = None) -> Block:
    """Return the block that a draft has become."""
    around = outer or {}
    names = {**around, **{at: around.get(one.index, one) for at, one in draft.renamed.items()}}

    def atoms(given: list[Atom] | tuple[Atom, ...]) -> tuple[Atom, ...]:
        if not names:
            return tuple(given)
        return tuple(names.get(one.index, one) if isinstance(one, Sym) else one for one in given)

    nodes = []
    for node in draft.nodes:
        if isinstance(node, Node):
            nodes.append(node.over(atoms(node.operands), _blocks(node.blocks, names)))
        else:
            blocks = tuple(finished(one, names) for one in node.drafts)
            origin = node.origin
            effects = origin.effects.union(*(one.effects for block in blocks for one in block.nodes))
            if origin.primitive == "function":
                effects = frozenset()
            results = tuple(node.results)
            nodes.append(
                Node(results, origin.primitive, atoms(node.operands), origin.params, blocks, effects, origin.place)
            )
    return Block(tuple(draft.parameters), tuple(nodes), atoms(draft.results))


def _blocks(blocks: tuple[Block, ...], names: Mapping[int, Atom]) -> tuple[Block, ...]:
    if not blocks or not names:
        return blocks
    return tuple(
        Block(
            one.parameters,
            tuple(node.over(_renamed(node.operands, names), _blocks(node.blocks, names)) for node in one.nodes),
            _renamed(one.results, names),
        )
        for one in blocks
    )


def _renamed(atoms: tuple[Atom, ...], names: Mapping[int, Atom]) -> tuple[Atom, ...]:
    return tuple(names.get(one.index, one) if isinstance(one, Sym) else one for one in atoms)


def substituted(block: Block, arguments: tuple[Atom, ...]) -> Block:
    """Return the block without parameters, these atoms in their places."""
    names = {sym.index: atom for sym, atom in zip(block.parameters, arguments, strict=True)}
    (made,) = _blocks((Block((), block.nodes, block.results),), names)
    return made


def is_value(sym: Sym) -> bool:
    """Tell whether a name holds data that a tape can keep."""
    return not isinstance(sym.type, (Fn, Tape))
