from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from snek_harness.record import Cell
from snek_reports.figures import best_rival, matrix, phases, roofline, speedup, staging
from snek_reports.figures.registry import FIGURES
from snek_reports.figures.style import OUTCOME_COLOURS, NothingToDraw, drawable, paper
from snek_reports.report import ReportPaths, write_report
from snek_reports.run import read_run
from snek_reports.table import cell_table, each
from snek_reports.wording import outcome_word


@pytest.fixture(scope="module")
def table(whole_run: Path) -> pd.DataFrame:
    return cell_table(read_run(whole_run))


def drawn(axis: Axes, label: str, rows: list[str]) -> dict[str, float]:
    """The values of all marks of that label, by the row they stand in."""
    return {
        rows[int(y)]: float(x)
        for line in axis.lines
        if line.get_label() == label
        for x, y in zip(np.atleast_1d(line.get_xdata()), np.atleast_1d(line.get_ydata()), strict=True)
    }


def intervals(axis: Axes, rows: list[str]) -> dict[str, tuple[float, float]]:
    found = {}
    for line in axis.lines:
        x, y = np.atleast_1d(line.get_xdata()), np.atleast_1d(line.get_ydata())
        if line.get_marker() == "|" and len(x) == 2:
            found[rows[int(y[0])]] = (float(x[0]), float(x[1]))
    return found


def words(figure: Figure) -> list[str]:
    return [text.get_text() for axis in figure.axes for text in axis.texts]


@pytest.mark.parametrize("name", FIGURES)
def test_each_figure_is_written_in_every_format_and_shows_something(whole_report: ReportPaths, name: str) -> None:
    files = {path.suffix: path for path in whole_report.figures if path.name.startswith(f"{name}_")}
    assert set(files) == {".pdf", ".png", ".svg"}
    assert files[".pdf"].read_bytes().startswith(b"%PDF-")
    assert b"<svg" in files[".svg"].read_bytes()[:1000]
    picture = np.asarray(Image.open(files[".png"]).convert("L"), dtype=float)
    assert picture.shape[1] > 1000
    assert picture.std() > 10
    # Every fifth of the picture holds ink: nothing is left blank or pushed out of the frame.
    edges = np.linspace(0, picture.shape[1], 6).astype(int)
    assert all(picture[:, left:right].min() < 128 for left, right in pairwise(edges))


def test_the_speedups_drawn_are_those_of_the_table(table: pd.DataFrame) -> None:
    with paper():
        figure = speedup.draw(table)
    strategies = list(table["strategy"].unique())
    for axis, workload in zip(figure.axes, table["workload"].unique(), strict=True):
        cells = table[(table["workload"] == workload) & table["speedup"].notna()]
        assert axis.get_title(loc="left") == workload
        assert axis.get_xscale() == "log"
        assert drawn(axis, "value", strategies) == dict(zip(cells["strategy"], cells["speedup"], strict=True))
        expected = {cell.strategy: (cell.speedup_low, cell.speedup_high) for cell in each(cells)}
        assert intervals(axis, strategies) == expected
        others = table[(table["workload"] == workload) & table["speedup"].isna()]
        assert sorted(text.get_text() for text in axis.texts) == sorted(map(outcome_word, others["outcome"]))


def test_the_ratios_over_the_best_rival_are_those_of_the_table(table: pd.DataFrame) -> None:
    with paper():
        figure = best_rival.draw(table)
    workloads = list(table["workload"].unique())
    sneks = list(table[table["built_on_snek"]]["strategy"].unique())
    assert sneks == ["autograph/snek", "snek/interpret"]
    for axis, strategy in zip(figure.axes, sneks, strict=True):
        cells = table[(table["strategy"] == strategy) & table["rival_speedup"].notna()]
        assert drawn(axis, "value", workloads) == dict(zip(cells["workload"], cells["rival_speedup"], strict=True))
        assert set(cells["rival"]) <= {text.get_text() for text in axis.texts}


def test_the_staging_times_drawn_are_those_of_the_table(table: pd.DataFrame) -> None:
    with paper():
        figure = staging.draw(table)
    workloads = list(table["workload"].unique())
    sneks = list(table[table["built_on_snek"]]["strategy"].unique())
    for axis, strategy in zip(figure.axes, sneks, strict=True):
        cells = table[(table["strategy"] == strategy) & table["staging_speedup"].notna()]
        assert len(cells) > 3
        assert drawn(axis, "value", workloads) == dict(zip(cells["workload"], cells["staging_speedup"], strict=True))
        assert set(cells["staging_rival"]) == {"autograph/tensorflow"}


def test_the_phases_drawn_are_the_records_in_milliseconds(whole_run: Path, table: pd.DataFrame) -> None:
    with paper():
        figure = phases.draw(table)
    run = read_run(whole_run)
    strategies = list(table["strategy"].unique())
    names = {"import": "import", "transform": "transform", "stage": "stage", "compile": "compile",
             "first_call": "first call"}  # fmt: skip
    for axis, workload in zip(figure.axes, table["workload"].unique(), strict=True):
        right = table[(table["workload"] == workload) & table["seconds_per_call"].notna()]
        for phase, label in names.items():
            expected = {
                cell.strategy: 1e3 * record.phases[phase]  # type: ignore[index]
                for cell, record in run.verdicts.items()
                if cell.workload == workload and cell.strategy in set(right["strategy"]) and phase in record.phases
            }
            assert drawn(axis, label, strategies) == pytest.approx(expected)
        steady = dict(zip(right["strategy"], right["seconds_per_call"] * 1e3, strict=True))
        assert drawn(axis, "steady, a call", strategies) == pytest.approx(steady)


