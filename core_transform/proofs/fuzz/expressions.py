"""Expressions of generated programs: numbers and what is asked for its truth, with effects in their order."""

from __future__ import annotations

import random
from collections.abc import Callable

NAMES = ("a", "b", "c", "d", "g")
"""Numbers: three parameters, a variable that is unbound in some calls, a global."""

DEEPEST = 3
BINARY = ("+", "-", "*", "%", "//", "&", "|", "^", "<<")
BOUNDED = {"*": "({0} % 11)", "<<": "({0} % 5)"}
"""What keeps numbers from growing without end."""
USUAL = {"%": "(told({0}) or 2)", "//": "({0} or 3)"}
"""What keeps most operands from raising."""


class Expressions:
    """Writes expressions from a seed; no statement is in them."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def one_of(self, *texts: str) -> str:
        """Return one of several texts."""
        return self.random.choice(texts)

    def name(self) -> str:
        """Return a variable."""
        return self.random.choice(NAMES)

    def number(self) -> str:
        """Return a number."""
        return str(self.random.randint(-2, 9))

    def value(self, depth: int = 0) -> str:
        """Return an expression whose value is a number, or which raises."""
        plain: list[Callable[[int], str]] = [
            lambda _: self.number(), lambda _: self.name(), lambda _: f"told({self.name()})", lambda _: "it.a",
        ]  # fmt: skip
        deep: list[Callable[[int], str]] = [
            self.binary, self.binary, self.ternary, self.logic, self.length, self.item, self.unary, self.formatted,
            self.called, self.lambda_,
        ]  # fmt: skip
        nests = depth < DEEPEST and self.random.random() < 0.5
        return self.random.choice(deep if nests else plain)(depth + 1)

    def test(self, depth: int = 0) -> str:
        """Return an expression that is asked for its truth."""
        left, right = self.value(depth + 1), self.value(depth + 1)
        return self.one_of(
            f"{left} {self.one_of('<', '<=', '>', '>=', '==', '!=')} {right}",
            f"{left} < {right} {self.one_of('<=', '!=', 'in')} {self.one_of('xs', '[1, *xs]', '{2: b}')}",
            f"{left} <= {right} < {self.value(depth + 1)}",
            f"not {left}",
            f"{left} {self.one_of('in', 'not in')} xs",
            f"told({left}) {self.one_of('is', 'is not')} None and {right}",
            f"{left} == {right} or told({left})",
            left,
        )

    def binary(self, depth: int) -> str:
        """Return an arithmetic expression; a few of them raise."""
        symbol = self.random.choice(BINARY)
        return f"({self.value(depth)} {symbol} {self.right(symbol, depth)})"

    def right(self, symbol: str, depth: int = 0) -> str:
        """Return a right operand for an arithmetic symbol."""
        usual = USUAL.get(symbol, "{0}") if self.random.random() < 0.95 else "{0}"
        return BOUNDED.get(symbol, usual).format(self.value(depth))

    def ternary(self, depth: int) -> str:
        """Return `a if test else b`."""
        return f"({self.value(depth)} if {self.test(depth)} else {self.value(depth)})"

    def logic(self, depth: int) -> str:
        """Return `a and b` or `a or b`."""
        return f"({self.value(depth)} {self.one_of('and', 'or')} {self.value(depth)})"

    def length(self, depth: int) -> str:
        """Return the length of a display or a comprehension."""
        inner, own = self.value(depth), self.one_of("x", "b", "d")
        return "len(" + self.one_of(
            f"[{inner}, *xs]", f"(*xs, {inner})", f"{{{inner}, *xs[:2]}}", f"{{'k': {inner}, **{{'l': told(1)}}}}",
            f"[{own} for {own} in xs if {own} < {inner}]",
        ) + ")"  # fmt: skip

    def item(self, depth: int) -> str:
        """Return an item, in most cases one that is there."""
        return self.one_of(f"xs[{self.value(depth)} % (len(xs) or 1)]", "xs[0]", "sum(xs[1:3])", "xs[::-1][0]")

    def unary(self, depth: int) -> str:
        """Return `-a` or `~a`."""
        return f"({self.one_of('-', '~', '+')}{self.value(depth)})"

    def formatted(self, _: int) -> str:
        """Return the length of an f-string; before Python 3.12 no other may be in it."""
        return f"len(f'{{{self.name()}}}{{xs!r:>9}}{{told({self.name()}):>{{abs({self.name()}) % 9}}}}')"

    def called(self, depth: int) -> str:
        """Return a call, with arguments of every kind."""
        inner = self.value(depth)
        return self.one_of(f"told({inner})", f"told({inner}, key={self.name()})", f"max({inner}, *[1, 2])",
                           f"told(*[{inner}], **{{'more': {self.name()}}})")  # fmt: skip

    def lambda_(self, depth: int) -> str:
        """Return the call of a lambda that reads variables around it."""
        return f"(lambda x, y={self.value(depth)}: x if {self.test(depth)} else y)({self.value(depth)})"
