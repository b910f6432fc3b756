"""Merge equal computations of arrays too, where what uses the later one only reads it and makes something new of that.

>>> from snek_strategies.ir.show import show
>>> from snek_strategies.ir.passes.examples import squared_twice
>>> print(show(squared_twice()))
program squared_twice(%0: float64[3]) {
  %1: float64[3] = multiply %0, %0
  %2: float64[3] = multiply %0, %0
  %3: float64[3] = add %1, %2
  %4: float64[3] = multiply %0, %0
  return %1, %3, %4
}
<BLANKLINE>
>>> print(show(merge_reads(squared_twice())))
program squared_twice(%0: float64[3]) {
  %1: float64[3] = multiply %0, %0
  %2: float64[3] = add %1, %1
  %3: float64[3] = multiply %0, %0
  return %1, %2, %3
}
<BLANKLINE>
"""

from __future__ import annotations

from typing import TypeGuard

from snek_strategies.ir.interpretations import FUNCTIONS, OPERATORS
from snek_strategies.ir.passes.merge_equal import merged
from snek_strategies.ir.syntax import Atom, Block, Program, Sym
from snek_strategies.ir.types import Array

SAME = frozenset({"positive", "conjugate", "floor", "ceil", "trunc", "rint"})
"""Elementwise primitives that a back-end may answer with their operand itself."""
READING = (frozenset(OPERATORS) | frozenset(FUNCTIONS) | {"matmul"}) - SAME
"""Primitives that give a new array, whatever they are given."""


def merge_reads(program: Program) -> Program:
    """Return the program with each number computed once, and each array that nobody is handed a second time."""
    return merged(program, _handed_on(program.body))


def _handed_on(body: Block) -> set[int]:
    """Return the names that anything else uses than an operation that only reads them."""
    handed: set[int] = set()
    pending = [body]
    while pending:
        block = pending.pop()
        given = [block.results, *(node.operands for node in block.nodes if node.primitive not in READING)]
        handed.update(atom.index for atoms in given for atom in atoms if _is_array(atom))
        pending.extend(inner for node in block.nodes for inner in node.blocks)
    return handed


def _is_array(atom: Atom) -> TypeGuard[Sym]:
    return isinstance(atom, Sym) and isinstance(atom.type, Array) and bool(atom.type.dims)
