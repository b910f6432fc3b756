"""Simple statements of generated programs: those without a block."""

from __future__ import annotations

from dataclasses import dataclass, replace

from expressions import BINARY, Expressions

ERRORS = ("ValueError", "KeyError", "ZeroDivisionError", "NameError", "TypeError")
HEADS = {"coroutine": "async def", "stream": "async def"}
"""How the kinds of function begin that are no plain `def`."""


@dataclass(frozen=True)
class Spot:
    """Where a statement stands: how deep, in which kind of function, and which jumps it may be."""

    depth: int
    kind: str
    in_loop: bool = False
    may_leave: bool = True

    @property
    def inner(self) -> Spot:
        """The spot of a block below a statement here."""
        return replace(self, depth=self.depth + 1)


class Statements(Expressions):
    """Writes statements, each a method of its form's name, as lines."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.lines: list[str] = []
        self.numbers = 0

    def put(self, spot: Spot, line: str) -> None:
        """Write one line."""
        self.lines.append("    " * spot.depth + line)

    def fresh(self, word: str) -> str:
        """Return a name that nothing else has."""
        self.numbers += 1
        return f"{word}{self.numbers}"

    def assign(self, spot: Spot) -> None:
        targets = self.random.choice(((self.name(),), (self.name(), self.name()), (self.name(), "it.a", "xs[0]")))
        self.put(spot, f"{' = '.join(targets)} = {self.value()}")

    def annotate(self, spot: Spot) -> None:
        # The global may have no annotation in a function that declares it.
        self.put(spot, self.one_of(f"it.a: int = {self.value()}", f"{self.fresh('noted')}: told(3) = {self.value()}"))

    def augment(self, spot: Spot) -> None:
        target, symbol = self.one_of(self.name(), self.name(), "it.a", "xs[told(0)]"), self.random.choice(BINARY)
        self.put(spot, f"{target} {symbol}= {self.right(symbol)}")

    def unpack(self, spot: Spot) -> None:
        one, two, three = self.value(), self.value(), self.value()
        self.put(spot, self.one_of(
            f"{self.name()}, {self.name()} = {one}, {two}",
            f"{self.name()}, *xs = {one}, {two}, {three}, 7",
            f"[*xs, {self.name()}] = {one}, {two}, {three}, *xs[:2]",
            f"it.a, ({self.name()}, xs[0]) = {one}, ({two}, {three})",
            f"{self.name()}, *_, {self.name()} = xs",
            f"{self.name()}, {self.name()} = xs",
            "xs[0], xs[1] = xs[1], xs[0]",
        ))  # fmt: skip

    def store(self, spot: Spot) -> None:
        self.put(spot, self.one_of(f"it.a = {self.value()}", f"xs[{self.value(2)} % 2] = {self.value()}",
                                   f"xs[1:2] = [{self.value()}, 8]"))  # fmt: skip

    def delete(self, spot: Spot) -> None:
        name = self.name()
        self.put(spot, f"del {self.one_of(name, name, f'({name}, xs[0])', 'xs[0]', 'it.a', 'xs[3:]')}")
        if self.random.random() < 0.7:
            self.put(spot, f"{name} = it.a = {self.number()}")

    def call(self, spot: Spot) -> None:
        self.put(spot, f"told({self.value()}, key={self.value()})")

    def shown(self, spot: Spot) -> None:
        self.put(spot, f"print({self.value()}, f'{{{self.name()}=}}', sep='-')")

    def comprehend(self, spot: Spot) -> None:
        lines = [
            f"xs = [told(x) for x in [*xs[:3], {self.value()}] if {self.test()}] or [1, 2, 3]",
            f"{self.name()} = sum(x * {self.value()} for x in xs[:3] for y in (x, 2) if y)",
            f"{self.name()} = len({{x: y for x, *y in [(1, 2), ({self.value()},)]}})",
            f"{self.name()} = max({{x for x in xs[:2]}} | {{{self.value()}}})",
        ]
        if spot.kind != "class":
            lines.append(f"{self.name()} = [z := x for x in xs[:2]][-1]")
        if spot.kind in HEADS:
            lines.append(f"xs = [await wait(x) async for x in stream(3) if x < {self.value()}]")
            lines.append(f"{self.name()} = sum([await wait(x) for x in xs[:2]])")
        self.put(spot, self.one_of(*lines))

    def asserted(self, spot: Spot) -> None:
        self.put(spot, f"assert {self.test()}, told({self.value()})")

    def imported(self, spot: Spot) -> None:
        line = self.one_of("import math as m", "from math import floor as m", "import os.path as m")
        self.put(spot, f"{line}; told(m.__name__)")

    def await_(self, spot: Spot) -> None:
        self.put(spot, f"{self.name()} = await wait({self.value()})")

    def yield_(self, spot: Spot) -> None:
        forms = [f"{self.name()} = yield {self.value()}", "yield"]
        self.put(
            spot, self.one_of(*forms, *([f"{self.name()} = yield from row(2)"] if spot.kind == "generator" else []))
        )

    def raise_(self, spot: Spot) -> None:
        cause = self.one_of("", "", " from None", f" from {self.one_of(*ERRORS)}('cause')")
        raised = f"raise {self.one_of(*ERRORS)}({self.value()}){cause}"
        self.put(spot, self.one_of(raised, "raise", "pass"))

    def return_(self, spot: Spot) -> None:
        test = self.one_of("", f"if {self.test()}: ")
        self.put(spot, f"{test}return {'' if spot.kind == 'stream' else self.value()}")

    def jump(self, spot: Spot) -> None:
        test = self.one_of("", f"if {self.test()}: ")
        self.put(spot, test + self.one_of("break", "continue"))

    def alias(self, spot: Spot) -> None:
        self.put(spot, f"type {self.fresh('Alias')}[T] = list[T] | told({self.name()})")
