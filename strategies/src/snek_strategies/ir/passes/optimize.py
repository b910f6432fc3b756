"""What happens to every program before its back-end takes it: the passes, in order."""

from __future__ import annotations

from collections.abc import Callable

from snek_strategies.ir.passes.drop_dead import drop_dead
from snek_strategies.ir.passes.fuse_elementwise import fuse_elementwise
from snek_strategies.ir.passes.merge_equal import merge_equal
from snek_strategies.ir.syntax import Program
from snek_strategies.ir.verify import checking, verify

PASSES: tuple[Callable[[Program], Program], ...] = (
    merge_equal,
    drop_dead,  # last: merging leaves nothing dead, but what tracing has emitted and gradients do not need is
)

LOOP_PASSES: tuple[Callable[[Program], Program], ...] = (
    fuse_elementwise,  # alone: regions are what a back-end writes, and no other pass looks into them
)
"""For back-ends that write their own loops, after they have made the program's primitives fewer."""


def optimized(program: Program) -> Program:
    """Return the program after all passes for every back-end."""
    return _after(program, PASSES)


def looped(program: Program) -> Program:
    """Return the program after the passes for back-ends that write loops."""
    return _after(program, LOOP_PASSES)


def _after(program: Program, passes: tuple[Callable[[Program], Program], ...]) -> Program:
    """Return the program after these passes; each is verified where borders are checked."""
    for one in passes:
        program = one(program)
        if checking():
            verify(program)
    return program
