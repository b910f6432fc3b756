"""The grammar of the IR: Sym, Const, Node, Block, Program. All of it is frozen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import is_

from snek_core_transform.errors import Place
from snek_strategies.ir.types import Type


@dataclass(frozen=True)
class Sym:
    """A name bound once; `index` is unique in its program."""

    index: int
    type: Type
    hint: str = field(default="", compare=False)
    """What a reader may call it: the user's variable where staging knows one."""

    def __str__(self) -> str:
        return f"%{self.index}"


@dataclass(frozen=True, eq=False)
class Const:
    """A value known at staging: a Python scalar, a NumPy scalar, or an array that nobody writes to."""

    value: object
    type: Type


Atom = Sym | Const


@dataclass(frozen=True, eq=False)
class Block:
    """Parameters, nodes in order, and what the block yields. It may use the names of the blocks around it."""

    parameters: tuple[Sym, ...]
    nodes: tuple[Node, ...]
    results: tuple[Atom, ...]


@dataclass(frozen=True, eq=False)
class Node:
    """One operation: `results = primitive[params](operands) {blocks}`, with its effects and its place.

    Control flow is nodes with blocks: `if` (two, no parameters), `while` (test and body, over the loop's state) and
    `function` (one; its name is bound inside its own body, so that it can call itself). `call` takes a function first.
    A region `fused` (one, no parameters) holds elementwise nodes that a back-end may run as one loop.
    `piecewise` (one block, over a piece of each operand, which are arrays of one shape) gives the arrays whose pieces
    its block yields; what that gives for an element does not depend on the piece that the element is in.
    `try` (one block, no parameters) gives what its block yields, or the operands of a `leave` of its label, which may
    stand at any depth inside it, but not in a function: what follows a `leave` is never reached.
    """

    results: tuple[Sym, ...]
    primitive: str
    operands: tuple[Atom, ...]
    params: tuple[tuple[str, object], ...] = ()
    blocks: tuple[Block, ...] = ()
    effects: frozenset[str] = frozenset()
    place: Place | None = field(default=None, compare=False)

    def over(self, operands: tuple[Atom, ...], blocks: tuple[Block, ...] = ()) -> Node:
        """Return the node over these operands and with these blocks: itself, where they are its own."""
        own = (*self.operands, *self.blocks)
        if len(own) == len(operands) + len(blocks) and all(map(is_, own, (*operands, *blocks))):
            return self
        return Node(self.results, self.primitive, operands, self.params, blocks, self.effects, self.place)


@dataclass(frozen=True, eq=False)
class Program:
    """A closed block with a name."""

    name: str
    body: Block


def every_node(block: Block) -> Iterator[Node]:
    """Walk the nodes of a block and of the blocks inside it."""
    pending = [block]
    while pending:
        one = pending.pop()
        for node in one.nodes:
            yield node
            pending.extend(node.blocks)


def uses_in(block: Block) -> Counter[int]:
    """Count how often a block and those inside it use each name, as an operand or as a result."""
    nodes = list(every_node(block))
    results = [atom for one in (block, *(inner for node in nodes for inner in node.blocks)) for atom in one.results]
    operands = (atom for node in nodes for atom in node.operands)
    return Counter(atom.index for atom in (*operands, *results) if isinstance(atom, Sym))


def next_index(block: Block) -> int:
    """Return an index above that of every name in the block."""
    highest, pending = -1, [block]
    while pending:
        one = pending.pop()
        names = [*one.parameters, *(sym for node in one.nodes for sym in node.results)]
        highest = max(highest, *(sym.index for sym in names), -1)
        pending.extend(inner for node in one.nodes for inner in node.blocks)
    return highest + 1


def free_syms(block: Block) -> tuple[Sym, ...]:
    """Return the names that a block uses and does not bind, in order of first use."""
    return free_in(block)[id(block)]


def free_in(block: Block) -> dict[int, tuple[Sym, ...]]:
    """Return for a block and every block inside it, by `id`, the names that it uses and does not bind."""
    blocks, pending = [], [block]
    while pending:
        one = pending.pop()
        blocks.append(one)
        pending.extend(inner for node in one.nodes for inner in node.blocks)
    found: dict[int, tuple[Sym, ...]] = {}
    for one in reversed(blocks):
        # What lies inside stands behind, so that it has been looked at.
        found[id(one)] = _free(one, found)
    return found


def _free(block: Block, inside: dict[int, tuple[Sym, ...]]) -> tuple[Sym, ...]:
    bound = {sym.index for sym in block.parameters}
    free: dict[int, Sym] = {}
    for node in block.nodes:
        _use(node.operands, bound, free)
        if node.primitive == "function":
            bound.add(node.results[0].index)
        for inner in node.blocks:
            _use(inside[id(inner)], bound, free)
        bound.update(sym.index for sym in node.results)
    _use(block.results, bound, free)
    return tuple(free.values())


def _use(atoms: tuple[Atom, ...], bound: set[int], free: dict[int, Sym]) -> None:
    for atom in atoms:
        if isinstance(atom, Sym) and atom.index not in bound:
            free.setdefault(atom.index, atom)
