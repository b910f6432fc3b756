"""A program of the IR as Python source: `def`, `if`, `while` and assignments.

What an operation looks like is the back-end's own: it gives `expression(node, operands)`, text for a node.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from snek_strategies.backends.lifted_functions import Lifted, lifted
from snek_strategies.ir.syntax import Atom, Block, Const, Node, Program, Sym

LONGEST = 200
"""How long an expression grows before it gets a name."""


@dataclass
class Dialect:
    """How a system wants to be written to."""

    expression: Callable[[Node, list[str]], str]
    """Text of a node with results, given its operands' texts."""
    constant: Callable[[Const], str]
    statement: Callable[[Node, list[str]], list[str]]
    """Lines of a node without results."""
    inlined: Callable[[Node], bool]
    """Whether a node may stand inside another's expression."""
    head: Callable[[Lifted, list[str]], list[str]]
    """The lines that open a function, given its parameters' names."""
    returned: Callable[[Lifted, list[str]], str]
    passed: Callable[[Lifted, Lifted], list[str]] = field(default=lambda *_: [])
    """What a call passes last, given who calls and who is called."""
    entered: Callable[[list[Sym], list[str]], list[str]] = field(default=lambda *_: [])
    """Lines that a `while` needs before it, for its state's names."""
    points: Callable[[Node, list[str], list[str]], Points] | None = None
    """How to walk a `piecewise` node's elements, given its arrays' names and its results'; None as for regions."""
    region: Callable[[Node, Callable[[Atom], str]], str] | None = None
    """Text of a `fused` node, given how names are used; None where the program has none."""
    named: Callable[[Sym, int], str] = field(default=lambda _, count: f"v{count}")
    """What to call a value, given how many have names; a name of its own for each."""
    view: str = ""
    """What follows a name where it stands for another look at the same memory."""
    settles: Callable[[Node], bool] = field(default=lambda _: False)
    """Whether all that comes before a node must be computed before it."""
    reserved: frozenset[str] = frozenset()
    """Names that no function may have."""


@dataclass(frozen=True)
class Points:
    """Lines before loops over elements, the loops, what the block takes of an element, and where what it gives goes."""

    before: list[str]
    heads: list[str]
    given: list[str]
    targets: list[str]


def write(program: Program, dialect: Dialect) -> str:
    """Return the program's functions as source text, the program itself last."""
    functions = lifted(program, dialect.reserved)
    known = {one.name.index: one for one in functions if one.name is not None}
    return "\n\n\n".join(tidy("\n".join(_Writer(dialect, known).function(one))) for one in functions) + "\n"


def tidy(source: str) -> str:
    """Return source without the parentheses that it does not need."""
    return ast.unparse(ast.parse(source))


