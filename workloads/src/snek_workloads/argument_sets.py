"""Argument sets to check a strategy on: they take both sides of every choice, by ways that differ."""

from __future__ import annotations

import itertools

import numpy as np

from snek_workloads.branch_trace import Decision, branch_trace, untaken
from snek_workloads.workload import Arguments, Workload

TRIES_PER_SET = 20


def as_float64(arguments: Arguments) -> Arguments:
    """Return the arguments with float32 arrays and scalars widened to float64; everything else is as it was."""
    return tuple(
        np.float64(value)
        if isinstance(value, np.float32)
        else value.astype(np.float64)
        if isinstance(value, np.ndarray) and value.dtype == np.float32
        else value
        for value in arguments
    )


def oracle(workload: Workload, arguments: Arguments) -> object:
    """Answer with the workload's own text, untransformed, on NumPy in float64."""
    return workload.program(np, *as_float64(arguments))


def argument_sets(workload: Workload, size: str, seed: int, count: int = 3) -> list[Arguments]:
    """Draw `count` argument sets that, together, take both sides of every choice in the program's text.

    Only sets that go the same way in float32 and in float64 are used. No two sets go the same way, unless the way does
    not depend on the data at all. The shortest way comes first: a strategy that stages the first set's way and reuses
    it for others then stops too early, and is seen; had it started from the longest, masks and fixpoints would hide it.

    One set alone need not take both sides, which some programs cannot do in one run: it is an example, not a check.

    Raises ValueError where no such sets are found within 20 tries a set.
    """
    if size not in workload.sizes:
        raise ValueError(f"workload {workload.name!r} has no size {size!r}; one of {', '.join(workload.sizes)}")
    if count < 1:
        raise ValueError(f"count must be at least 1: {count}")
    pool: dict[tuple[Decision, ...], Arguments] = {}
    twins: list[Arguments] = []
    for index in range(TRIES_PER_SET * count):
        candidate = workload.arguments(np.random.default_rng([seed, index]), size)
        trace = branch_trace(workload.program, np, *candidate)
        if trace != branch_trace(workload.program, np, *as_float64(candidate)):
            continue
        if count == 1:
            return [candidate]
        if trace in pool:
            twins.append(candidate)
            if len(pool) == 1 and len(twins) >= 2 * count - 1 and not untaken(workload.program, pool):
                return [*pool.values(), *twins][:count]
            continue
        for others in itertools.combinations(pool, count - 1):
            if not untaken(workload.program, (*others, trace)):
                pool[trace] = candidate
                return [pool[way] for way in sorted((*others, trace), key=len)]
        pool[trace] = candidate
    missed = sorted(untaken(workload.program, pool))
    raise ValueError(
        f"no {count} argument sets of {workload.name!r} at size {size!r}, seed {seed}, take both sides of every choice"
        f" by different ways: {len(pool)} ways were drawn, without {missed or 'any that complete each other'};"
        " widen what its `arguments` draws"
    )
