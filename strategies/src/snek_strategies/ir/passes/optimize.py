"""What happens to every program before its back-end takes it: the passes, in order."""

from __future__ import annotations

from collections.abc import Callable

from snek_strategies.ir.passes.drop_dead import drop_dead
from snek_strategies.ir.passes.merge_equal import merge_equal
from snek_strategies.ir.syntax import Program
from snek_strategies.ir.verify import checking, verify

PASSES: tuple[Callable[[Program], Program], ...] = (
    merge_equal,
    drop_dead,  # last: merging leaves nothing dead, but what tracing has emitted and gradients do not need is
)


def optimized(program: Program) -> Program:
    """Return the program after all passes; each is verified where borders are checked."""
    for one in PASSES:
        program = one(program)
        if checking():
            verify(program)
    return program
