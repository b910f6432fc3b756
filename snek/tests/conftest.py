"""Measuring for outcomes: everything that a run checks, and no more samples than that takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from snek_harness.plan import Plan, make_plan
from snek_harness.record import CellRecord, Mode
from snek_harness.run_folder import create_run
from snek_harness.scheduler import run
from snek_harness.settings import Settings
from snek_reports.report import write_report

Measured = Callable[..., tuple[Plan, list[CellRecord]]]


@pytest.fixture(scope="session")
def measured() -> Measured:
    """Give a function that runs strategies on all workloads at size tiny and reports them, as `snek bench` does.

    Time that `snek bench` spends on further samples, for narrower intervals, is left out.
    """

    def run_them(
        results: Path, strategies: Sequence[str] = (), mode: Mode = "forward"
    ) -> tuple[Plan, list[CellRecord]]:
        plan = make_plan((), strategies, "tiny", mode=mode)
        folder = create_run(results)
        records = run(plan, folder, settings=Settings(samples=5, steady_seconds=0.0, time_limit=300.0))
        assert write_report(folder.path).terminal
        return plan, [record for record in records if isinstance(record, CellRecord)]

    return run_them
