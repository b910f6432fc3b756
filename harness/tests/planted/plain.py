"""A workload with one data-dependent loop, small enough for every fault."""

from __future__ import annotations

import math

import numpy as np

from snek_workloads.workload import Arguments, Workload


def plain(xp, x):  # type: ignore[no-untyped-def]
    while xp.sum(x) > 1:
        x = x * 0.5
    return x, 3


def arguments(rng: np.random.Generator, size: str) -> Arguments:
    return ((rng.random(4) * 2.0 ** rng.integers(1, 9)).astype(np.float32),)


def witness(x: np.ndarray) -> tuple[np.ndarray, int]:
    total = float(x.astype(np.float64).sum())
    return x * 0.5 ** max(0, math.ceil(math.log2(total))), 3


WORKLOAD = Workload(
    program=plain,
    arguments=arguments,
    sizes={"tiny": {}, "small": {}, "medium": {}},
    witness=witness,
    flops=lambda x: 8.0,
    bytes_moved=lambda x: 32.0,
    relative_tolerance=1e-6,
    absolute_tolerance=1e-6,
    why="a loop, to be got wrong",
)
