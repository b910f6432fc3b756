"""Move loop invariants out: what has no effect and depends on nothing of a loop is computed before it.

>>> from snek_strategies.ir.show import show
>>> from snek_strategies.ir.passes.examples import looping
>>> print(show(looping()))
program looping(%0: float64[3], %1: float64[]) {
  %9: float64[] = while (%1) test (%2: float64[]) {
    %3: bool[] = less %2, 9.0
    %4: bool = bool %3
    yield %4
  } body (%5: float64[]) {
    %6: float64[3] = exp %0
    %7: float64[] = sum[axis=(0,)] %6
    %8: float64[] = add %5, %7
    yield %8
  }
  return %9
}
<BLANKLINE>
>>> print(show(hoist_invariants(looping())))
program looping(%0: float64[3], %1: float64[]) {
  %2: float64[3] = exp %0
  %3: float64[] = sum[axis=(0,)] %2
  %9: float64[] = while (%1) test (%4: float64[]) {
    %5: bool[] = less %4, 9.0
    %6: bool = bool %5
    yield %6
  } body (%7: float64[]) {
    %8: float64[] = add %7, %3
    yield %8
  }
  return %9
}
<BLANKLINE>
"""

from __future__ import annotations

from dataclasses import replace

from snek_core_transform.deep import in_deep_stack
from snek_strategies.ir.interpretations import FUNCTIONS, OPERATORS, REDUCTIONS
from snek_strategies.ir.syntax import Block, Node, Program, Sym
from snek_strategies.ir.types import Array, Fn, Tape

FRESH = (frozenset(OPERATORS) | frozenset(FUNCTIONS) | frozenset(REDUCTIONS)) | {
    "where", "astype", "copy", "matmul", "concatenate", "stack", "cumsum", "cumprod", "sort", "argsort",
}  # fmt: skip
"""Primitives whose result shares no memory with an operand."""


def hoist_invariants(program: Program) -> Program:
    """Return the program with what its loops compute anew in every trip computed once.

    A loop that is not entered would not have computed it; it costs time then, and has no effect.
    """
    return Program(program.name, in_deep_stack(lambda: _hoisted(program.body, _escaping(program.body))))


def _escaping(block: Block) -> set[int]:
    """Return the names whose arrays may be what a block yields, an operand of a call or memory that others share.

    An array made anew in each trip stays that: the program's caller may be given two of them, and write to one.
    """
    found: set[int] = set()
    _escape(block, found)
    return found


def _escape(block: Block, found: set[int]) -> None:
    found.update(atom.index for atom in block.results if isinstance(atom, Sym))
    for node in reversed(block.nodes):
        for inner in node.blocks:
            _escape(inner, found)
        shared = node.primitive not in FRESH and any(sym.index in found for sym in node.results)
        if shared or node.primitive in ("call", "while", "tape_push", "leave"):
            found.update(atom.index for atom in node.operands if isinstance(atom, Sym))


def _hoisted(block: Block, escaping: set[int]) -> Block:
    nodes: list[Node] = []
    for node in block.nodes:
        inner = replace(node, blocks=tuple(_hoisted(one, escaping) for one in node.blocks)) if node.blocks else node
        if node.primitive == "while":
            before, inner = _split(inner, escaping)
            nodes += before
        nodes.append(inner)
    return Block(block.parameters, tuple(nodes), block.results)


def _split(loop: Node, escaping: set[int]) -> tuple[list[Node], Node]:
    """Return the nodes that leave a loop, and the loop without them."""
    before: list[Node] = []
    blocks = []
    for block in loop.blocks:
        bound = {sym.index for sym in block.parameters}
        kept: list[Node] = []
        for node in block.nodes:
            reads = {atom.index for atom in node.operands if isinstance(atom, Sym)}
            if _may_leave(node, escaping) and not reads & bound:
                before.append(node)
            else:
                kept.append(node)
                bound.update(sym.index for sym in node.results)
        blocks.append(Block(block.parameters, tuple(kept), block.results))
    return before, replace(loop, blocks=tuple(blocks))


def _may_leave(node: Node, escaping: set[int]) -> bool:
    if node.effects or node.blocks or not node.results or node.primitive == "call":
        return False
    types = [sym.type for sym in node.results]
    if any(isinstance(one, Fn | Tape) for one in types):
        return False
    arrays = any(isinstance(one, Array) and one.dims for one in types)
    return not arrays or not any(sym.index in escaping for sym in node.results)
