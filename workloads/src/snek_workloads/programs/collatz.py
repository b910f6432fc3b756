"""Collatz's sequence on an integer scalar: pure control flow, a `while` around an `if`, with nothing to hide behind."""

from __future__ import annotations

import numpy as np

from snek_workloads.workload import Arguments, Workload

SIZES = {
    "tiny": {"bits": 7, "candidates": 1},
    "small": {"bits": 40, "candidates": 4},
    "medium": {"bits": 50, "candidates": 256},
}


def collatz(xp, n):  # type: ignore[no-untyped-def]
    """Count the steps from `n` to 1, and keep the largest number on the way."""
    steps = 0 * n  # a counter of n's own dtype: a literal 0 is int32 in TensorFlow's loops
    peak = n
    while n != 1:
        if n % 2 == 0:  # noqa: SIM108 - an if statement is what this text is here to show
            n = n // 2
        else:
            n = 3 * n + 1
        peak = xp.maximum(peak, n)
        steps = steps + 1
    return steps, peak


def arguments(rng: np.random.Generator, size: str) -> Arguments:
    """Draw numbers of `bits` bits, and take the one with the longest way among those that stay within 64 bits."""
    s = SIZES[size]
    low, high = 1 << (s["bits"] - 1), 1 << s["bits"]
    best, longest = 2, 1
    for n in rng.integers(low, high, size=s["candidates"]).tolist():
        steps, peak = _walk(n)
        if peak < 1 << 62 and steps > longest:
            best, longest = n, steps
    return (np.int64(best),)


def _walk(n: int) -> tuple[int, int]:
    """Return steps and peak in Python's unbounded integers, halving runs of even numbers at once."""
    steps, peak = 0, n
    while n != 1:
        zeros = (n & -n).bit_length() - 1
        n >>= zeros
        steps += zeros
        if n != 1:
            n = 3 * n + 1
            steps += 1
            peak = max(peak, n)
    return steps, peak


def witness(n: np.int64) -> tuple[np.int64, np.int64]:
    """Walk in Python's unbounded integers, by another route."""
    steps, peak = _walk(int(n))
    return np.int64(steps), np.int64(peak)


def flops(n: np.int64) -> float:
    """Count a step's five integer operations: compare, remainder, the step itself, maximum, count."""
    return 5.0 * _walk(int(n))[0]


def bytes_moved(n: np.int64) -> float:
    """Count one number read and two written."""
    return 3.0 * n.nbytes


WORKLOAD = Workload(
    program=collatz,
    arguments=arguments,
    sizes=SIZES,
    witness=witness,
    flops=flops,
    bytes_moved=bytes_moved,
    # Integers are right or wrong.
    relative_tolerance=0.0,
    absolute_tolerance=0.0,
    why="control flow alone: what a loop trip and a branch cost in each system",
    experts={
        "cpp": "snek_workloads.experts.collatz:with_cpp",
        "numba": "snek_workloads.experts.collatz:with_numba",
        "jax": "snek_workloads.experts.collatz:with_jax",
    },
)
