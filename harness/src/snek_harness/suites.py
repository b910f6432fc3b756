"""Suites of cells: plans over several sizes and modes, for questions that one size does not answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from snek_harness.call_overhead import measure_calls_apart
from snek_harness.catalogue import load_workload, select_workloads
from snek_harness.expert import EXPERTS
from snek_harness.limits import host_limits
from snek_harness.plan import LEFT_OUT, MODES, Plan, make_plan
from snek_harness.record import Cell, SkipRecord
from snek_harness.specialisation import measure_specialisation
from snek_harness.training import WORKLOAD as TRAINED
from snek_harness.training import measure_training_apart
from snek_strategies.backends.registry import BACKENDS
from snek_strategies.registry import STRATEGIES

LANTERN_SIZES = ("small", "medium", "paper", "single")
"""The sizes of the suite `lantern`, where a workload has them."""

STAGING_STRATEGIES = (
    "eager/numpy",
    "eager/torch",
    "trace/",
    "torchscript/torch",
    "autograph/tensorflow",
    "numba/njit",
    "snek/",
    "expert/(?!cpp)",
)
"""The suite `staging`: Snek on other systems, and what those systems make of the same programs, or experts wrote."""


def lantern_plan(
    workloads: Sequence[str] = (),
    strategies: Sequence[str] = (),
    size: str | None = None,
    left_out: Mapping[str, frozenset[str]] = LEFT_OUT,
) -> Plan:
    """Plan every strategy and every expert on every workload, forward and with gradients, at one size or at all.

    Raises UsageError for a name or a size that does not exist.
    """
    strategies = strategies or [*STRATEGIES, *EXPERTS]
    cells: list[Cell] = []
    skipped: list[SkipRecord] = []
    for name in select_workloads(workloads):
        workload = load_workload(name)
        sizes = [one for one in LANTERN_SIZES if one in workload.sizes] if size is None else [size]
        for chosen in sizes:
            if not workloads and chosen not in workload.sizes:
                continue
            for mode in MODES if workload.by else MODES[:1]:
                plan = make_plan([name], strategies, chosen, "cpu", left_out, mode)
                cells += plan.cells
                skipped += plan.skipped
    return Plan(cells=tuple(cells), skipped=tuple(skipped))


def staging_plan(
    workloads: Sequence[str] = (),
    strategies: Sequence[str] = (),
    size: str | None = None,
    left_out: Mapping[str, frozenset[str]] = LEFT_OUT,
) -> Plan:
    """Plan Snek on every back-end beside its system and the experts of it: forward, at one size (else small).

    Raises UsageError for a name or a size that does not exist.
    """
    return make_plan(workloads, strategies or STAGING_STRATEGIES, size or "small", "cpu", left_out)


def _lantern_beside(plan: Plan) -> Mapping[str, Callable[[int], object]]:
    """Return how the host's limits and calls are measured, and steps of training where their workload is planned."""
    beside: dict[str, Callable[[int], object]] = {"limits": host_limits, "calls": measure_calls_apart}
    if any(cell.workload == TRAINED for cell in plan.cells):
        beside["training"] = measure_training_apart
    return beside


def _staging_beside(plan: Plan) -> Mapping[str, Callable[[int], object]]:
    """Return how calls, and specialisation on the back-ends of the plan, are measured."""
    strategies = {cell.strategy for cell in plan.cells}
    backends = tuple(name for name in BACKENDS if f"snek/{name}" in strategies)
    return {"calls": measure_calls_apart, "specialisation": partial(measure_specialisation, backends=backends)}


@dataclass(frozen=True)
class Suite:
    """One suite: its plan, what its runs measure beside their cells, and what it asks of their settings."""

    plan: Callable[[Sequence[str], Sequence[str], str | None, Mapping[str, frozenset[str]]], Plan]
    beside: Callable[[Plan], Mapping[str, Callable[[int], object]]]
    settings: Mapping[str, float] = field(default_factory=dict)


SUITES: Mapping[str, Suite] = {
    "lantern": Suite(lantern_plan, _lantern_beside),
    "staging": Suite(staging_plan, _staging_beside, {"stagings": 5}),
}
