"""Time a callable: calibrate, warm up, sample. The clock is an argument, so that tests bring their own."""

from __future__ import annotations

import gc
import itertools
import math
from collections.abc import Callable
from time import perf_counter_ns

Clock = Callable[[], int]
"""Nanoseconds of a clock that never goes back."""

MOST_CALLS = 1_000_000
MUCH = 3
"""How many times as long as foretold a sample may take that is believed."""


def sample(call: Callable[[], object], calls: int, clock: Clock = perf_counter_ns) -> float:
    """Return the seconds that `calls` calls in a row take, with the cycle collector off."""
    repeat = itertools.repeat(None, calls)
    collecting = gc.isenabled()
    gc.disable()
    try:
        begin = clock()
        for _ in repeat:
            call()
        end = clock()
    finally:
        if collecting:
            gc.enable()
    # A clock may not have ticked during a very short sample; a sample is never nothing.
    return max(end - begin, 1) / 1e9


def calibrate(call: Callable[[], object], min_seconds: float, clock: Clock = perf_counter_ns) -> int:
    """Return how many calls make a sample last `min_seconds`: one where one call does. Calling warms up as well.

    A sample that takes much longer than the one before foretold is taken again: one of its calls may have compiled.
    """
    calls, foretold = 1, math.inf
    while True:
        seconds = sample(call, calls, clock)
        is_odd = seconds > MUCH * calls * foretold
        foretold = seconds / calls
        if is_odd:
            continue
        if seconds >= min_seconds or calls >= MOST_CALLS:
            return calls
        # Short samples are dominated by noise: approach the goal in steps of at most ten.
        wanted = math.ceil(calls * min_seconds / seconds)
        calls = min(max(wanted, calls + 1), calls * 10, MOST_CALLS)
