"""Take powers by squares: an array that is multiplied by itself again and again takes as few products as that needs.

>>> from snek_strategies.ir.show import show
>>> from snek_strategies.ir.passes.examples import eighth_power
>>> print(show(eighth_power()))
program eighth_power(%0: float64[3]) {
  %1: float64[3] = multiply %0, %0
  %2: float64[3] = multiply %0, %1
  %3: float64[3] = multiply %0, %2
  %4: float64[3] = multiply %0, %3
  %5: float64[3] = multiply %0, %4
  %6: float64[3] = multiply %0, %5
  %7: float64[3] = multiply %0, %6
  return %7
}
<BLANKLINE>
>>> print(show(square_powers(eighth_power())))
program eighth_power(%0: float64[3]) {
  %1: float64[3] = multiply %0, %0
  %2: float64[3] = multiply %1, %1
  %3: float64[3] = multiply %2, %2
  return %3
}
<BLANKLINE>
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from snek_core_transform.deep import in_deep_stack
from snek_strategies.ir.passes.close_functions import Fresh, numbered
from snek_strategies.ir.syntax import Atom, Block, Node, Program, Sym, free_in, next_index
from snek_strategies.ir.types import Array


def square_powers(program: Program) -> Program:
    """Return the program with powers of floating-point arrays made of smaller ones, where those are fewer products.

    A power rounds no more often than the text has it do: by squares, errors double as often as exponents. What
    overflows or vanishes is the same, since powers of one number grow or shrink one after the other. Numbers alone stay
    as the text has them.
    """
    fresh = numbered(next_index(program.body))
    return Program(program.name, in_deep_stack(lambda: _Squaring(program.body, fresh).block(program.body)))


@dataclass(frozen=True)
class _Power:
    """A name that is a base's power, and the product that made it."""

    base: Sym
    exponent: int
    node: Node


Wanted = dict[int, dict[int, _Power]]
"""By base and exponent, the powers that something else than a further power uses."""


class _Squaring:
    def __init__(self, body: Block, fresh: Fresh) -> None:
        self.free = free_in(body)
        self.fresh = fresh

    def block(self, block: Block) -> Block:
        """Return the block, and those in it, with powers by squares."""
        powers = _powers(block)
        counts = Counter(power.base.index for power in powers.values())
        wanted = self._wanted(block, powers)
        fewer = {base: own for base, own in wanted.items() if _products(own) < counts[base]}
        made: dict[tuple[int, int], Sym] = {}
        nodes: list[Node] = []

        def make(base: Sym, exponent: int, like: Node) -> Sym:
            if exponent == 1:
                return base
            key = base.index, exponent
            if key not in made:
                parts = tuple([make(base, part, like) for part in _parts(exponent)])
                own = fewer[base.index].get(exponent)
                made[key] = self.fresh(base.type) if own is None else own.node.results[0]
                nodes.append(replace(like if own is None else own.node, results=(made[key],), operands=parts))
            return made[key]

        def use(atoms: tuple[Atom, ...]) -> None:
            for atom in atoms:
                power = powers.get(atom.index) if isinstance(atom, Sym) else None
                if power is not None and power.base.index in fewer:
                    make(power.base, power.exponent, power.node)

        for node in block.nodes:
            power = powers.get(node.results[0].index) if node.results else None
            if power is None or power.base.index not in fewer:  # others are made where they are used
                use(self._reads(node))
                nodes.append(node.over(node.operands, tuple(map(self.block, node.blocks))))
        use(block.results)
        return replace(block, nodes=tuple(nodes))

    def _reads(self, node: Node) -> tuple[Atom, ...]:
        return (*node.operands, *(sym for one in node.blocks for sym in self.free[id(one)]))

    def _wanted(self, block: Block, powers: dict[int, _Power]) -> Wanted:
        """Return what is used, but of a base with two names for one power: who is given both may write to one."""
        wanted: Wanted = {}
        twice: set[int] = set()

        def use(atoms: tuple[Atom, ...]) -> None:
            for atom in atoms:
                power = powers.get(atom.index) if isinstance(atom, Sym) else None
                if power is not None:
                    own = wanted.setdefault(power.base.index, {})
                    if own.setdefault(power.exponent, power) is not power:
                        twice.add(power.base.index)

        for node in block.nodes:
            if not (node.results and node.results[0].index in powers):
                use(self._reads(node))
        use(block.results)
        return {base: own for base, own in wanted.items() if base not in twice}


def _powers(block: Block) -> dict[int, _Power]:
    """Return the names of a block that are powers of floating-point arrays."""
    powers: dict[int, _Power] = {}
    copies: dict[int, Atom] = {}
    for node in block.nodes:
        if node.primitive == "positive":
            (given,) = node.operands
            copies[node.results[0].index] = copies.get(given.index, given) if isinstance(given, Sym) else given
        power = _power(node, powers, copies)
        if power is not None:
            powers[node.results[0].index] = power
    return powers


def _power(node: Node, powers: dict[int, _Power], copies: dict[int, Atom]) -> _Power | None:
    """Return what power a node makes of one floating-point array, or None."""
    if node.primitive != "multiply":
        return None
    (type_,) = (sym.type for sym in node.results)
    if not isinstance(type_, Array) or not type_.dims or type_.dtype.kind != "f":
        return None
    sides = []
    for one in node.operands:
        atom = copies.get(one.index, one) if isinstance(one, Sym) else one
        if not isinstance(atom, Sym) or atom.type != type_:
            return None
        known = powers.get(atom.index)
        sides.append((known.base, known.exponent) if known else (atom, 1))
    (base, left), (other, right) = sides
    return _Power(base, left + right, node) if base == other else None


def _parts(exponent: int) -> tuple[int, int]:
    """Return the exponents of the two factors that make a power."""
    return (exponent // 2, exponent // 2) if exponent % 2 == 0 else (exponent - 1, 1)


def _products(exponents: Iterable[int]) -> int:
    """Return how many products make all these powers of one base."""
    made: set[int] = set()
    pending = list(exponents)
    while pending:
        one = pending.pop()
        if one > 1 and one not in made:
            made.add(one)
            pending.extend(_parts(one))
    return len(made)
