"""Programs that end, over every form of statement, written from a seed."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

NAMES = ("a", "b", "c", "d", "g")
"""Numbers: three parameters, a variable that starts unbound, a global."""

ERRORS = ("ValueError", "KeyError", "ZeroDivisionError", "NameError", "TypeError")


class Writer:
    """Writes one function; `forms` counts the forms of statement in it.

    Every loop ends: a `while` asks `burn()`, which is false once the fuel is gone, and a `for` goes over a short row.
    """

    def __init__(self, seed: int, size: int) -> None:
        self.random = random.Random(seed)
        self.left = size
        self.lines: list[str] = []
        self.forms: Counter[str] = Counter()
        self.numbers = 0

    def text(self) -> str:
        """Return the program: `program(a, b, c)`, a function, a generator or a coroutine."""
        kind = self.random.choice(("function", "function", "generator", "coroutine"))
        self.forms[kind] += 1
        self.lines = [
            f"{'async ' if kind == 'coroutine' else ''}def program(a, b, c):",
            "    global g",
            "    xs = [a, b, c]",
            "    it = Box()",
            "    told(a)",
        ]
        while self.left > 0:
            self.block(1, kind, loop=False, jumps=True, least=1)
        if kind == "generator":
            self.put(1, "yield told(b)")
        self.put(1, "return a, b, c, xs, it.a")
        return "\n".join(self.lines) + "\n"

    def put(self, depth: int, line: str) -> None:
        """Write one line."""
        self.lines.append("    " * depth + line)

    def fresh(self, word: str) -> str:
        """Return a name that nothing else has."""
        self.numbers += 1
        return f"{word}{self.numbers}"

    def block(self, depth: int, kind: str, loop: bool, jumps: bool, least: int = 1) -> None:
        """Write one to three statements."""
        for _ in range(self.random.randint(least, 3)):
            self.statement(depth, kind, loop, jumps)

    def statement(self, depth: int, kind: str, loop: bool, jumps: bool) -> None:
        """Write one statement; `loop` allows `break` and `continue`, `jumps` what leaves the function."""
        self.left -= 1
        simple: list[Callable[..., None]] = [
            self.assign, self.assign, self.augment, self.unpack, self.store, self.delete, self.call, self.shown,
            self.comprehend, self.lambdas, self.asserted, self.imported,
        ]  # fmt: skip
        compound: list[Callable[..., None]] = [
            self.if_, self.if_, self.while_, self.for_, self.try_, self.try_, self.except_star, self.with_, self.match,
            self.define, self.generator, self.class_,
        ]  # fmt: skip
        if kind == "coroutine":
            compound += [self.async_for, self.async_with]
            simple += [self.await_]
        if kind == "generator":
            simple += [self.yield_, self.yield_]
        if jumps:
            simple += [self.raise_, self.return_]
        if loop:
            simple += [self.jump, self.jump]
        chosen = compound if depth < 5 and self.left > 0 and self.random.random() < 0.5 else simple
        write = self.random.choice(chosen)
        self.forms[write.__name__.strip("_")] += 1
        write(depth, kind, loop, jumps)

    def name(self) -> str:
        """Return a variable."""
        return self.random.choice(NAMES)

    def value(self, depth: int = 0) -> str:
        """Return an expression whose value is a number, or which raises."""
        form = self.random.randrange(14 if depth < 3 else 3)
        inner = [self.value(depth + 1) for _ in range(2)] if form > 2 else ["", ""]
        test = self.test(depth + 1) if form == 5 else ""
        return (
            str(self.random.randint(-2, 9)),
            self.name(),
            f"told({self.name()})",
            f"({inner[0]} {self.random.choice(('+', '-', '*'))} {inner[1]})",
            f"({inner[0]} // {inner[1]})",
            f"({inner[0]} if {test} else {inner[1]})",
            f"({inner[0]} and {inner[1]})",
            f"({inner[0]} or {inner[1]})",
            f"told({inner[0]})",
            f"len([{inner[0]}, *xs])",
            f"xs[{self.random.randint(-1, 3)}]",
            f"(-{inner[0]})",
            f"len(f'{{{self.name()}}}{{xs!r:>9}}')",
            "it.a",
        )[form]

    def test(self, depth: int = 0) -> str:
        """Return an expression that is asked for its truth."""
        form = self.random.randrange(7)
        a, b = self.value(depth + 1), self.value(depth + 1)
        return (
            f"{a} < {b}",
            f"{a} <= {b} < {self.value(depth + 1)}",
            f"not {a}",
            f"{a} in xs",
            f"({a}) is not None and {b}",
            f"{a} == {b} or {a}",
            a,
        )[form]

    def assign(self, depth: int, *_: object) -> None:
        targets = self.random.choice(((self.name(),), (self.name(), self.name()), (self.name(), "it.a", "xs[0]")))
        self.put(depth, f"{' = '.join(targets)} = {self.value()}")

    def augment(self, depth: int, *_: object) -> None:
        target = self.random.choice((self.name(), self.name(), "it.a", "xs[told(0)]"))
        self.put(depth, f"{target} {self.random.choice(('+', '-', '*', '//'))}= {self.value()}")

    def unpack(self, depth: int, *_: object) -> None:
        form = self.random.randrange(5)
        lines = (
            f"{self.name()}, {self.name()} = {self.value()}, {self.value()}",
            f"{self.name()}, *xs = {self.value()}, {self.value()}, {self.value()}",
            f"it.a, ({self.name()}, xs[0]) = {self.value()}, ({self.value()}, {self.value()})",
            f"{self.name()}, {self.name()} = xs",
            "xs[0], xs[1] = xs[1], xs[0]",
        )
        self.put(depth, lines[form])

    def store(self, depth: int, *_: object) -> None:
        target = self.random.choice(("it.a", f"xs[{self.value(2)}]", "xs[1:2]"))
        value = f"[{self.value()}]" if ":" in target else self.value()
        self.put(depth, f"{target} = {value}")

    def delete(self, depth: int, *_: object) -> None:
        self.put(depth, f"del {self.random.choice((self.name(), 'xs[0]', 'it.a', 'xs[1:]'))}")

    def call(self, depth: int, *_: object) -> None:
        self.put(depth, f"told({self.value()}, key={self.value()})")

    def shown(self, depth: int, *_: object) -> None:
        self.put(depth, f"print({self.value()}, f'{{{self.name()}=}}', sep='-')")

    def comprehend(self, depth: int, *_: object) -> None:
        form = self.random.randrange(5)
        lines = (
            f"xs = [told(x) for x in [*xs[:3], {self.value()}] if {self.test()}]",
            f"{self.name()} = sum(x * {self.value()} for x in xs[:3])",
            f"{self.name()} = len({{x: y for x, *y in [(1, 2), ({self.value()},)]}})",
            f"{self.name()} = max({{x for x in xs[:2]}} | {{{self.value()}}})",
            f"{self.name()} = [z := x for x in xs[:2]][-1]",
        )
        self.put(depth, lines[form])

    def lambdas(self, depth: int, *_: object) -> None:
        self.put(depth, f"{self.name()} = (lambda x, y={self.value()}: x + y if {self.test()} else y)({self.value()})")

    def asserted(self, depth: int, *_: object) -> None:
        self.put(depth, f"assert {self.test()}, told({self.value()})")

    def imported(self, depth: int, *_: object) -> None:
        line = self.random.choice(("import math as m", "from math import floor as m", "import os.path as m"))
        self.put(depth, f"{line}; told(m.__name__)")

    def await_(self, depth: int, *_: object) -> None:
        self.put(depth, f"{self.name()} = await wait({self.value()})")

    def yield_(self, depth: int, *_: object) -> None:
        self.put(depth, self.random.choice((f"{self.name()} = yield {self.value()}", "yield", "yield from xs[:2]")))

    def raise_(self, depth: int, *_: object) -> None:
        cause = self.random.choice(("", "", " from None", f" from {self.random.choice(ERRORS)}('cause')"))
        raised = f"raise {self.random.choice(ERRORS)}({self.value()}){cause}"
        self.put(depth, self.random.choice((raised, raised, "raise")) if self.random.random() < 0.3 else "pass")

    def return_(self, depth: int, kind: str, *_: object) -> None:
        self.put(depth, f"return {self.value()}" if self.random.random() < 0.4 else f"told({self.value()})")

    def jump(self, depth: int, *_: object) -> None:
        self.put(depth, self.random.choice(("break", "continue")))

    def if_(self, depth: int, kind: str, loop: bool, jumps: bool) -> None:
        walrus = f"({self.name()} := {self.value()}) > {self.value()}"
        self.put(depth, f"if {self.random.choice((self.test(), self.test(), walrus))}:")
        self.block(depth + 1, kind, loop, jumps)
        for _ in range(self.random.choice((0, 0, 1, 2))):
            self.put(depth, f"elif {self.test()}:")
            self.block(depth + 1, kind, loop, jumps)
        self.maybe("else", depth, kind, loop, jumps)

    def maybe(self, word: str, depth: int, kind: str, loop: bool, jumps: bool) -> None:
        """Write a further block, or none."""
        if self.random.random() < 0.5:
            self.put(depth, f"{word}:")
            self.block(depth + 1, kind, loop, jumps)

    def while_(self, depth: int, kind: str, loop: bool, jumps: bool) -> None:
        self.put(depth, f"while burn() and ({self.test()}):")
        self.block(depth + 1, kind, True, jumps)
        self.maybe("else", depth, kind, loop, jumps)

    def for_(self, depth: int, kind: str, loop: bool, jumps: bool) -> None:
        head = self.random.choice(
            (f"{self.name()} in range(3)", f"{self.name()} in xs[:3]", f"i, {self.name()} in enumerate(xs[:2])",
             "it.a in (1, 2)")
        )  # fmt: skip
        self.put(depth, f"for {head}:")
        self.block(depth + 1, kind, True, jumps)
        self.maybe("else", depth, kind, loop, jumps)

    def async_for(self, depth: int, kind: str, loop: bool, jumps: bool) -> None:
        self.put(depth, f"async for {self.name()} in stream(2):")
        self.block(depth + 1, kind, True, jumps)
        self.maybe("else", depth, kind, loop, jumps)

    def try_(self, depth: int, kind: str, loop: bool, jumps: bool) -> None:
        self.put(depth, "try:")
        self.block(depth + 1, kind, loop, jumps)
        handled = self.random.random() < 0.8
        if handled:
            caught = self.random.choice((*ERRORS, "(ValueError, TypeError)", "Exception"))
            self.put(depth, f"except {caught}{self.random.choice(('', ' as error'))}:")
            self.block(depth + 1, kind, loop, jumps)
            self.maybe("else", depth, kind, loop, jumps)
        if not handled or self.random.random() < 0.4:
            self.put(depth, "finally:")
            self.block(depth + 1, kind, loop, jumps)

    def except_star(self, depth: int, kind: str, loop: bool, jumps: bool) -> None:
        self.put(depth, "try:")
        self.block(depth + 1, kind, loop, jumps)
        self.put(depth + 1, f"raise ExceptionGroup('all', [ValueError({self.value()}), KeyError(told(2))])")
        self.put(depth, f"except* {self.random.choice(ERRORS)} as group:")
        self.put(depth + 1, "told(len(group.exceptions))")
        self.block(depth + 1, kind, False, False)
        self.put(depth, "except* KeyError:")
        self.block(depth + 1, kind, False, False)

    def with_(self, depth: int, kind: str, loop: bool, jumps: bool) -> None:
        target = self.random.choice(("", f" as {self.name()}", " as it.a"))
        self.put(depth, f"with manager({self.test()}){target}, manager(False):")
        self.block(depth + 1, kind, loop, jumps)

    def async_with(self, depth: int, kind: str, loop: bool, jumps: bool) -> None:
        self.put(depth, f"async with manager({self.test()}) as {self.name()}:")
        self.block(depth + 1, kind, loop, jumps)

    def match(self, depth: int, kind: str, loop: bool, jumps: bool) -> None:
        self.put(depth, f"match {self.random.choice((self.value(), '[*xs, 1]', '(a, xs)', 'it'))}:")
        patterns = ["0 | 1", f"int({self.name()})", f"[{self.name()}, *rest]", f"Box(a={self.name()})", "[_, [*_]]"]
        self.random.shuffle(patterns)
        for pattern in patterns[: self.random.randint(1, 4)]:
            self.put(depth + 1, f"case {pattern}{self.random.choice(('', f' if {self.test()}'))}:")
            self.block(depth + 2, kind, loop, jumps)

    def define(self, depth: int, *_: object) -> None:
        name = self.fresh("inner")
        self.put(depth, self.random.choice(("@kept", "@kept", "")) or "told(0)")
        self.put(depth, f"def {name}(x, y={self.value()}, *rest, z={self.value()}):")
        self.put(depth + 1, f"nonlocal {self.random.choice(('a', 'b', 'c, a'))}")
        self.block(depth + 1, "function", False, True)
        self.put(depth + 1, "return x + y")
        self.put(depth, f"{self.name()} = {name}({self.value()}, *xs[:2])")

    def generator(self, depth: int, *_: object) -> None:
        name = self.fresh("steps")
        self.put(depth, f"def {name}(a, b):")
        self.put(depth + 1, "c = d = xs = a; it = Box(); xs = [b]")
        self.block(depth + 1, "generator", False, True)
        self.put(depth + 1, f"{self.name().replace('g', 'a')} = yield {self.random.randint(0, 5)}")
        self.put(depth, f"{self.name()} = driven({name}({self.value()}, {self.value()}))")

    def class_(self, depth: int, *_: object) -> None:
        name = self.fresh("Kind")
        self.put(depth, f"class {name}:")
        self.put(depth + 1, f"one, two = {self.value()}, told(3)")
        self.put(depth + 1, f"three = one if {self.test()} else two")
        self.put(depth + 1, "def __init__(self, x):")
        self.put(depth + 2, "self.__x = x + self.two")
        self.put(depth + 1, "@property")
        self.put(depth + 1, "def x(self):")
        self.put(depth + 2, "return self.__x if self.__x else __class__.two")
        self.put(depth, f"{self.name()} = {name}({self.value()}).x + {name}.one")