class _Writer:
    def __init__(self, dialect: Dialect, functions: dict[int, Lifted]) -> None:
        self.dialect = dialect
        self.functions = functions
        self.names: dict[int, str] = {}
        self.pending: dict[int, tuple[Sym, str]] = {}
        self.lines: list[str] = []
        self.depth = 1

    def function(self, one: Lifted) -> list[str]:
        self.caller = one
        parameters = [self.bind(sym) for sym in (*one.block.parameters, *one.captured)]
        self.lines = self.dialect.head(one, parameters)
        self.nodes(one.block)
        if not _raises(one.block):
            self.line(self.dialect.returned(one, self.uses(one.block.results)))
        return self.lines

    def line(self, text: str) -> None:
        self.lines.append("    " * self.depth + text)

    def bind(self, sym: Sym, name: str | None = None) -> str:
        self.names[sym.index] = name or self.dialect.named(sym, len(self.names))
        return self.names[sym.index]

    def use(self, atom: Atom) -> str:
        if isinstance(atom, Const):
            return self.dialect.constant(atom)
        if atom.index in self.pending:
            return f"({self.pending.pop(atom.index)[1]})"
        return self.names[atom.index]

    def uses(self, atoms: tuple[Atom, ...]) -> list[str]:
        return [self.use(atom) for atom in atoms]

    def nodes(self, block: Block) -> None:
        """Write a block's nodes; values that are used once, right here, wait for their use."""
        counts = Counter(atom.index for node in block.nodes for atom in node.operands if isinstance(atom, Sym))
        counts.update(atom.index for atom in block.results if isinstance(atom, Sym))
        further = {sym.index for node in block.nodes for one in node.blocks for sym in _inside(one)}
        for node in block.nodes:
            if node.primitive == "function":
                continue
            if self.dialect.settles(node):
                self.settle()
            if node.blocks:
                self.control(node)
            elif node.primitive == "call":
                self.call(node)
            elif not node.results:
                for text in self.dialect.statement(node, [self.use(atom) for atom in node.operands]):
                    self.line(text)
            else:
                self.simple(node, counts, further)

    def settle(self) -> None:
        """Give what waits for its use a name now."""
        for sym, text in self.pending.values():
            self.line(f"{self.bind(sym)} = {text}")
        self.pending.clear()

    def simple(self, node: Node, counts: Counter[int], further: set[int]) -> None:
        text = self.dialect.expression(node, [self.use(atom) for atom in node.operands])
        if len(node.results) != 1:
            self.line(f"{', '.join(map(self.bind, node.results))} = {text}")
            return
        (result,) = node.results
        once = counts[result.index] == 1 and result.index not in further
        if once and len(text) < LONGEST and self.dialect.inlined(node):
            self.pending[result.index] = result, text
        elif text.strip("()").removesuffix(self.dialect.view).isidentifier():
            self.names[result.index] = text.strip("()")  # another name of one value
        else:
            self.line(f"{self.bind(result)} = {text}")

    def call(self, node: Node) -> None:
        function, *operands = node.operands
        assert isinstance(function, Sym), "a function is called by its name"
        one = self.functions[function.index]
        given = self.uses((*operands, *one.captured)) + self.dialect.passed(self.caller, one)
        left = ", ".join(self.bind(sym) for sym in node.results)
        comma = "," if len(node.results) == 1 else ""
        self.line(f"{left}{comma} = {one.text}({', '.join(given)})" if left else f"{one.text}({', '.join(given)})")

    def control(self, node: Node) -> None:
        if node.primitive == "if":
            self.choice(node)
        elif node.primitive == "fused":
            assert self.dialect.region is not None
            text = self.dialect.region(node, self.use)
            self.line(f"{', '.join(map(self.bind, node.results))} = {text}")
        elif node.primitive == "piecewise":
            self.points(node)
        else:
            self.loop(node)

    def points(self, node: Node) -> None:
        (block,) = node.blocks
        assert self.dialect.points is not None
        points = self.dialect.points(node, self.uses(node.operands), [self.bind(sym) for sym in node.results])
        for text in points.before:
            self.line(text)
        for text in points.heads:
            self.line(text)
            self.depth += 1
        for parameter, text in zip(block.parameters, points.given, strict=True):
            self.line(f"{self.bind(parameter)} = {text}")
        self.nodes(block)
        for target, text in zip(points.targets, self.uses(block.results), strict=True):
            self.line(f"{target} = {text}")
        self.depth -= len(points.heads)

    def choice(self, node: Node) -> None:
        body, orelse = node.blocks
        test = self.use(node.operands[0])
        names = [self.bind(sym) for sym in node.results]
        self.line(f"if {test}:")
        self.branch(body, names)
        if orelse.nodes or orelse.results:
            self.line("else:")
            self.branch(orelse, names)

    def branch(self, block: Block, names: list[str]) -> None:
        self.depth += 1
        written = len(self.lines)
        self.nodes(block)
        if not _raises(block):
            for name, text in zip(names, self.uses(block.results), strict=True):
                self.line(f"{name} = {text}")
        if len(self.lines) == written:
            self.line("pass")
        self.depth -= 1

    def loop(self, node: Node) -> None:
        test, body = node.blocks
        given = self.uses(node.operands)
        names = [self.bind(sym) for sym in node.results]
        for name, text in zip(names, given, strict=True):
            self.line(f"{name} = {text}")
        for text in self.dialect.entered(list(node.results), names):
            self.line(text)
        for block in (test, body):
            for parameter, name in zip(block.parameters, names, strict=True):
                self.names[parameter.index] = name
        begin = len(self.lines)
        self.line("while True:")
        self.depth += 1
        self.nodes(test)
        (flag,) = self.uses(test.results)
        if len(self.lines) == begin + 1:
            self.lines[begin] = "    " * (self.depth - 1) + f"while {flag}:"
        else:
            self.line(f"if not ({flag}):")
            self.line("    break")
        self.nodes(body)
        if not _raises(body):
            self.assign(names, self.uses(body.results))
        self.depth -= 1

    def assign(self, names: list[str], texts: list[str]) -> None:
        changed = [(name, text) for name, text in zip(names, texts, strict=True) if name != text]
        if changed:
            self.line(f"{', '.join(name for name, _ in changed)} = {', '.join(text for _, text in changed)}")


def _raises(block: Block) -> bool:
    return any(node.primitive == "raise" for node in block.nodes)


def _inside(block: Block) -> list[Sym]:
    found = [atom for node in block.nodes for atom in node.operands] + list(block.results)
    inner = [sym for node in block.nodes for one in node.blocks for sym in _inside(one)]
    return [atom for atom in found if isinstance(atom, Sym)] + inner
