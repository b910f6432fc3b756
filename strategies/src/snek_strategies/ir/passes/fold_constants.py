"""Fold constants: a number that follows from constants is one, and an `if` whose test is known is the branch taken.

>>> from snek_strategies.ir.show import show
>>> from snek_strategies.ir.passes.examples import known
>>> print(show(known()))
program known(%0: float64[]) {
  %1: int = multiply 3, 4
  %2: bool = less %1, 10
  %4: float64[] = if %2 {
    yield %0
  } else {
    %3: float64[] = multiply %0, %1
    yield %3
  }
  return %4
}
<BLANKLINE>
>>> print(show(fold_constants(known())))
program known(%0: float64[]) {
  %1: float64[] = multiply %0, 12
  return %1
}
<BLANKLINE>
"""

from __future__ import annotations

import warnings

import numpy as np

from snek_core_transform.deep import in_deep_stack
from snek_strategies.ir.interpretations import INTERPRETATIONS
from snek_strategies.ir.syntax import Atom, Block, Const, Node, Program, Sym
from snek_strategies.ir.types import Array, Scalar, type_of

KEPT = frozenset({"raise", "print", "require", "tape_new", "tape_push", "tape_pop"})
"""What is there for its effect, or has a meaning of its own in each back-end."""


def fold_constants(program: Program) -> Program:
    """Return the program with its known numbers computed; where computing one raises or warns, it stays."""
    return Program(program.name, in_deep_stack(lambda: _folded(program.body, {})))


def _folded(block: Block, known: dict[int, Atom]) -> Block:
    def atoms(given: tuple[Atom, ...]) -> tuple[Atom, ...]:
        return tuple(known.get(one.index, one) if isinstance(one, Sym) else one for one in given)

    nodes: list[Node] = []
    for old in block.nodes:
        node = old.over(atoms(old.operands), old.blocks)
        value = _value(node)
        if value is not None:
            known[node.results[0].index] = value
            continue
        node = node.over(node.operands, tuple(_folded(one, known) for one in node.blocks))
        if node.primitive == "if" and isinstance(node.operands[0], Const):
            taken = node.blocks[0 if node.operands[0].value else 1]
            nodes += taken.nodes
            known.update((sym.index, atom) for sym, atom in zip(node.results, taken.results, strict=True))
        else:
            nodes.append(node)
    return Block(block.parameters, tuple(nodes), atoms(block.results))


def _value(node: Node) -> Const | None:
    """Return what a node over constants gives, where that is a number."""
    if len(node.results) != 1 or node.blocks or node.primitive in KEPT or node.primitive not in INTERPRETATIONS:
        return None
    type_ = node.results[0].type
    if not isinstance(type_, (Scalar, Array)) or (isinstance(type_, Array) and type_.dims):
        # An array would be one in every call: who is given it may write to it.
        return None
    values = [one.value for one in node.operands if isinstance(one, Const)]
    if len(values) < len(node.operands):
        return None
    try:
        with warnings.catch_warnings(), np.errstate(all="raise"):
            warnings.simplefilter("error")
            made = INTERPRETATIONS[node.primitive](*values, **dict(node.params))
            return Const(made, type_) if type_of(made) == type_ else None
    except Exception:  # noqa: BLE001 - whatever it raises, it shall raise where the program runs
        return None
