"""Lower `try`: what may leave one becomes choices, and the loops around it end early.

>>> from snek_strategies.ir.show import show
>>> from snek_strategies.ir.passes.examples import guarded
>>> print(show(guarded()))
program guarded(%0: float64[], %1: bool) {
  %3: float64[] = try[label=0] {
    if %1 {
      leave[label=0] %0
      yield
    } else {
      yield
    }
    %2: float64[] = exp %0
    yield %2
  }
  return %3
}
<BLANKLINE>
>>> print(show(lower_tries(guarded())))
program guarded(%0: float64[], %1: bool) {
  %3: float64[] = if %1 {
    yield %0
  } else {
    %2: float64[] = exp %0
    yield %2
  }
  return %3
}
<BLANKLINE>
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from snek_core_transform.deep import in_deep_stack
from snek_strategies.ir.interpretations import zero
from snek_strategies.ir.passes.close_functions import Fresh, numbered
from snek_strategies.ir.syntax import Atom, Block, Const, Node, Program, Sym, next_index
from snek_strategies.ir.types import BOOL, Type

Atoms = tuple[Atom, ...]
Leaving = Callable[[Atoms], Atoms]
"""What a region yields where it is left with these values."""

FALSE, TRUE = Const(False, BOOL), Const(True, BOOL)


def lower_tries(program: Program) -> Program:
    """Return the program without `try` and `leave`."""
    if not _has_try(program.body):
        return program
    return Program(program.name, without_tries(program.body, numbered(next_index(program.body))))


def without_tries(block: Block, fresh: Fresh) -> Block:
    """Return a block without `try` and `leave`."""
    work = _Lowering(fresh)
    return in_deep_stack(lambda: work.renamed(work.block(block)) if _has_try(block) else block)


def _has_try(block: Block) -> bool:
    return any(node.primitive == "try" or any(map(_has_try, node.blocks)) for node in block.nodes)


class _Lowering:
    def __init__(self, fresh: Fresh) -> None:
        self.fresh = fresh
        self.names: dict[int, Atom] = {}

    def block(self, block: Block) -> Block:
        """Return a block without `try`; a `leave` of one around it stays."""
        nodes: list[Node] = []
        for node in block.nodes:
            if node.primitive != "try":
                nodes.append(replace(node, blocks=tuple(map(self.block, node.blocks))) if node.blocks else node)
                continue
            inner = self.block(node.blocks[0])
            label = dict(node.params)["label"]
            region = _Region(self, label, tuple(sym.type for sym in node.results))
            self.bind(node.results, region.sequence(list(inner.nodes), inner.results, lambda left: left, nodes))
        return replace(block, nodes=tuple(nodes))

    def bind(self, syms: Iterable[Sym], atoms: Atoms) -> None:
        self.names.update((sym.index, atom) for sym, atom in zip(syms, atoms, strict=True))

    def use(self, atom: Atom) -> Atom:
        while isinstance(atom, Sym) and atom.index in self.names:
            atom = self.names[atom.index]
        return atom

    def renamed(self, block: Block) -> Block:
        """Return the block with names that stand for others replaced, and the effects of what is left."""
        nodes = []
        for node in block.nodes:
            blocks = tuple(map(self.renamed, node.blocks))
            inner = frozenset().union(*(one.effects for each in blocks for one in each.nodes))
            effects = inner if node.primitive in ("if", "while") else node.effects
            operands = tuple(map(self.use, node.operands))
            nodes.append(replace(node, operands=operands, blocks=blocks, effects=effects))
        return Block(block.parameters, tuple(nodes), tuple(map(self.use, block.results)))


class _Region:
    """One `try`: its nodes are rewritten so that none leaves it."""

    def __init__(self, work: _Lowering, label: object, types: tuple[Type, ...]) -> None:
        self.work = work
        self.label = label
        self.types = types

    def leaves(self, node: Node) -> bool:
        if node.primitive == "leave":
            return dict(node.params)["label"] == self.label
        return node.primitive != "function" and any(map(self.leaves, (one for b in node.blocks for one in b.nodes)))

    def sequence(self, nodes: list[Node], results: Atoms, leaving: Leaving, out: list[Node]) -> Atoms:
        """Append nodes to `out`, and return what they yield at their end, or `leaving` gives where they are left."""
        for at, node in enumerate(nodes):
            if not self.leaves(node):
                out.append(node)
                continue
            rest = nodes[at + 1 :]
            if node.primitive == "leave":
                return leaving(node.operands)
            if node.primitive == "if":
                return self.choice(node, rest, results, leaving, out)
            assert node.primitive == "while", node.primitive
            return self.loop(node, rest, results, leaving, out)
        return results

    def inner(self, nodes: list[Node], results: Atoms, leaving: Leaving) -> Block:
        out: list[Node] = []
        given = self.sequence(nodes, results, leaving, out)
        return Block((), tuple(out), given)

    def choice(self, node: Node, rest: list[Node], results: Atoms, leaving: Leaving, out: list[Node]) -> Atoms:
        """Let the rest follow in the branch that goes on; where both may, a flag says whether it follows."""
        ends = [_ends(block) for block in node.blocks]
        if not any(ends):
            return self.flagged(node, rest, results, leaving, out)
        blocks = []
        for block, ended in zip(node.blocks, ends, strict=True):
            if not ended:
                self.work.bind(node.results, block.results)
            following = [] if ended else rest
            given = tuple(Const(zero(one.type), one.type) for one in results) if ended else results
            blocks.append(self.inner([*block.nodes, *following], given, leaving))
        return self.append(node, tuple(blocks), tuple(atom.type for atom in blocks[0].results), out)

    def flagged(self, node: Node, rest: list[Node], results: Atoms, leaving: Leaving, out: list[Node]) -> Atoms:
        own = tuple(sym.type for sym in node.results)
        blocks = tuple(
            self.inner(
                list(block.nodes),
                (FALSE, *zeros(self.types), *block.results),
                lambda left: (TRUE, *left, *zeros(own)),
            )
            for block in node.blocks
        )
        flag, *given = self.append(node, blocks, (BOOL, *self.types, *own), out)
        self.work.bind(node.results, tuple(given[len(self.types) :]))
        return self.goes_on(node, flag, tuple(given[: len(self.types)]), rest, results, leaving, out)

    def goes_on(
        self, node: Node, flag: Atom, left: Atoms, rest: list[Node], results: Atoms, leaving: Leaving, out: list[Node]
    ) -> Atoms:
        """Let the rest follow where `flag` says that the region was not left."""
        blocks = (Block((), (), leaving(left)), self.inner(rest, results, leaving))
        types = tuple(atom.type for atom in blocks[0].results)
        return self.append(replace(node, operands=(flag,)), blocks, types, out)

    def append(self, node: Node, blocks: tuple[Block, ...], types: tuple[Type, ...], out: list[Node]) -> Atoms:
        made = tuple(map(self.work.fresh, types))
        out.append(Node(made, "if", node.operands, (), blocks, frozenset(), node.place))
        return made

    def loop(self, node: Node, rest: list[Node], results: Atoms, leaving: Leaving, out: list[Node]) -> Atoms:
        """A loop carries whether it was left and with what; once it is, it ends."""
        test, body = node.blocks
        if any(map(self.leaves, test.nodes)):
            node = self.tested_inside(node)
            test, body = node.blocks
        own = tuple(sym.type for sym in node.results)
        extra = (BOOL, *self.types)
        at_test, at_body, after = (tuple(map(self.work.fresh, extra)) for _ in range(3))
        made = self.inner(
            list(body.nodes),
            (*body.results, FALSE, *zeros(self.types)),
            lambda left: (*zeros(own), TRUE, *left),
        )
        going = Node(
            (self.work.fresh(BOOL),), "if", (at_test[0],), (), (Block((), (), (FALSE,)), replace(test, parameters=()))
        )
        blocks = (
            Block((*test.parameters, *at_test), (going,), going.results),
            replace(made, parameters=(*body.parameters, *at_body)),
        )
        operands = (*node.operands, FALSE, *zeros(self.types))
        out.append(replace(node, results=(*node.results, *after), operands=operands, blocks=blocks))
        return self.goes_on(node, after[0], after[1:], rest, results, leaving, out)

    def tested_inside(self, node: Node) -> Node:
        """Return a loop that asks its test in its body, where it may be left."""
        test, body = node.blocks
        own = tuple(sym.type for sym in node.results)
        at_test, at_body, after = (tuple(map(self.work.fresh, (BOOL, *own))) for _ in range(3))
        self.work.bind(test.parameters, at_body[1:])
        self.work.bind(body.parameters, at_body[1:])
        chosen = tuple(map(self.work.fresh, (BOOL, *own)))
        blocks = (Block((), body.nodes, (TRUE, *body.results)), Block((), (), (FALSE, *at_body[1:])))
        choice = Node(chosen, "if", test.results, (), blocks, frozenset(), node.place)
        self.work.bind(node.results, after[1:])
        loop = (Block(at_test, (), (at_test[0],)), Block(at_body, (*test.nodes, choice), chosen))
        return Node(after, "while", (TRUE, *node.operands), (), loop, frozenset(), node.place)


def _ends(block: Block) -> bool:
    """Tell whether the end of a block is out of reach."""
    return any(node.primitive in ("leave", "raise") for node in block.nodes)


def zeros(types: Iterable[Type]) -> Atoms:
    """Return values that nobody reads."""
    return tuple(Const(zero(one), one) for one in types)
