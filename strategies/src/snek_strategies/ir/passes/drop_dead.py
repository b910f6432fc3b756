"""Drop dead code: nodes without effects whose results nothing uses, functions that nothing calls.

>>> from snek_strategies.ir.show import show
>>> from snek_strategies.ir.passes.examples import unused
>>> print(show(unused()))
program unused(%0: float64[3], %1: int64[]) {
  %2: float64[3] = exp %0
  %3: float64[] = getitem[index=(_,)] %0, %1
  %4: float64[3] = sin %0
  return %4
}
<BLANKLINE>
>>> print(show(drop_dead(unused())))
program unused(%0: float64[3], %1: int64[]) {
  %2: float64[] = getitem[index=(_,)] %0, %1
  %3: float64[3] = sin %0
  return %3
}
<BLANKLINE>
"""

from __future__ import annotations

from dataclasses import replace

from snek_core_transform.deep import in_deep_stack
from snek_strategies.ir.syntax import Atom, Block, Node, Program, Sym


def drop_dead(program: Program) -> Program:
    """Return the program without what has neither effect nor use; what may raise stays."""
    return Program(program.name, in_deep_stack(lambda: live_block(program.body, set())))


def live_block(block: Block, used: set[int]) -> Block:
    """Return the block without its dead nodes; `used` takes in every name that the rest uses."""

    def use(atoms: tuple[Atom, ...]) -> None:
        used.update(atom.index for atom in atoms if isinstance(atom, Sym))

    use(block.results)
    kept: list[Node] = []
    for node in reversed(block.nodes):
        if not node.effects and not any(sym.index in used for sym in node.results):
            continue
        use(node.operands)
        kept.append(replace(node, blocks=tuple(live_block(one, used) for one in node.blocks)) if node.blocks else node)
    return Block(block.parameters, tuple(reversed(kept)), block.results)
