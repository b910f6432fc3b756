"""The gradient of a recursion, taken apart along the ways of the recursion itself.

The rows that a way has pushed are what its backward one pops. So every name there stands for one of the way's own, and
which slopes reach which child is known: the nodes can be walked back in any order that has parents before children.
What a node answers must be sums, of what it adds itself and of what its children answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from snek_strategies.backends.arithmetic import dtype_of
from snek_strategies.backends.lantern.recursion import Recursion, Way
from snek_strategies.backends.lantern.tapes import is_tape
from snek_strategies.backends.lifted_functions import Lifted
from snek_strategies.backends.rewriting import Names
from snek_strategies.ir.gradients.drafts import substituted
from snek_strategies.ir.interpretations import zero
from snek_strategies.ir.syntax import Atom, Block, Const, Node, Sym, every_node, free_syms


@dataclass(frozen=True)
class Factors:
    """What a node gathers for a product of all nodes' factors, and on which tape."""

    tape: Sym
    left: Atom
    right: Atom


@dataclass(frozen=True)
class BackWay:
    """What a node of a way does to carry gradients back."""

    nodes: tuple[Node, ...]
    slopes: tuple[tuple[Atom, ...], ...]
    """What reaches each child."""
    added: tuple[tuple[Atom, ...], ...]
    """What the node adds to each answer."""
    factors: tuple[Factors, ...]


@dataclass(frozen=True)
class Reversal:
    """The gradient of a recursion, way by way."""

    function: Lifted
    slopes: tuple[Sym, ...]
    """The parameters that hold what reaches a node's own results."""
    tape: Sym
    gathers: tuple[Sym, ...]
    ways: tuple[BackWay, ...]

    @property
    def answers(self) -> tuple[Atom, ...]:
        """What all nodes together answer."""
        return tuple(atom for atom in self.function.block.results if not is_tape(atom))


class _NoReversal(Exception):
    """The function does more than walk back along the recursion's ways."""


def reversal(forward: Recursion, back: Lifted, handed_on: Mapping[int, Sym]) -> Reversal | None:
    """Return a recursion's gradient, taken apart; None where nodes depend on more than their parents.

    `handed_on` tells of parameters for which name from around the function they stand.
    """
    given = back.block.parameters
    tape, *gathers = filter(is_tape, given)
    nodes = list(every_node(back.block))
    if any(node.effects - {"raise"} or (node.primitive == "call" and node.operands[0] != back.name) for node in nodes):
        return None
    try:
        ways = tuple(_Walk(forward, way, back, tape, handed_on).back() for way in forward.ways)
    except _NoReversal:
        return None
    slopes = tuple(sym for sym in given if not is_tape(sym))
    return Reversal(back, slopes, tape, tuple(gathers), ways)