def test_every_planned_cell_stands_in_the_matrix_in_words_and_colour(table: pd.DataFrame) -> None:
    with paper():
        figure = matrix.draw(table)
    (axis,) = figure.axes
    columns = [label.get_text() for label in axis.get_xticklabels()]
    rows = [label.get_text() for label in axis.get_yticklabels()]
    found = {(columns[int(x)], rows[int(y)]): text.get_text() for text in axis.texts for x, y in [text.get_position()]}
    assert found == {(cell.workload, cell.strategy): outcome_word(cell.outcome) for cell in each(table)}
    assert len(axis.patches) == len(table) == 91


def test_every_outcome_has_a_colour_of_its_own(table: pd.DataFrame) -> None:
    assert len(set(OUTCOME_COLOURS.values())) == len(OUTCOME_COLOURS)
    assert set(table["outcome"]) == set(OUTCOME_COLOURS)


def test_the_same_records_give_the_same_files(recorded_run: SimpleNamespace, tmp_path: Path) -> None:
    cell = Cell(workload="power", strategy="eager/numpy", size="tiny")
    journal = [*recorded_run.samples(cell, "b#1", [1.0] * 3), recorded_run.ended(cell, "b#1")]
    folder = recorded_run.write_run(tmp_path / "run", journal)
    once = {path.name: path.read_bytes() for path in write_report(folder).folder.iterdir()}
    again = {path.name: path.read_bytes() for path in write_report(folder).folder.iterdir()}
    assert once == again


def test_a_figure_without_anything_to_show_says_so_on_the_page(recorded_run: SimpleNamespace, tmp_path: Path) -> None:
    cell = Cell(workload="power", strategy="numba/njit", size="tiny")
    folder = recorded_run.write_run(tmp_path / "run", [recorded_run.ended(cell, "b#1", "rejected", "no rule")])
    paths = write_report(folder)
    assert {path.name.split("_tiny")[0] for path in paths.figures} == {"matrix"}
    assert "Not drawn: no cell has a time" in paths.page.read_text()
    with pytest.raises(NothingToDraw):
        speedup.draw(cell_table(read_run(folder)))


def test_names_that_would_break_a_label_or_a_path_are_drawn(recorded_run: SimpleNamespace, tmp_path: Path) -> None:
    cells = [
        Cell(workload=workload, strategy=strategy, size="../../etc", device="a/b")
        for workload in ("$\\frac{1", "蛇\x1b\u202e", "../../" + "x" * 300)
        for strategy in ("eager/numpy", "autograph/tensorflow", "snek/<b>")
    ]
    journal = recorded_run.measured("b", dict.fromkeys(cells, [1.0] * 3), flops=1e6, bytes_moved=1e6)
    journal += recorded_run.stagings("b", dict.fromkeys(cells, [1.0] * 3))
    paths = write_report(recorded_run.write_run(tmp_path / "run", journal))
    assert len(paths.figures) == len(FIGURES) * 3
    assert all(path.is_file() and path.parent == paths.folder for path in paths.figures)


def test_a_run_of_two_sizes_has_a_figure_of_each(recorded_run: SimpleNamespace, tmp_path: Path) -> None:
    journal = []
    for size in ("tiny", "small"):
        cell = Cell(workload="power", strategy="eager/numpy", size=size)
        journal += [*recorded_run.samples(cell, size, [1.0] * 3), recorded_run.ended(cell, size)]
    folder = recorded_run.write_run(tmp_path / "run", journal)
    names = {path.name for path in write_report(folder).figures}
    assert {"speedup_tiny_cpu_forward.pdf", "speedup_small_cpu_forward.pdf"} <= names
    assert "speedup_medium_cpu_forward.pdf" not in names


def test_a_long_label_keeps_its_start_and_its_end() -> None:
    assert drawable("programs/" + "x" * 50 + ".py:f", 16) == "progr…xxxxx.py:f"


def test_the_roof_is_the_hosts_and_a_mark_is_the_work_over_the_time(table: pd.DataFrame) -> None:
    with paper():
        (axis,) = roofline.draw(table).axes
    (roof,) = [line for line in axis.lines if line.get_label() == "roof"]
    assert max(roof.get_ydata()) == 9e10
    assert list(roof.get_xdata())[1] == 9e10 / 1.2e10
    collatz = table[(table["workload"] == "collatz") & ~table["built_on_snek"]]
    expected = 2e6 * 2.4 / collatz["seconds_per_call"].min()
    marks = [(line.get_xdata()[0], line.get_ydata()[0]) for line in axis.lines if line.get_label() == "value"]
    assert (1.0, pytest.approx(expected)) in marks


def test_a_run_without_limits_has_no_roof(table: pd.DataFrame) -> None:
    with pytest.raises(NothingToDraw, match="suite lantern"):
        roofline.draw(table.assign(flops_per_second=float("nan")))
