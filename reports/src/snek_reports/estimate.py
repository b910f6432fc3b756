"""Medians and ratios with bootstrap confidence intervals, from the raw samples of a comparable block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log, nan
from statistics import median

import numpy as np
import numpy.typing as npt

from snek_core_transform.errors import SnekError
from snek_harness.record import SampleRecord, StagingRecord

Timed = SampleRecord | StagingRecord
"""What a run has taken the time of, so many calls in so many seconds."""

CONFIDENCE = 0.95
RESAMPLES = 10_000
SEED = 20_180_427
"""Fixed, so that one run always gives one report."""
FEWEST_FOR_AN_INTERVAL = 3
_ROWS_AT_ONCE = 1_000_000
"""Bounds the memory of one bootstrap step to about this many numbers."""


class NotComparable(SnekError, ValueError):
    """Two sets of samples that no ratio can be formed of: other blocks, or no round in common."""


@dataclass(frozen=True)
class Estimate:
    """A median and its 95 % confidence interval; `low` and `high` are NaN where samples are too few for one."""

    value: float
    low: float
    high: float
    count: int


def estimate_median(values: Sequence[float]) -> Estimate:
    """Estimate the median of `values`, with a percentile bootstrap interval (Efron and Tibshirani 1993, ch. 13).

    >>> estimate_median([2.0, 1.0, 4.0])
    Estimate(value=2.0, low=1.0, high=4.0, count=3)
    """
    if not values:
        raise NotComparable("a median of no samples: []; measure the cell first")
    array = np.asarray(values, dtype=np.float64)
    middle = float(np.median(array))
    if len(array) < FEWEST_FOR_AN_INTERVAL:
        return Estimate(middle, nan, nan, len(array))
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(_resampled_medians(array), [tail, 1 - tail])
    return Estimate(middle, float(low), float(high), len(array))


def seconds_per_call(samples: Sequence[Timed]) -> Estimate:
    """Estimate the steady seconds of one call: the median over samples of seconds / calls."""
    return estimate_median([sample.seconds / sample.calls for sample in samples])


def median_seconds(samples: Sequence[Timed]) -> float:
    """Return the median steady seconds of one call, without an interval."""
    return median(sample.seconds / sample.calls for sample in samples)


def speedup(samples: Sequence[Timed], over: Sequence[Timed]) -> Estimate:
    """Estimate how many times faster `samples` are than `over`: the median of the ratios, round by round.

    Raises NotComparable unless all samples lie in one comparable block and share at least one round.
    """
    blocks = sorted({sample.block for sample in (*samples, *over)})
    if len(blocks) > 1:
        raise NotComparable(f"a ratio across comparable blocks: {', '.join(blocks)}; measure the cells in one block")
    slow = {sample.round: sample.seconds / sample.calls for sample in over}
    ratios = [slow[sample.round] / (sample.seconds / sample.calls) for sample in samples if sample.round in slow]
    if not ratios:
        raise NotComparable(f"no round in common in block {', '.join(blocks) or '(none)'}; measure the cells again")
    return estimate_median(ratios)


def geometric_mean(values: Sequence[float]) -> float:
    """Return the geometric mean of positive numbers, NaN of none.

    >>> round(geometric_mean([1.0, 4.0]), 12)
    2.0
    """
    return exp(sum(log(value) for value in values) / len(values)) if values else nan


def _resampled_medians(array: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    generator = np.random.default_rng(SEED)
    size = len(array)
    step = max(1, _ROWS_AT_ONCE // size)
    medians = [
        np.median(array[generator.integers(0, size, (min(step, RESAMPLES - start), size))], axis=1)
        for start in range(0, RESAMPLES, step)
    ]
    return np.concatenate(medians)
