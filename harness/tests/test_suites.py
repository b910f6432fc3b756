from __future__ import annotations

import itertools

import pytest

from snek_core_transform.errors import UsageError
from snek_harness.expert import EXPERTS, written_for
from snek_harness.limits import ROUNDS, SIDE, STREAMED, host_limits
from snek_harness.suites import LANTERN_SIZES, lantern_plan
from snek_strategies.registry import STRATEGIES
from snek_workloads import registry


def test_the_suite_has_every_workload_at_its_sizes_with_experts_and_with_gradients_where_there_are_any():
    plan = lantern_plan()
    planned = [*plan.cells, *(skip.cell for skip in plan.skipped)]
    assert {cell.strategy for cell in planned} == {*STRATEGIES, *EXPERTS}
    for name in registry.names():
        workload = registry.load(name)
        mine = [cell for cell in planned if cell.workload == name]
        assert {cell.size for cell in mine} == set(LANTERN_SIZES) & set(workload.sizes)
        assert {cell.mode for cell in mine} == ({"forward", "gradient"} if workload.by else {"forward"})
        for mode in {cell.mode for cell in mine}:
            experts = {c.strategy for c in mine if c.strategy in EXPERTS and c.mode == mode}
            assert experts == {f"expert/{e}" for e in written_for(workload, mode)}


def test_one_size_and_some_names_may_be_asked_for():
    plan = lantern_plan(["lstm"], ["snek/lantern"], "single")
    assert [(cell.size, cell.mode) for cell in plan.cells] == [("single", "forward"), ("single", "gradient")]
    with pytest.raises(UsageError, match="unknown size 'huge'"):
        lantern_plan(["lstm"], ["snek/lantern"], "huge")


def test_limits_are_the_best_rounds():
    # Each reading is a millisecond after the last, but the first round of each kind waits for a second.
    waits = itertools.chain([0, 10**9], [10**6] * (2 * ROUNDS - 2), [0, 10**9], [10**6] * (2 * ROUNDS - 2))
    now = itertools.accumulate(waits)
    limits = host_limits(1, lambda: next(now))
    assert limits["flops_per_second"] == pytest.approx(2 * SIDE**3 / (1e-3 / 4))
    assert limits["bytes_per_second"] == pytest.approx(2 * STREAMED / 1e-3)
