"""The table of stagings: ratios by rounds, over the rival that staged the same program, and only of what was right."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from snek_harness.record import Cell
from snek_reports.report import ReportPaths, write_report
from snek_reports.run import read_run
from snek_reports.table import cell_table, each


def cell(strategy: str) -> Cell:
    return Cell(workload="lstm", strategy=strategy, size="tiny")


def test_staging_is_compared_round_by_round_with_what_traced_the_program(
    recorded_run: SimpleNamespace, tmp_path: Path
) -> None:
    ours, theirs, experts = cell("snek/jax"), cell("trace/jax"), cell("expert/jax")
    times = {ours: [4e-3] * 3, theirs: [3e-3] * 3, experts: [2e-3] * 3}
    journal = recorded_run.measured("b", times)
    staged = {ours: [1.0, 10.0, 100.0], theirs: [2.0, 20.0, 200.0], experts: [5.0, 50.0, 500.0]}
    journal += recorded_run.stagings("b", staged)
    table = {row.strategy: row for row in each(cell_table(read_run(recorded_run.write_run(tmp_path / "r", journal))))}
    assert table["snek/jax"].staging_seconds == 10.0
    assert (table["snek/jax"].staging_speedup, table["snek/jax"].staging_rival) == (2.0, "trace/jax")
    # By hand the fastest counts.
    assert (table["snek/jax"].hand_speedup, table["snek/jax"].by_hand) == (0.5, "expert/jax")
    assert table["trace/jax"].staging_seconds == 20.0
    assert table["trace/jax"].staging_rival == table["trace/jax"].by_hand == ""


def test_an_expert_is_held_against_where_the_text_was_rejected(recorded_run: SimpleNamespace, tmp_path: Path) -> None:
    ours, theirs, experts = cell("snek/jax"), cell("trace/jax"), cell("expert/jax")
    journal = recorded_run.measured("b", {ours: [1e-3] * 3, experts: [1e-3] * 3})
    journal += recorded_run.stagings("b", {ours: [4.0] * 3, theirs: [2.0] * 3, experts: [4.0] * 3})
    journal += [recorded_run.ended(theirs, "b", "wrong", "after timing")]
    table = {row.strategy: row for row in each(cell_table(read_run(recorded_run.write_run(tmp_path / "r", journal))))}
    assert (table["snek/jax"].staging_speedup, table["snek/jax"].staging_rival) == (1.0, "expert/jax")
    assert table["trace/jax"].stagings == 0


def test_an_interrupted_blocks_stagings_do_not_count(recorded_run: SimpleNamespace, tmp_path: Path) -> None:
    ours = cell("snek/jax")
    journal = [*recorded_run.stagings("b#1", {ours: [9.0] * 3}), *recorded_run.measured("b#2", {ours: [1e-3] * 3})]
    journal += recorded_run.stagings("b#2", {ours: [1.0] * 3})
    (row,) = each(cell_table(read_run(recorded_run.write_run(tmp_path / "r", journal))))
    assert (row.stagings, row.staging_seconds) == (3, 1.0)


def test_the_table_shows_staging_and_specialisation_and_calls(whole_report: ReportPaths) -> None:
    text = (whole_report.folder / "staging.md").read_text()
    assert "## snek/interpret" in text
    assert "| power | lantern | 100 ns | 300 ns | 3.00×" in text
    refused = next(line for line in text.splitlines() if line.startswith("| power | jax | 10.0 µs |"))
    assert refused.endswith("|  |")
    assert "<script>" not in text
    assert "## A call of a compiled program" in text
    assert "staging, over tracing: geometric mean" in text


def test_a_run_without_stagings_has_no_such_table(recorded_run: SimpleNamespace, tmp_path: Path) -> None:
    folder = recorded_run.write_run(tmp_path / "r", recorded_run.measured("b", {cell("snek/jax"): [1e-3] * 3}))
    paths = write_report(folder)
    assert not (paths.folder / "staging.md").exists()
    assert not list(paths.folder.glob("staging_*"))


@pytest.mark.parametrize("strategy", ["snek/numba", "snek/torchscript"])
def test_other_backends_are_held_against_autograph(
    recorded_run: SimpleNamespace, tmp_path: Path, strategy: str
) -> None:
    ours, theirs = cell(strategy), cell("autograph/tensorflow")
    journal = recorded_run.measured("b", {ours: [1e-3] * 3, theirs: [1e-3] * 3})
    journal += recorded_run.stagings("b", {ours: [1.0] * 3, theirs: [4.0] * 3})
    table = {row.strategy: row for row in each(cell_table(read_run(recorded_run.write_run(tmp_path / "r", journal))))}
    assert (table[strategy].staging_speedup, table[strategy].staging_rival) == (4.0, "autograph/tensorflow")
