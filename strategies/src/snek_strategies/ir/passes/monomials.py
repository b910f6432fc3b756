"""Monomials: the names of a block that are whole multiples of an array's power, and perhaps of one further array.

The slope of a product of `n` equal factors is a sum of `n` products, and each of them is the same monomial.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from operator import itemgetter

import numpy as np

from snek_strategies.ir.syntax import Block, Const, Node, Sym
from snek_strategies.ir.types import Array, Type, type_of

LARGEST = 16
"""Up to which exponent a `power` is one: as products, it is off by at most so many halves of a last place's unit."""


@dataclass(frozen=True)
class Monomial:
    """`times` the product of arrays, with their exponents: the largest first, a second one is 1."""

    exponents: tuple[tuple[Sym, int], ...]
    times: int = 1
    shown: int = field(default=1, compare=False)
    """The largest power of the first array that the text makes on the way."""
    halved: bool = False
    """Whether it is made for a product that has its power twice."""

    @property
    def exponent(self) -> int:
        """The first array's exponent."""
        return self.exponents[0][1]

    @property
    def is_name(self) -> bool:
        """Whether it is an array itself."""
        return self.times == self.exponent == len(self.exponents) == 1

    @property
    def is_safe(self) -> bool:
        """Whether making it of its parts overflows only where the text does.

        What is made on the way lies between the second array and the product, as does what the text makes; or it is a
        power of at most half the exponent, which may overflow before the product does if the second array is tiny.
        """
        return len(self.exponents) == 1 or self.shown >= self.exponent // 2

    def parts(self) -> tuple[Monomial, Monomial | Const]:
        """Return the two factors that it is made of."""
        (base, exponent), *second = self.exponents
        if self.times > 1:
            return Monomial(self.exponents), Const(float(self.times), type_of(float(self.times)))
        if second and (self.halved or exponent == 1):
            return Monomial((second[0],)), Monomial(((base, exponent),))
        odd = 1 if second else exponent - (1 << exponent.bit_length() - 1)
        right = odd if exponent % 2 else exponent // 2
        left = Monomial(((base, exponent - right), *second), halved=bool(second) and right > 1)
        return left, Monomial(((base, right),))


def monomials(block: Block) -> dict[int, Monomial]:
    """Return what names of floating-point arrays stand for, by number, in their order, but for arrays themselves."""
    bases = {one.exponents[0][0] for one in _known(block, set()).values() if not one.is_name}
    return {index: one for index, one in _known(block, bases).items() if not one.is_name}


def _known(block: Block, bases: set[Sym]) -> dict[int, Monomial]:
    """Return what names stand for, where a second array is only a factor beside those that have powers."""
    known: dict[int, Monomial] = {}
    for node in block.nodes:
        if len(node.results) == 1 and _is_floating(node.results[0].type):
            made = _monomial(node, known, bases)
            if made is not None:
                known[node.results[0].index] = made
    return known


def _monomial(node: Node, known: dict[int, Monomial], bases: set[Sym]) -> Monomial | None:
    """Return what a node makes, or None for what is an array itself."""
    base, *others = node.operands or (None,)
    if not isinstance(base, Sym):
        return None
    one = known.get(base.index, Monomial(((base, 1),)))
    match node.primitive, others:
        case "positive", []:
            return one
        case "square", []:
            return _product(one, one, bases)
        case "power", [Const() as exponent]:
            return _power(one, exponent) if base.type == node.results[0].type else None
        case ("multiply" | "add") as primitive, [Sym() as other] if _same_dtype(base.type, other.type):
            two = known.get(other.index, Monomial(((other, 1),)))
            return _product(one, two, bases) if primitive == "multiply" else _sum(one, two)
    return None


def _product(one: Monomial, two: Monomial, bases: set[Sym]) -> Monomial | None:
    exponents = Counter(dict(one.exponents))
    exponents.update(dict(two.exponents))
    first, *others = sorted(exponents.items(), key=itemgetter(1), reverse=True)
    alone = len(others) > 1 or any(exponent > 1 for _, exponent in others) or one.times * two.times > 1
    if alone or (others and bases.isdisjoint(exponents)):
        return None
    shown = max(each.shown if len(each.exponents) > 1 else each.exponent for each in (one, two))
    return Monomial((first, *others), shown=shown)


def _sum(one: Monomial, two: Monomial) -> Monomial | None:
    if one.exponents != two.exponents or one.is_name or two.is_name:
        return None
    return Monomial(one.exponents, one.times + two.times, max(one.shown, two.shown))


def _power(one: Monomial, exponent: Const) -> Monomial | None:
    value = exponent.value
    if not one.is_name or not isinstance(value, int | float | np.number) or value not in range(2, LARGEST + 1):
        return None
    return Monomial(((one.exponents[0][0], int(value)),))


def _is_floating(type_: Type) -> bool:
    return isinstance(type_, Array) and bool(type_.dims) and type_.dtype.kind == "f"


def _same_dtype(one: Type, two: Type) -> bool:
    return isinstance(one, Array) and isinstance(two, Array) and one.dtype == two.dtype
