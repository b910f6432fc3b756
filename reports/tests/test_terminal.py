from __future__ import annotations

from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console

from snek_harness.record import Cell
from snek_reports.report import ReportPaths, write_report
from snek_reports.run import read_run
from snek_reports.table import cell_table, fastest
from snek_reports.wording import duration


def printed(report: ReportPaths, width: int) -> str:
    console = Console(file=StringIO(), width=width)
    console.print(report.terminal)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_every_time_and_outcome_stands_in_the_table_at_any_width(whole_report: ReportPaths, width: int) -> None:
    text = printed(whole_report, width)
    assert max(map(len, text.splitlines())) <= width
    rows: dict[str, list[str]] = {}
    for line in text.splitlines():
        name, _, rest = line.partition(" ")
        if "/" in name:
            rows.setdefault(name, []).append(rest)
    njit = "  ".join(rows["numba/njit"]).split()
    assert " ".join(njit) == "45.5 µs 3.22 ms rejected 1.94 ms 7.14 µs not measured out of memory"


def test_the_best_strategy_of_each_workload_and_the_page_are_named(whole_report: ReportPaths, whole_run: Path) -> None:
    text = printed(whole_report, 300)
    table = cell_table(read_run(whole_run))
    for workload, cells in table.groupby("workload"):
        best = fastest(cells)
        assert best
        assert f"best for {workload}: {best.strategy} (" in text
        assert duration(best.seconds_per_call) in text
    assert f"report: {whole_report.page}" in text


def test_markup_and_control_characters_of_a_record_do_not_reach_the_terminal(
    recorded_run: SimpleNamespace, tmp_path: Path
) -> None:
    cell = Cell(workload="[red]x[/red]\x1b[2J", strategy="eager/numpy", size="[bold]")
    journal = [*recorded_run.samples(cell, "b", [1.0] * 3), recorded_run.ended(cell, "b")]
    text = printed(write_report(recorded_run.write_run(tmp_path / "run", journal)), 200)
    assert "\x1b" not in text
    assert "best for [red]x[/red]" in text
