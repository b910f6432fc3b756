from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from snek_harness.record import Cell
from snek_reports.report import ReportPaths, write_report
from snek_reports.run import read_run
from snek_reports.table import COLUMNS, NUMBERS, cell_table, each
from snek_reports.tables import VIEW


def markdown_rows(text: str) -> list[dict[str, str]]:
    lines = [line for line in text.split("\n\n")[0].splitlines() if line.startswith("|")]
    cells = [[field.strip().replace("\\", "") for field in line.replace("\\|", "¦")[1:-1].split("|")] for line in lines]
    return [dict(zip(cells[0], row, strict=True)) for row in cells[2:]]


def test_the_csv_reads_back_to_the_numbers(whole_report: ReportPaths, whole_run: Path) -> None:
    table = cell_table(read_run(whole_run))
    back = pd.read_csv(whole_report.csv, keep_default_na=False, na_values={name: [""] for name in NUMBERS})
    assert list(back.columns) == COLUMNS
    assert len(back) == len(table)
    for name in NUMBERS:
        np.testing.assert_allclose(back[name].astype(float), table[name].astype(float), rtol=1e-12)
    assert list(back["outcome"]) == list(table["outcome"])


def test_the_markdown_reads_back_to_the_numbers(whole_report: ReportPaths, whole_run: Path) -> None:
    table = cell_table(read_run(whole_run))
    back = markdown_rows(whole_report.markdown.read_text())
    assert len(back) == len(table)
    units = {"s": 1.0, "ms": 1e-3, "µs": 1e-6, "ns": 1e-9}
    for row, cell in zip(back, each(table), strict=True):
        assert (row["workload"], row["strategy"]) == (cell.workload, cell.strategy)
        assert row["outcome"].replace(" ", "_") == cell.outcome.replace(" ", "_")
        if cell.samples:
            number, unit = row["time a call"].split()
            assert float(number) * units[unit] == pytest.approx(cell.seconds_per_call, rel=6e-3)
            ratio = row["over as written"].split("×")[0]
            assert float(ratio) == pytest.approx(cell.speedup, rel=6e-3)
        else:
            assert row["time a call"] == row["over as written"] == ""


def test_hostile_text_stays_in_its_field(whole_report: ReportPaths) -> None:
    markdown = whole_report.markdown.read_text()
    assert "<script>" not in markdown
    assert "\x1b" not in markdown
    assert all(set(row) == set(VIEW) for row in markdown_rows(markdown))
    assert "\x1b" not in whole_report.csv.read_text()


def test_a_spreadsheet_runs_no_formula_of_a_record(recorded_run: SimpleNamespace, tmp_path: Path) -> None:
    cell = Cell(workload="power", strategy="numba/njit", size="tiny")
    journal = [recorded_run.ended(cell, "b", "rejected", "=HYPERLINK(1)")]
    paths = write_report(recorded_run.write_run(tmp_path / "run", journal))
    assert pd.read_csv(paths.csv)["reason"][0] == "'=HYPERLINK(1)"


def test_never_is_infinite_in_the_csv_and_a_word_in_the_markdown(whole_report: ReportPaths) -> None:
    back = pd.read_csv(whole_report.csv)
    never = back[np.isinf(back["break_even_calls"])]
    assert len(never)
    shown = {(row["workload"], row["strategy"]): row["break-even calls"] for row in markdown_rows(
        whole_report.markdown.read_text())}  # fmt: skip
    assert {shown[workload, strategy] for workload, strategy in zip(
        never["workload"], never["strategy"], strict=True)} == {"never"}  # fmt: skip
