"""Take powers by squares: an array that is multiplied by itself again and again takes as few products as that needs.

So does the slope of such a power, a sum of equal products, and a `power` by a small whole number.

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

from collections.abc import Iterable
from dataclasses import dataclass, field

from snek_core_transform.deep import in_deep_stack
from snek_strategies.ir.passes.close_functions import Fresh, numbered
from snek_strategies.ir.passes.monomials import Monomial, monomials
from snek_strategies.ir.rules import results_of
from snek_strategies.ir.syntax import Atom, Block, Const, Node, Program, Sym, free_in, next_index


def square_powers(program: Program) -> Program:
    """Return the program with powers of floating-point arrays made of smaller ones, where those are fewer products.

    A power rounds no more often than the text has it do: by squares, errors double as often as exponents. What
    overflows or vanishes is the same, since powers of one number grow or shrink one after the other. Numbers alone stay
    as the text has them.
    """
    fresh = numbered(next_index(program.body))
    return Program(program.name, in_deep_stack(lambda: _Squaring(program.body, fresh).block(program.body)))


@dataclass
class _Family:
    """Names that a block makes of one another as monomials."""

    nodes: list[Node] = field(default_factory=list)
    wanted: dict[Monomial, Node] = field(default_factory=dict)
    """What something else than one of them uses, and the node that makes it."""
    twice: bool = False
    """Whether two names for one monomial are used: who is given both may write to one."""
    made: dict[Monomial, Sym] = field(default_factory=dict)

    def want(self, one: Monomial, node: Node) -> None:
        """Note what is used elsewhere."""
        self.twice |= self.wanted.setdefault(one, node) is not node

    @property
    def pays(self) -> bool:
        """Whether what is wanted takes fewer products by squares, and overflows nowhere else than in the text."""
        safe = not self.twice and all(one.is_safe for one in self.wanted)
        return safe and _products(self.wanted) < sum(map(_cost, self.nodes))


class _Squaring:
    def __init__(self, body: Block, fresh: Fresh) -> None:
        self.free = free_in(body)
        self.fresh = fresh

    def block(self, block: Block) -> Block:
        """Return the block, and those in it, with powers by squares."""
        found = monomials(block)
        families = self._families(block, found)
        paying = {id(family) for family in families.values() if family.pays}
        nodes: list[Node] = []

        def use(atoms: tuple[Atom, ...]) -> None:
            for atom in atoms:
                if isinstance(atom, Sym) and atom.index in families:
                    family, one = families[atom.index], found[atom.index]
                    if id(family) in paying:
                        self._make(family, one, family.wanted[one], nodes)

        for node in block.nodes:
            family = families.get(node.results[0].index) if node.results else None
            if family is None or id(family) not in paying:  # others are made where they are used
                use(self._reads(node))
                nodes.append(node.over(node.operands, tuple(map(self.block, node.blocks))))
        use(block.results)
        return Block(block.parameters, tuple(nodes), block.results)

    def _make(self, family: _Family, one: Monomial, like: Node, nodes: list[Node]) -> Sym:
        """Return the name of a monomial, made before or now, at the place of the node that it is made for."""
        if one.is_name:
            return one.exponents[0][0]
        if one not in family.made:
            parts = one.parts()
            operands = tuple(
                [self._make(family, part, like, nodes) if isinstance(part, Monomial) else part for part in parts]
            )
            (type_,) = results_of("multiply", tuple(part.type for part in operands), {})
            own = family.wanted.get(one)
            family.made[one] = own.results[0] if own is not None else self.fresh(type_)
            nodes.append(Node((family.made[one],), "multiply", operands, place=(own or like).place))
        return family.made[one]

    def _reads(self, node: Node) -> tuple[Atom, ...]:
        return (*node.operands, *(sym for one in node.blocks for sym in self.free[id(one)]))

    def _families(self, block: Block, found: dict[int, Monomial]) -> dict[int, _Family]:
        """Return the families of a block's monomials, by name."""
        makers = {
            node.results[0].index: node for node in block.nodes if node.results and node.results[0].index in found
        }
        families: dict[int, _Family] = {}
        for node in makers.values():
            _join(families, node)
        read = [self._reads(node) for node in block.nodes if not (node.results and node.results[0].index in found)]
        for atom in (*(atom for one in read for atom in one), *block.results):
            if isinstance(atom, Sym) and atom.index in families:
                families[atom.index].want(found[atom.index], makers[atom.index])
        return families


def _join(families: dict[int, _Family], node: Node) -> None:
    """Let a node join the families of its operands, which are one family then."""
    near = {id(one): one for atom in node.operands if isinstance(atom, Sym) and (one := families.get(atom.index))}
    family = max(near.values(), key=lambda one: len(one.nodes), default=_Family())
    for other in near.values():
        if other is not family:
            family.nodes += other.nodes
            families.update((one.results[0].index, family) for one in other.nodes)
    family.nodes.append(node)
    families[node.results[0].index] = family


def _cost(node: Node) -> int:
    """Return how many products a node counts as: a `power` as the products that it stands for."""
    exponent = node.operands[-1]
    if node.primitive == "power" and isinstance(exponent, Const):
        return int(exponent.value)  # type: ignore[call-overload, no-any-return] # monomials.py has seen that it is whole
    return int(node.primitive != "positive")


def _products(wanted: Iterable[Monomial]) -> int:
    """Return how many products make all these monomials."""
    made: set[Monomial] = set()
    pending = list(wanted)
    while pending:
        one = pending.pop()
        if not one.is_name and one not in made:
            made.add(one)
            pending.extend(part for part in one.parts() if isinstance(part, Monomial))
    return len(made)
