from __future__ import annotations

import pytest

from snek_core_transform.errors import UsageError
from snek_harness.catalogue import load_strategy
from snek_harness.expert import EXPERTS, expert_program, has_expert, load_expert, written_for
from snek_harness.plan import MODES, make_plan
from snek_strategies.registry import STRATEGIES
from snek_workloads import registry

WRITTEN = [(name, expert) for name in registry.names() for expert in written_for(registry.load(name), "forward")]


@pytest.mark.parametrize(("name", "expert"), WRITTEN)
def test_an_expert_that_a_workload_names_is_there(name: str, expert: str):
    workload = registry.load(name)
    assert has_expert(workload, f"expert/{expert}")
    assert load_strategy(f"expert/{expert}").name in EXPERTS
    assert expert_program(workload, f"expert/{expert}").__name__ == f"with_{expert}"


def test_every_workload_has_an_expert_and_one_with_gradients_where_it_is_differentiated():
    for name in registry.names():
        workload = registry.load(name)
        assert all(written_for(workload, mode) for mode in (MODES if workload.by else MODES[:1])), name


def test_experts_are_planned_where_they_are_asked_for_and_written():
    assert not [cell for cell in make_plan().cells if cell.strategy not in STRATEGIES]
    planned = [(cell.workload, cell.strategy.removeprefix("expert/")) for cell in make_plan((), ["^expert/"]).cells]
    assert sorted(planned) == sorted(WRITTEN)


def test_an_expert_without_gradients_is_planned_forward_only():
    modes = [cell.mode for mode in MODES for cell in make_plan(["adaptive_ode"], ["expert/cpp"], mode=mode).cells]
    assert modes == ["forward"]


def test_an_unknown_expert_lists_those_there_are():
    with pytest.raises(UsageError, match="unknown expert 'expert/apl'; one of .*expert/jax"):
        load_expert("expert/apl")
