"""The measurement of calls: every system that is there answers rightly and gets a time."""

from __future__ import annotations

import numpy as np
import pytest

from snek_harness import call_overhead
from snek_harness.call_overhead import Overhead, four_arrays, measure_calls, nothing, scalar
from snek_strategies.backends.registry import known

pytestmark = pytest.mark.skipif(known("lantern").missing() is not None, reason="Lantern cannot run here")


def test_every_system_gives_the_functions_own_answer() -> None:
    arrays = tuple(np.arange(8.0) + at for at in range(4))
    for function, args in ((nothing, (2.5,)), (scalar, (2.5,)), (four_arrays, arrays)):
        for name, run, given in call_overhead._compiled(function, args):
            assert np.allclose(run(*given), function(*args)), name  # type: ignore[arg-type]


def test_each_function_has_a_time_for_each_system() -> None:
    found = measure_calls(rounds=2, calls=3)
    assert [one.function for one in found] == ["nothing", "scalar", "four_arrays"]
    for one in found:
        assert {"interpret staged", "lantern", "lantern staged"} <= set(one.seconds)
        assert all(seconds > 0 for seconds in one.seconds.values())


def test_a_ratio_is_that_of_the_medians() -> None:
    assert Overhead("f", {"lantern": 3e-7, "numba": 2e-7}).ratio("lantern", "numba") == pytest.approx(1.5)


def test_calls_are_measured_in_a_process_of_their_own() -> None:
    found = call_overhead.measure_calls_apart(threads=1)
    assert set(found) == {"nothing", "scalar", "four_arrays"}
    assert all(0 < seconds < 1 for by_system in found.values() for seconds in by_system.values())
