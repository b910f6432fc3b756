"""A strategy's callable over a framework's own arrays: one staging serves the example and every call like it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from snek_strategies.registry import load

jax = pytest.importorskip("jax")


def scaled(x, by):  # type: ignore[no-untyped-def]
    if x.sum() > 0:
        x = x + 1
    return x * by


def test_the_example_and_later_calls_are_one_staging() -> None:
    strategy = load("snek/jax")
    example = np.arange(3.0)
    staged = strategy.stage(scaled, (example, 2))
    run = staged.compile()
    for values in (example, -example, example + 4):
        answer = strategy.to_host(run(strategy.from_host(values), 2))
        np.testing.assert_array_equal(answer, scaled(values, 2))  # type: ignore[arg-type]
    assert staged.counters()["stagings"] == 1


def test_other_shapes_dtypes_and_static_values_are_other_stagings() -> None:
    strategy = load("snek/jax")
    staged = strategy.stage(scaled, (np.arange(3.0), 2))
    run = staged.compile()
    calls = [(np.arange(4.0), 2), (np.arange(3), 2), (np.arange(3.0), 2.0), (np.arange(3.0), True)]
    for number, (values, by) in enumerate(calls, 2):
        answer = strategy.to_host(run(strategy.from_host(values), by))
        np.testing.assert_array_equal(answer, scaled(values, by))  # type: ignore[arg-type]
        assert staged.counters()["stagings"] == number


def test_zeros_of_both_signs_are_two_static_values() -> None:
    strategy = load("snek/jax")
    run = strategy.stage(scaled, (np.ones(1), 0.0)).compile()
    signs = [math.copysign(1.0, float(np.asarray(run(strategy.from_host(np.ones(1)), by))[0])) for by in (0.0, -0.0)]
    assert signs == [1.0, -1.0]