class _Walk:
    """Follows the gradient of one way."""

    def __init__(self, forward: Recursion, way: Way, back: Lifted, tape: Sym, handed_on: Mapping[int, Sym]) -> None:
        self.way = way
        self.block = back.block
        self.tape = tape
        own = {sym.index for sym in back.block.parameters}
        self.names: dict[int, Atom] = {index: sym for index, sym in handed_on.items() if index not in own}
        """What names of either function stand for; what reaches nodes, and a tape, for the parameter they began as.

        The slopes of a tree's nodes may all be one and the same value, and another tree's another."""
        self.rows = list(way.rows)
        self.nodes: list[Node] = []
        self.made = {sym.index: node for node in way.nodes for sym in node.results}
        self.slopes: dict[int, tuple[Atom, ...]] = {}
        self.answered: dict[int, tuple[int, int]] = {}
        """Which child's answer a name is, and which of its answers."""
        self.depends: set[int] = set()
        """The names that depend on the children's answers."""
        self.factors: list[Factors] = []
        names = (*forward.own, *back.captured, *back.block.parameters)
        self.fresh = Names(Block(names, (*way.nodes, *way.calls, *back.block.nodes), ())).fresh
        self.known = {sym.index for sym in names}
        self.known |= {sym.index for node in (*way.nodes, *way.calls) for sym in node.results}

    def back(self) -> BackWay:
        """Return what the way does backwards. Raises _NoReversal."""
        results = self._walk(self.block)
        tapes = [atom for atom in results if is_tape(atom)]
        if self.rows or len(self.slopes) < len(self.way.calls) or tapes != list(filter(is_tape, self.block.parameters)):
            raise _NoReversal
        answers = [atom for atom in results if not is_tape(atom)]
        added = tuple(self._added(atom, at) for at, atom in enumerate(answers))
        nodes = tuple(node for node in self.nodes if not any(sym.index in self.depends for sym in node.results))
        made = (*added, *self.slopes.values(), *((one.left, one.right) for one in self.factors))
        read = free_syms(Block((), nodes, tuple(atom for some in made for atom in some)))
        if any(sym.index in self.depends or sym.index not in self.known for sym in read):
            raise _NoReversal
        slopes = tuple(self.slopes[child] for child in range(len(self.way.calls)))
        return BackWay(nodes, slopes, added, tuple(self.factors))

    def _atoms(self, atoms: tuple[Atom, ...]) -> tuple[Atom, ...]:
        return tuple(self.names.get(atom.index, atom) if isinstance(atom, Sym) else atom for atom in atoms)

    def _walk(self, block: Block) -> tuple[Atom, ...]:
        for node in block.nodes:
            operands = self._atoms(node.operands)
            if node.primitive == "tape_pop":
                self._pop(node, operands[0])
            elif node.primitive == "call":
                self._call(node, operands)
            elif node.primitive == "tape_gather":
                self._gather(node, operands)
            elif any(map(is_tape, node.results)):
                self._choice(node, operands)
            else:
                self._plain(node)
        return self._atoms(block.results)

    def _pop(self, node: Node, tape: Atom) -> None:
        below, *values = node.results
        row = self.rows.pop() if self.rows and tape == self.tape else 0
        if isinstance(row, int) or [atom.type for atom in row] != [sym.type for sym in values]:
            raise _NoReversal
        self.names[below.index] = tape
        self.names.update((sym.index, atom) for sym, atom in zip(values, self._atoms(row), strict=True))

    def _call(self, node: Node, operands: tuple[Atom, ...]) -> None:
        child = self.rows.pop() if self.rows else ()
        if not isinstance(child, int) or list(filter(is_tape, operands)) != list(
            filter(is_tape, self.block.parameters)
        ):
            raise _NoReversal
        self.slopes[child] = tuple(atom for atom in operands[1:] if not is_tape(atom))
        tapes = iter(filter(is_tape, operands))
        answers = [sym for sym in node.results if not is_tape(sym)]
        self.names.update((sym.index, next(tapes)) for sym in node.results if is_tape(sym))
        self.answered.update((sym.index, (child, at)) for at, sym in enumerate(answers))
        self.depends.update(sym.index for sym in answers)

    def _gather(self, node: Node, operands: tuple[Atom, ...]) -> None:
        tape, left, right = operands
        if tape == self.tape or not isinstance(tape, Sym) or dtype_of(left.type) != dtype_of(right.type):
            raise _NoReversal
        self.names[node.results[0].index] = tape
        self.factors.append(Factors(tape, left, right))

    def _choice(self, node: Node, operands: tuple[Atom, ...]) -> None:
        """Follow the branch that the way took."""
        if node.primitive != "if":
            raise _NoReversal
        asked = self._key(operands[0])
        answers = [answer for test, answer in self.way.tests if self._key(test) == asked]
        if not answers:
            raise _NoReversal
        results = self._walk(node.blocks[0 if answers[0] else 1])
        self.names.update((sym.index, atom) for sym, atom in zip(node.results, results, strict=True))

    def _key(self, atom: Atom) -> object:
        """Return what two names of one value have in common."""
        if isinstance(atom, Const):
            return str(atom.type), repr(atom.value)
        (atom,) = self._atoms((atom,))
        node = self.made.get(atom.index) if isinstance(atom, Sym) else None
        if node is None or node.blocks or node.effects - {"raise"} or len(node.results) != 1:
            return atom
        return node.primitive, repr(node.params), *map(self._key, node.operands)

    def _plain(self, node: Node) -> None:
        reads = free_syms(Block((), (node,), ()))
        block = Block(reads, (node,), ())
        (made,) = substituted(block, self._atoms(reads)).nodes
        depends = any(sym.index in self.depends for sym in free_syms(Block((), (made,), ())))
        if depends and made.primitive == "fused":
            self._opened(made)
            return
        self.nodes.append(made)
        self.made.update((sym.index, made) for sym in made.results)
        self.known.update(sym.index for sym in made.results)
        if depends:
            self.depends.update(sym.index for sym in made.results)

    def _opened(self, region: Node) -> None:
        """Walk the nodes of a region one by one: some of them add up what children answer."""
        (block,) = region.blocks
        for node in block.nodes:
            self._plain(node)
        made = self._atoms(block.results)
        self.names.update((sym.index, atom) for sym, atom in zip(region.results, made, strict=True))

    def _added(self, answer: Atom, at: int) -> tuple[Atom, ...]:
        """Return what a node adds to an answer of its children's. Raises _NoReversal where that is no sum."""
        type_, own = answer.type, list[Atom]()
        pending, children = [answer], list[int]()
        while pending:
            (atom,) = self._atoms((pending.pop(),))
            if atom.type != type_:
                raise _NoReversal
            if not isinstance(atom, Sym) or atom.index not in self.depends:
                own += [] if _is_zero(atom) else [atom]
            elif atom.index in self.answered:
                child, place = self.answered[atom.index]
                children.append(child)
                if place != at:
                    raise _NoReversal
            elif self.made[atom.index].primitive == "add":
                pending += self.made[atom.index].operands
            elif self.made[atom.index].primitive == "additem":
                before, element = self._apart(self.made[atom.index])
                pending.append(before)
                own.append(element)
            else:
                raise _NoReversal
        if sorted(children) != list(range(len(self.way.calls))) or any(isinstance(atom, Const) for atom in own):
            raise _NoReversal
        return tuple(own)

    def _apart(self, node: Node) -> tuple[Atom, Sym]:
        """Return what a node adds an element to, and an array of nothing but that element."""
        before, *rest = node.operands
        made = self.fresh(node.results[0].type)
        self.nodes.append(replace(node, results=(made,), operands=(Const(zero(made.type), made.type), *rest)))
        self.known.add(made.index)
        return before, made


def _is_zero(atom: Atom) -> bool:
    if not isinstance(atom, Const):
        return False
    value = atom.value
    return not getattr(value, "any", lambda: value)()
