"""Choose once: what a choice takes from another choice by the same flag is what that one chose.

>>> from snek_strategies.ir.show import show
>>> from snek_strategies.ir.passes.examples import masked
>>> print(show(masked()))
program masked(%0: bool[3], %1: float64[3], %2: float64[3]) {
  %3: float64[3] = where %0, %1, %2
  %4: float64[3] = exp %3
  %5: float64[3] = where %0, %4, %2
  return %3, %5
}
<BLANKLINE>
>>> print(show(choose_once(masked())))
program masked(%0: bool[3], %1: float64[3], %2: float64[3]) {
  %3: float64[3] = where %0, %1, %2
  %4: float64[3] = exp %1
  %5: float64[3] = where %0, %4, %2
  return %3, %5
}
<BLANKLINE>
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from snek_core_transform.deep import in_deep_stack
from snek_strategies.ir.interpretations import FUNCTIONS, OPERATORS
from snek_strategies.ir.syntax import Atom, Block, Node, Program, Sym, uses_in


def choose_once(program: Program) -> Program:
    """Return the program whose choices do not wait for others by the same flag.

    Values between two of them are computed from what the first one chose: those only that nothing else uses.
    """
    uses = uses_in(program.body)
    return Program(program.name, in_deep_stack(lambda: _chosen(program.body, uses)))


def _chosen(block: Block, uses: Counter[int]) -> Block:
    nodes = [replace(node, blocks=tuple(_chosen(one, uses) for one in node.blocks)) if node.blocks else node
             for node in block.nodes]  # fmt: skip
    made = {node.results[0].index: at for at, node in enumerate(nodes) if len(node.results) == 1}
    for at, node in enumerate(nodes):
        flag = node.operands[0] if node.primitive == "where" else None
        if isinstance(flag, Sym):
            side = _Side(nodes, made, uses, flag, node)
            nodes[at] = node.over((flag, *(side.of(atom, way) for way, atom in enumerate(node.operands[1:], 1))))
    return Block(block.parameters, tuple(nodes), block.results)


@dataclass(frozen=True)
class _Side:
    """What one choice by a flag reads; the values behind it are changed in place."""

    nodes: list[Node]
    made: dict[int, int]
    uses: Counter[int]
    flag: Sym
    choice: Node

    def of(self, atom: Atom, way: int) -> Atom:
        """Return what a value is where the flag says `way`: 1 where it holds, 2 where it does not."""
        at = self.made.get(atom.index) if isinstance(atom, Sym) else None
        if at is None or atom.type != self.choice.results[0].type:
            return atom
        node = self.nodes[at]
        if node.primitive == "where" and node.operands[0] == self.flag:
            taken = node.operands[way]
            return taken if taken.type == atom.type else atom
        if self.uses[node.results[0].index] == 1 and node.primitive in _ELEMENTWISE and not node.effects:
            self.nodes[at] = node.over(tuple(self.of(one, way) for one in node.operands))
        return atom


_ELEMENTWISE = frozenset(OPERATORS) | frozenset(FUNCTIONS)
