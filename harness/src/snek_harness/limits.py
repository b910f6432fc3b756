"""What this host can do at most, for rooflines: its rate in matrix products, and how fast memory streams."""

from __future__ import annotations

from time import perf_counter_ns

import numpy as np
from threadpoolctl import threadpool_limits

from snek_harness.measure import Clock, sample

SIDE = 512
STREAMED = 1 << 26
"""Bytes of each array that is streamed, above the size of most caches."""
ROUNDS = 7


def host_limits(threads: int, clock: Clock = perf_counter_ns) -> dict[str, float]:
    """Return float32 operations a second in a square product, and bytes a second of a copy, read and written.

    Both are the best of some rounds: a limit is what the host can do while nothing disturbs it.
    """
    matrix = np.ones((SIDE, SIDE), np.float32)
    product = np.empty_like(matrix)
    source, copy = np.ones((2, STREAMED), np.uint8)
    with threadpool_limits(threads):
        products = min(sample(lambda: np.matmul(matrix, matrix, out=product), 4, clock) / 4 for _ in range(ROUNDS))
        copies = min(sample(lambda: np.copyto(copy, source), 1, clock) for _ in range(ROUNDS))
    return {"flops_per_second": 2 * SIDE**3 / products, "bytes_per_second": 2 * STREAMED / copies}
