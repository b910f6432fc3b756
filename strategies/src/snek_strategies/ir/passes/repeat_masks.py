"""Repeat masks: what compares numbers for each element is computed again in the branch that uses it.

A truth value for each element in memory costs a vector unit more than comparing again: its one byte has to become as
wide as the numbers that it chooses from.

>>> from snek_strategies.ir.show import show
>>> from snek_strategies.ir.passes.examples import asked_first
>>> print(show(asked_first()))
program asked_first(%0: float64[3], %1: float64[3]) {
  %2: bool[3] = less %0, %1
  %3: bool[] = any[axis=(0,)] %2
  %4: bool = bool %3
  %6: float64[3] = if %4 {
    %5: float64[3] = where %2, %0, %1
    yield %5
  } else {
    yield %0
  }
  return %6
}
<BLANKLINE>
>>> print(show(repeat_masks(asked_first())))
program asked_first(%0: float64[3], %1: float64[3]) {
  %2: bool[3] = less %0, %1
  %3: bool[] = any[axis=(0,)] %2
  %4: bool = bool %3
  %7: float64[3] = if %4 {
    %5: bool[3] = less %0, %1
    %6: float64[3] = where %5, %0, %1
    yield %6
  } else {
    yield %0
  }
  return %7
}
<BLANKLINE>
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from snek_core_transform.deep import in_deep_stack
from snek_strategies.ir.interpretations import FUNCTIONS, OPERATORS
from snek_strategies.ir.passes.close_functions import numbered
from snek_strategies.ir.shape_rules import dims_of
from snek_strategies.ir.syntax import Atom, Block, Node, Program, Sym, next_index
from snek_strategies.ir.types import Array

_QUICK = """
add subtract multiply absolute negative positive maximum minimum less less_equal equal not_equal greater greater_equal
logical_and logical_or logical_not bitwise_and bitwise_or invert isnan isfinite isinf
"""
QUICK = frozenset(_QUICK.split())
MADE = frozenset(OPERATORS) | frozenset(FUNCTIONS) | {"power", "where", "astype", "asarray", "copy"}
"""What may never lie in memory, as it is computed where it is used."""
MOST = 8
"""How many operations a mask takes at most."""


def repeat_masks(program: Program) -> Program:
    """Return the program with its masks computed in the branches that use them."""
    repeating = _Repeating(program)
    return Program(program.name, in_deep_stack(lambda: repeating.block(program.body, {})))


class _Repeating:
    def __init__(self, program: Program) -> None:
        self.fresh = numbered(next_index(program.body))

    def block(self, block: Block, around: Mapping[int, Node]) -> Block:
        """Return a block; `around` is what makes the arrays of the blocks around it, up to the innermost loop's."""
        made = dict(around)
        nodes: list[Node] = []
        repeated: dict[int, Sym] = {}

        def here(atom: Atom) -> Atom:
            return repeated.get(atom.index, atom) if isinstance(atom, Sym) else atom

        def repeat(mask: Sym) -> None:
            for node in _chain(mask, around) or ():
                (result,) = node.results
                if result.index not in repeated:
                    own = replace(result, index=self.fresh(result.type).index)
                    nodes.append(replace(node, results=(own,), operands=tuple(map(here, node.operands))))
                    repeated[result.index] = own

        for node in block.nodes:
            for atom in node.operands:
                if isinstance(atom, Sym) and atom.index in around and _is_mask(atom):
                    repeat(atom)
            operands = tuple(map(here, node.operands))
            inner = made if node.primitive == "if" else {}
            nodes.append(node.over(operands, tuple(self.block(one, inner) for one in node.blocks)))
            if node.primitive in MADE and len(node.results) == 1 and dims_of(node.results[0].type):
                made[node.results[0].index] = node
        return replace(block, nodes=tuple(nodes))


def _is_mask(atom: Sym) -> bool:
    return isinstance(atom.type, Array) and atom.type.dtype.kind == "b"


def _chain(mask: Sym, made: Mapping[int, Node]) -> list[Node] | None:
    """Return the nodes that make a mask of what lies in memory anyway, in order; None where they are not quick."""
    chain: dict[int, Node] = {}
    pending = [mask]
    while pending:
        sym = pending.pop()
        node = made.get(sym.index)
        if node is None:
            continue
        if node.primitive not in QUICK or len(chain) == MOST:
            return None
        # Once more, later in order, where several of the chain use it.
        chain.pop(sym.index, None)
        chain[sym.index] = node
        pending += [one for one in node.operands if isinstance(one, Sym)]
    return list(reversed(chain.values()))
