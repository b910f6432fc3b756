from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from snek_core_transform.errors import UsageError
from snek_harness.gradients import gradient_oracle, gradient_tolerance, missed_slope
from snek_harness.plan import make_plan
from snek_workloads import registry

POWER = registry.load("power")
ARGUMENTS = (np.array([0.5, -1.25, 1.5], np.float32), 5)


def test_the_oracle_is_the_derivative_in_float64():
    value, (slope,) = gradient_oracle(POWER, ARGUMENTS)  # type: ignore[misc]
    assert slope.dtype == np.float64
    np.testing.assert_allclose(slope, 5 * ARGUMENTS[0].astype(np.float64) ** 4 / 3, rtol=1e-14)
    assert float(value) == pytest.approx(np.mean(ARGUMENTS[0].astype(np.float64) ** 5))


def test_finite_differences_agree_with_a_right_gradient_and_name_the_argument_of_a_wrong_one():
    value, (slope,) = gradient_oracle(POWER, ARGUMENTS)  # type: ignore[misc]
    assert missed_slope(POWER, ARGUMENTS, (value, (slope,)), seed=0) == ""
    assert "by b:" in missed_slope(POWER, ARGUMENTS, (value, (1.001 * slope,)), seed=0)


def test_a_jump_of_the_objective_near_the_arguments_is_no_slope():
    near = ARGUMENTS[0].astype(np.float64)

    def jumping(xp, b, n):
        return xp.mean(b**n) + 0.01 * xp.sum(b > near + 2e-7)

    jumps = dataclasses.replace(POWER, objective=jumping)
    value, (slope,) = gradient_oracle(POWER, ARGUMENTS)  # type: ignore[misc]
    assert missed_slope(jumps, ARGUMENTS, (value, (slope,)), seed=0) == ""
    assert "by b:" in missed_slope(jumps, ARGUMENTS, (value, (1.001 * slope,)), seed=0)


def test_the_tolerance_follows_the_smallest_of_the_gradients():
    tolerance = gradient_tolerance(POWER, [(0.0, (np.array([1.0, -50.0]), np.array([0.5, 0.25])))])
    assert tolerance.absolute == pytest.approx(2e-4 * 0.5)


def test_gradients_are_planned_for_workloads_with_an_objective_only():
    plan = make_plan((), ["snek/interpret"], mode="gradient")
    assert {cell.mode for cell in plan.cells} == {"gradient"}
    assert {cell.workload for cell in plan.cells} == {name for name in registry.names() if registry.load(name).by}
    with pytest.raises(UsageError, match="no objective"):
        make_plan(["collatz"], ["snek/interpret"], mode="gradient")
