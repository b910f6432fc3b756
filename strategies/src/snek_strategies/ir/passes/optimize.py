"""What happens to every program before its back-end takes it: the passes, in order."""

from __future__ import annotations

from collections.abc import Callable

from snek_strategies.ir.passes.batch_trips import batch_trips
from snek_strategies.ir.passes.choose_once import choose_once
from snek_strategies.ir.passes.cut_loops import cut_loops
from snek_strategies.ir.passes.drop_dead import drop_dead
from snek_strategies.ir.passes.fold_constants import fold_constants
from snek_strategies.ir.passes.fuse_elementwise import fuse_elementwise
from snek_strategies.ir.passes.gather_products import gather_products
from snek_strategies.ir.passes.hoist_invariants import hoist_invariants
from snek_strategies.ir.passes.hoist_products import hoist_every_product, hoist_products, hoist_whole_products
from snek_strategies.ir.passes.merge_equal import merge_equal
from snek_strategies.ir.passes.merge_reads import merge_reads
from snek_strategies.ir.passes.repeat_masks import repeat_masks
from snek_strategies.ir.passes.share_loops import share_loops
from snek_strategies.ir.passes.simplify import simplify
from snek_strategies.ir.passes.square_powers import square_powers
from snek_strategies.ir.syntax import Program
from snek_strategies.ir.verify import checking, verify

PASSES: tuple[Callable[[Program], Program], ...] = (
    fold_constants,  # first: a branch that is known leaves less for the others
    simplify,
    merge_equal,
    hoist_invariants,  # after merging: what was computed in two places of a loop leaves it once
    drop_dead,  # last: what tracing has emitted and nothing needs, and what the others have left
)
"""For every back-end."""

LOOP_PASSES: tuple[Callable[[Program], Program], ...] = (
    fold_constants,  # the same again: fewer primitives are more nodes, and some of them follow from constants
    simplify,
    merge_equal,
    hoist_invariants,
    hoist_products,  # after invariants: a factor that is only transposed in the loop is outside it by then
    gather_products,  # before what is dead goes: products that are gathered are not computed alone any more
    square_powers,
    drop_dead,
    repeat_masks,  # late: merging would undo it
    cut_loops,  # after what is dead has gone: it might join elements; before fusing, so that regions are a piece's
    fuse_elementwise,  # last of those that change what is computed: no other looks into regions
    share_loops,  # after all that tells what a loop computes, so that no pass has to look through calls
)
"""For back-ends that write their own loops, after they have made the program's primitives fewer."""

ARRAY_PASSES: tuple[Callable[[Program], Program], ...] = (
    fold_constants,
    simplify,
    merge_equal,
    hoist_invariants,
    hoist_every_product,
    square_powers,
    drop_dead,
)
"""For back-ends whose system runs an operation on arrays after the other, before their checks are explicit."""

CHECKED_PASSES: tuple[Callable[[Program], Program], ...] = (merge_reads, hoist_invariants, drop_dead)
"""For the same after that: several operations may ask for the same, and their systems see no two equal ones."""

TRACED_PASSES: tuple[Callable[[Program], Program], ...] = (
    choose_once,
    batch_trips,  # before products are taken out of loops: over all trips they are one product anyway
    hoist_whole_products,
    square_powers,
    drop_dead,
)
"""For back-ends whose system traces a program's operations and compiles them, before their checks are explicit."""


def optimized(program: Program) -> Program:
    """Return the program after all passes for every back-end."""
    return _after(program, PASSES)


def looped(program: Program, *, cut: bool = True) -> Program:
    """Return the program after the passes for back-ends that write loops; without `cut`, no loop is cut into pieces."""
    return _after(program, tuple(one for one in LOOP_PASSES if cut or one is not cut_loops))


def arrayed(program: Program) -> Program:
    """Return the program after the passes for back-ends that run operations on arrays one after the other."""
    return _after(program, ARRAY_PASSES)


def after_checks(program: Program) -> Program:
    """Return the program of such a back-end after the passes that follow on its checks."""
    return _after(program, CHECKED_PASSES)


def traced(program: Program) -> Program:
    """Return the program after the passes for back-ends whose system traces and compiles."""
    return _after(program, TRACED_PASSES)


def _after(program: Program, passes: tuple[Callable[[Program], Program], ...]) -> Program:
    """Return the program after these passes; each is verified where borders are checked."""
    for one in passes:
        program = one(program)
        if checking():
            verify(program)
    return program
