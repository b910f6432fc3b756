"""Suites of cells: plans over several sizes and modes, for questions that one size does not answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from snek_harness.catalogue import load_workload, select_workloads
from snek_harness.expert import EXPERTS
from snek_harness.plan import LEFT_OUT, MODES, Plan, make_plan
from snek_harness.record import Cell, SkipRecord
from snek_strategies.registry import STRATEGIES

LANTERN_SIZES = ("small", "medium", "paper", "single")
"""The sizes of the suite `lantern`, where a workload has them."""


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
