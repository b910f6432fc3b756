"""Merge equal computations of numbers: what a block or one around it has computed is not computed again.

>>> from snek_strategies.ir.show import show
>>> from snek_strategies.ir.passes.examples import repeated
>>> print(show(repeated()))
program repeated(%0: float64[], %1: bool) {
  %2: float64[] = exp %0
  %4: float64[] = if %1 {
    %3: float64[] = exp %0
    yield %3
  } else {
    yield %0
  }
  %5: float64[] = multiply %2, %4
  return %5
}
<BLANKLINE>
>>> print(show(merge_equal(repeated())))
program repeated(%0: float64[], %1: bool) {
  %2: float64[] = exp %0
  %3: float64[] = if %1 {
    yield %2
  } else {
    yield %0
  }
  %4: float64[] = multiply %2, %3
  return %4
}
<BLANKLINE>
"""

from __future__ import annotations

from collections.abc import Hashable, Set

from snek_core_transform.deep import in_deep_stack
from snek_strategies.ir.syntax import Atom, Block, Node, Program, Sym
from snek_strategies.ir.types import Array, Scalar


def merge_equal(program: Program) -> Program:
    """Return the program with each number computed once where nodes without effects agree.

    Arrays of rank 1 and more stay apart: who is given two of them may write to one.
    """
    return merged(program, None)


def merged(program: Program, kept: Set[int] | None) -> Program:
    """Return the program with equal numbers merged, and where arrays to be `kept` are named, all other equal arrays."""
    return Program(program.name, in_deep_stack(lambda: _merged(program.body, {}, {}, kept)))


def _merged(block: Block, known: dict[Hashable, Sym], names: dict[int, Sym], kept: Set[int] | None) -> Block:
    def atoms(given: tuple[Atom, ...]) -> tuple[Atom, ...]:
        return tuple(names.get(one.index, one) if isinstance(one, Sym) else one for one in given)

    nodes: list[Node] = []
    added: list[Hashable] = []
    for old in block.nodes:
        # What a function has around it is captured when it is defined: in it, only its own.
        inside = {} if old.primitive == "function" else known
        node = old.over(atoms(old.operands), tuple(_merged(one, inside, names, kept) for one in old.blocks))
        key = _key(node, kept is not None)
        if key is not None and key in known and (kept is None or node.results[0].index not in kept):
            names[node.results[0].index] = known[key]
            continue
        if key is not None and key not in known:
            known[key] = node.results[0]
            added.append(key)
        nodes.append(node)
    results = atoms(block.results)
    for key in added:
        del known[key]
    return Block(block.parameters, tuple(nodes), results)


def _key(node: Node, arrays: bool) -> Hashable:
    """Return what equal computations have in common, or None for what is not merged."""
    if node.effects or node.blocks or len(node.results) != 1 or node.primitive == "call":
        return None
    type_ = node.results[0].type
    if not (isinstance(type_, Scalar) or (isinstance(type_, Array) and (arrays or not type_.dims))):
        return None
    operands = []
    for one in node.operands:
        if isinstance(one, Sym):
            operands.append(("name", one.index))
        elif isinstance(one.type, Array) and one.type.dims:
            return None
        else:
            operands.append((str(one.type), repr(one.value)))  # type: ignore[arg-type]
    return (node.primitive, tuple(operands), repr(node.params), type_)
