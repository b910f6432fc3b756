"""Programs that end, over every form of statement, written from a seed."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from statements import ERRORS, HEADS, Spot, Statements

KINDS = ("function", "function", "generator", "coroutine", "stream")
DEEPEST = 5


class Writer(Statements):
    """Writes one function; `forms` counts the forms of statement in it.

    Every loop ends: a `while` asks `burn()`, which is false once the fuel is gone, and a `for` goes over a short row.
    """

    def __init__(self, seed: int, size: int) -> None:
        super().__init__(seed)
        self.left = size
        self.forms: Counter[str] = Counter()

    def text(self) -> str:
        """Return the program: `program(a, b, c)`, a function, a generator, a coroutine or an asynchronous generator."""
        kind = self.random.choice(KINDS)
        self.forms[f"program: {kind}"] += 1
        self.lines = [f"{HEADS.get(kind, 'def')} program(a, b, c):", "    global g", "    xs, it = [a, b, c, 4], Box()"]
        self.lines += ["    if told(a) > b:", "        d = 4"]
        spot = Spot(1, kind)
        while self.left > 0:
            if self.random.random() < 0.7:
                self.guarded(spot)
            else:
                self.statement(spot)
        self.finish(spot)
        return "\n".join(self.lines) + "\n"

    def finish(self, spot: Spot) -> None:
        """Write what makes the function of its kind, and what it returns."""
        if spot.kind in ("generator", "stream"):
            self.put(spot, f"yield {self.value()}")
        if spot.kind != "stream":
            self.put(spot, "return a, b, c, xs, it.a")

    def guarded(self, spot: Spot) -> None:
        """Write statements whose exception is told, so that the program goes on."""
        self.put(spot, "try:")
        self.block(spot.inner)
        self.put(spot, "except Exception as error:")
        self.put(spot.inner, "told(repr(error), cause=error.__cause__, context=error.__context__)")

    def block(self, spot: Spot) -> None:
        """Write one to three statements."""
        for _ in range(self.random.randint(1, 3)):
            self.statement(spot)

    def statement(self, spot: Spot) -> None:
        """Write one statement of a form that may stand here."""
        self.left -= 1
        simple: list[Callable[[Spot], None]] = [
            self.assign, self.assign, self.annotate, self.augment, self.augment, self.unpack, self.store, self.delete,
            self.call, self.shown, self.comprehend, self.asserted, self.imported, self.raise_,
        ]  # fmt: skip
        compound: list[Callable[[Spot], None]] = [
            self.if_, self.if_, self.while_, self.while_, self.for_, self.for_, self.try_, self.try_, self.except_star,
            self.with_, self.match, self.define, self.generator, self.coroutine, self.class_,
        ]  # fmt: skip
        if spot.kind in HEADS:
            compound += [self.async_for, self.async_with, self.flow]
            simple += [self.await_]
        if spot.kind in ("generator", "stream"):
            simple += [self.yield_, self.yield_]
        if spot.may_leave and spot.kind != "class":
            simple += [self.return_]
        if spot.in_loop:
            simple += [self.jump, self.jump]
        if sys.version_info >= (3, 12):
            simple += [self.alias]
        nests = spot.depth < DEEPEST and self.left > 0 and self.random.random() < 0.5
        write = self.random.choice(compound if nests else simple)
        self.forms[write.__name__.strip("_")] += 1
        write(spot)

    def maybe(self, word: str, spot: Spot, likely: float = 0.5) -> bool:
        """Write a further block, or none."""
        if self.random.random() >= likely:
            return False
        self.put(spot, f"{word}:")
        self.block(spot.inner)
        return True

    def if_(self, spot: Spot) -> None:
        walrus = f"({self.name()} := {self.value()}) > {self.value()}"
        self.put(spot, f"if {self.one_of(self.test(), self.test(), walrus)}:")
        self.block(spot.inner)
        for _ in range(self.random.choice((0, 0, 1, 2))):
            self.put(spot, f"elif {self.test()}:")
            self.block(spot.inner)
        self.maybe("else", spot)

    def loop(self, spot: Spot, head: str) -> None:
        """Write a loop, perhaps with an `else`."""
        self.put(spot, head)
        self.block(replace(spot.inner, in_loop=True))
        self.maybe("else", spot)

    def while_(self, spot: Spot) -> None:
        self.loop(spot, f"while burn() and ({self.test()}):")

    def for_(self, spot: Spot) -> None:
        self.loop(spot, "for " + self.one_of(
            f"{self.name()} in range(3)", f"{self.name()} in xs[:3]", f"i, {self.name()} in enumerate(xs[:2])",
            f"{self.name()}, *xs in [(1, 2, 3), (4, 5)]", f"it.a in (1, 2, {self.value()})", "xs[0] in row(3)",
        ) + ":")  # fmt: skip

    def async_for(self, spot: Spot) -> None:
        self.loop(spot, f"async for {self.name()} in stream({self.one_of('0', '2', '3')}):")

    def try_(self, spot: Spot) -> None:
        self.put(spot, "try:")
        self.block(spot.inner)
        handled = False
        for caught in self.random.sample((*ERRORS, "(ValueError, TypeError)", "Exception"), self.random.randint(0, 2)):
            handled = self.maybe(f"except {caught}{self.one_of('', ' as error')}", spot, 1)
        if handled:
            self.maybe("else", spot)
        self.maybe("finally", spot, 0.4 if handled else 1)

    def except_star(self, spot: Spot) -> None:
        self.put(spot, "try:")
        self.block(spot.inner)
        self.put(spot.inner, f"raise ExceptionGroup('all', [ValueError({self.value()}), KeyError(told(2))])")
        within = replace(spot, in_loop=False, may_leave=False)
        for caught in self.random.sample(
            ("ValueError", "KeyError", "TypeError", "Exception"), self.random.randint(1, 3)
        ):
            self.put(spot, f"except* {caught} as group:")
            self.put(spot.inner, "told(len(group.exceptions))")
            self.block(within.inner)
        self.maybe("else", spot)
        self.maybe("finally", spot, 0.3)

    def with_(self, spot: Spot) -> None:
        target = self.one_of("", f" as {self.name()}", " as it.a", f" as ({self.name()}, *xs)")
        self.put(spot, f"with manager({self.test()}, pair={'(' in target}){target}, manager(False):")
        self.block(spot.inner)

    def async_with(self, spot: Spot) -> None:
        self.put(spot, f"async with manager({self.test()}) as {self.name()}, manager({self.name()}):")
        self.block(spot.inner)

    def match(self, spot: Spot) -> None:
        subject = self.one_of(
            self.value(), self.value(), "[*xs, 1]", "(a, xs)", "it", f"{{'k': {self.value()}, 'l': 2}}"
        )
        self.put(spot, f"match {subject}:")
        patterns = [
            "0 | 1", f"int({self.name()})", f"[{self.name()}, *rest]", f"Box(a={self.name()})", "[_, [*_]]", "Box(3)",
            f"{{'k': {self.name()}, **rest}}", "None | True", f"(int() | [_, _]) as {self.name()}", "Box.kind",
        ]  # fmt: skip
        for pattern in self.random.sample(patterns, self.random.randint(2, 6)):
            self.maybe(f"case {pattern}{self.one_of('', f' if {self.test()}')}", spot.inner, 1)

    def inside(self, spot: Spot, kind: str, own: str) -> None:
        """Write the body of a function in the program: variables of its own, of those around it, or both."""
        within = Spot(spot.depth + 1, kind)
        self.put(within, self.one_of(
            "nonlocal a, b, c, d, xs; global g", "nonlocal a, xs", "nonlocal d; xs = [1, 2]",
            f"a, b, c, d, g, xs, it = {own}, {own}, 2, 3, 4, [{own}, 5], Box()",
        ))  # fmt: skip
        self.block(within)

    def define(self, spot: Spot) -> None:
        name, types = self.fresh("inner"), self.types()
        self.put(spot, self.one_of("@kept", f"@tagged({self.value()})", f"told({self.value()})"))
        self.put(
            spot, f"def {name}{types}(x, /, y: told(1)={self.value()}, *rest, z={self.value()}, **more) -> told(2):"
        )
        self.inside(spot, "function", "x")
        self.put(spot.inner, "return x + y + z")
        self.put(spot, f"{self.name()} = {name}({self.value()}, *xs[:2], **{{'more': {self.value()}}})")

    def types(self) -> str:
        """Return type parameters, where the running Python has them."""
        return "[T: int, *U]" if sys.version_info >= (3, 12) and self.random.random() < 0.3 else ""

    def generator(self, spot: Spot) -> None:
        name = self.fresh("steps")
        self.put(spot, f"def {name}(x, y):")
        self.inside(spot, "generator", "y")
        self.put(spot.inner, f"yield {self.value()}")
        made = f"{name}({self.value()}, {self.value()})"
        if spot.kind == "generator" and self.random.random() < 0.4:
            self.put(spot, f"{self.name()} = yield from {made}")
        elif self.random.random() < 0.3:
            self.loop(spot, f"for {self.name()} in {made}:")
        else:
            self.put(spot, f"{self.name()} = driven({made}, throws={self.test()})")

    def coroutine(self, spot: Spot) -> None:
        name = self.fresh("task")
        self.put(spot, f"async def {name}(x):")
        self.inside(spot, "coroutine", "x")
        self.put(spot.inner, f"return await wait({self.value()})")
        made = f"{name}({self.value()})"
        waits = spot.kind in HEADS
        self.put(spot, f"{self.name()} = {f'await {made}' if waits else f'driven({made}, throws={self.test()})'}")

    def flow(self, spot: Spot) -> None:
        name = self.fresh("flow")
        self.put(spot, f"async def {name}(x):")
        self.inside(spot, "stream", "x")
        self.put(spot.inner, f"yield {self.value()}")
        self.loop(spot, f"async for {self.name()} in {name}({self.value()}):")

    def class_(self, spot: Spot) -> None:
        name = self.fresh("Kind")
        self.put(spot, f"class {name}{self.types()}(Base, note={self.value()}):")
        self.put(spot.inner, f"one, two = {self.value()}, told(3)")
        self.put(spot.inner, f"three = one if {self.test()} else two")
        self.block(Spot(spot.depth + 1, "class", may_leave=False))
        self.put(spot.inner, "def __init__(self, x):")
        self.put(spot.inner.inner, "super().__init__(x)")
        self.put(spot.inner.inner, "self.__x = x + self.two")
        self.put(spot.inner, "@classmethod")
        self.put(spot.inner, f"def made(cls, x={self.value()}): return cls(x + cls.three)")
        self.put(spot.inner, "@property")
        self.put(spot.inner, "def x(self):")
        self.put(spot.inner.inner, "return self.__x if self.__x else __class__.two")
        made = self.one_of(f"{name}({self.value()})", f"{name}.made()")
        self.put(spot, f"{self.name()} = {made}.x + {name}.one")
