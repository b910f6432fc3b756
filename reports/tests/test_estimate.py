from __future__ import annotations

from math import isnan

import numpy as np
import pytest
import scipy.stats

from snek_harness.record import Cell, SampleRecord
from snek_reports.estimate import NotComparable, estimate_median, geometric_mean, seconds_per_call, speedup


def samples(seconds: dict[int, float], block: str = "b#1", calls: int = 1) -> list[SampleRecord]:
    cell = Cell(workload="power", strategy="eager/numpy", size="tiny")
    return [
        SampleRecord(cell=cell, block=block, round=number, turn=0, calls=calls, seconds=one * calls)
        for number, one in seconds.items()
    ]


def test_seconds_are_of_one_call() -> None:
    estimate = seconds_per_call(samples({0: 1.0, 1: 2.0, 2: 4.0}, calls=5))
    assert (estimate.value, estimate.low, estimate.high, estimate.count) == (2.0, 1.0, 4.0, 3)


def test_a_ratio_is_the_median_of_the_ratios_of_each_round_and_not_the_ratio_of_medians() -> None:
    slow = samples({0: 8.0, 1: 2.0, 2: 30.0})
    fast = samples({0: 1.0, 1: 2.0, 2: 10.0})
    # Rounds: 8, 1, 3. Medians alone would say 8 / 2 = 4.
    estimate = speedup(fast, over=slow)
    assert (estimate.value, estimate.low, estimate.high) == (3.0, 1.0, 8.0)


def test_only_rounds_that_both_have_are_paired() -> None:
    estimate = speedup(samples({1: 1.0, 2: 1.0, 3: 1.0}), over=samples({0: 100.0, 1: 2.0, 2: 4.0}))
    assert (estimate.value, estimate.count) == (3.0, 2)


def test_too_few_rounds_give_no_interval() -> None:
    estimate = speedup(samples({0: 1.0, 1: 1.0}), over=samples({0: 2.0, 1: 2.0}))
    assert estimate.value == 2.0
    assert isnan(estimate.low)
    assert isnan(estimate.high)


def test_a_drift_of_the_host_cancels_in_a_ratio() -> None:
    drift = {number: 1.0 + number for number in range(10)}
    estimate = speedup(samples(drift), over=samples({number: 3 * one for number, one in drift.items()}))
    assert (estimate.value, estimate.low, estimate.high) == (3.0, 3.0, 3.0)


def test_a_ratio_across_blocks_is_refused() -> None:
    with pytest.raises(NotComparable, match="across comparable blocks: a#1, b#1"):
        speedup(samples({0: 1.0}, "a#1"), over=samples({0: 1.0}, "b#1"))


def test_a_ratio_without_a_common_round_is_refused() -> None:
    with pytest.raises(NotComparable, match="no round in common"):
        speedup(samples({0: 1.0}), over=samples({1: 1.0}))


def test_the_interval_is_that_of_scipy() -> None:
    values = np.random.default_rng(5).lognormal(0, 0.3, 25)
    theirs = scipy.stats.bootstrap((values,), np.median, method="percentile", n_resamples=20_000).confidence_interval
    ours = estimate_median(list(values))
    assert ours.low == pytest.approx(theirs.low, rel=0.03)
    assert ours.high == pytest.approx(theirs.high, rel=0.03)


def test_the_interval_covers_the_true_median_about_as_often_as_it_says() -> None:
    generator = np.random.default_rng(11)
    runs = [estimate_median(list(generator.normal(1.0, 0.1, 15))) for _ in range(150)]
    covered = sum(run.low <= 1.0 <= run.high for run in runs) / len(runs)
    assert 0.88 <= covered <= 0.995


def test_one_run_always_gives_one_interval() -> None:
    values = list(np.random.default_rng(1).random(12))
    assert estimate_median(values) == estimate_median(values)


def test_many_samples_are_resampled_in_parts_of_bounded_memory() -> None:
    values = [1.0, 2.0, 3.0] * 5_000
    estimate = estimate_median(values)
    assert (estimate.low, estimate.value, estimate.high) == (2.0, 2.0, 2.0)


def test_the_geometric_mean_of_nothing_is_no_number() -> None:
    assert isnan(geometric_mean([]))
    assert geometric_mean([0.5, 2.0]) == pytest.approx(1.0)
