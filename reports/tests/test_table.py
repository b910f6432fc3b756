from __future__ import annotations

from math import inf, isnan
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from snek_harness.record import Cell
from snek_reports.doubts import doubts
from snek_reports.report import write_report
from snek_reports.run import read_run
from snek_reports.table import cell_table, each, geometric_means


def cell(strategy: str, workload: str = "power", **fields: Any) -> Cell:
    return Cell(workload=workload, strategy=strategy, size="tiny", **fields)


def rows(recorded_run: SimpleNamespace, folder: Path, journal: list[Any]) -> dict[str, Any]:
    run = read_run(recorded_run.write_run(folder, journal))
    return {row.strategy: row for row in each(cell_table(run))}


def timed(
    recorded_run: SimpleNamespace, which: Cell, seconds: list[float], block: str = "b#1", **fields: Any
) -> list[Any]:
    return [*recorded_run.samples(which, block, seconds), recorded_run.ended(which, block, **fields)]


def test_speedups_and_break_even_are_exact(recorded_run: SimpleNamespace, tmp_path: Path) -> None:
    phases = {"import": 100.0, "transform": 1.0, "stage": 2.0, "compile": 3.0, "first_call": 4.0, "warm_up": 50.0}
    times = {cell("eager/numpy"): [4.0, 6.0, 8.0], cell("snek/interpret"): [1.0, 1.0, 4.0]}
    journal = recorded_run.measured("b#1", times, phases=phases)
    row = rows(recorded_run, tmp_path / "run", journal)["snek/interpret"]
    assert (row.seconds_per_call, row.seconds_per_call_low, row.seconds_per_call_high) == (1.0, 1.0, 4.0)
    assert (row.speedup, row.speedup_low, row.speedup_high) == (4.0, 2.0, 6.0)  # 4/1, 6/1, 8/4
    assert row.break_even_calls == (1.0 + 2.0 + 3.0 + 4.0) / (6.0 - 1.0)
    assert row.samples == 3


def interleaved(
    recorded_run: SimpleNamespace, times: dict[str, float], block: str = "b#1", workload: str = "power"
) -> list[Any]:
    rounds = {cell(strategy, workload): [seconds] * 4 for strategy, seconds in times.items()}
    journal: list[Any] = recorded_run.measured(block, rounds)
    return journal


def test_staging_that_is_not_faster_never_pays(recorded_run: SimpleNamespace, tmp_path: Path) -> None:
    found = rows(recorded_run, tmp_path / "run", interleaved(recorded_run, {"eager/numpy": 1.0, "trace/jax": 1.0}))
    assert found["trace/jax"].break_even_calls == inf
    assert isnan(found["eager/numpy"].break_even_calls)


def test_the_best_rival_is_the_fastest_that_is_right_and_not_sneks(
    recorded_run: SimpleNamespace, tmp_path: Path
) -> None:
    journal = interleaved(
        recorded_run, {"eager/numpy": 8.0, "trace/jax": 2.0, "autograph/snek": 1.0, "snek/interpret": 4.0}
    )
    journal += [recorded_run.ended(cell("numba/njit"), "b#1", "wrong", "off by one")]
    found = rows(recorded_run, tmp_path / "run", journal)
    assert (found["snek/interpret"].rival, found["snek/interpret"].rival_speedup) == ("trace/jax", 0.5)
    assert (found["autograph/snek"].rival, found["autograph/snek"].rival_speedup) == ("trace/jax", 2.0)
    assert found["trace/jax"].rival == ""


def test_experts_are_compared_with_apart(recorded_run: SimpleNamespace, tmp_path: Path) -> None:
    times = {"eager/numpy": 8.0, "trace/jax": 2.0, "expert/jax": 0.5, "expert/cpp": 4.0, "snek/lantern": 1.0}
    row = rows(recorded_run, tmp_path / "run", interleaved(recorded_run, times))["snek/lantern"]
    assert (row.rival, row.rival_speedup) == ("trace/jax", 2.0)
    assert row.experts == "expert/jax 0.500× [0.500, 0.500], expert/cpp 4.00× [4.00, 4.00]"
    write_report(tmp_path / "run")
    text = (tmp_path / "run" / "report" / "rivals.md").read_text()
    assert "## snek/lantern" in text
    assert "geometric mean over the best rival 2.00×, over 1 workloads" in text
    assert "| scalar | 250 ns | 8.60 µs |" in text
    assert "| eager/torch | 16.0 ms | 16.0×" in text


def test_an_eager_strategy_is_a_rival_too(recorded_run: SimpleNamespace, tmp_path: Path) -> None:
    journal = interleaved(recorded_run, {"eager/numpy": 8.0, "eager/torch": 1.0, "snek/interpret": 4.0})
    assert rows(recorded_run, tmp_path / "run", journal)["snek/interpret"].rival == "eager/torch"


def test_ratios_across_blocks_are_refused_and_said(recorded_run: SimpleNamespace, tmp_path: Path) -> None:
    journal = [
        *interleaved(recorded_run, {"eager/numpy": 8.0, "trace/jax": 1.0}, "a#1"),
        *interleaved(recorded_run, {"snek/interpret": 4.0}, "b#1"),
    ]
    run = read_run(recorded_run.write_run(tmp_path / "run", journal))
    table = cell_table(run)
    row = {row.strategy: row for row in each(table)}["snek/interpret"]
    assert row.seconds_per_call == 4.0
    assert isnan(row.speedup)
    assert isnan(row.rival_speedup)
    assert isnan(row.break_even_calls)
    assert "eager/numpy has a time in block a#1 only, not in b#1" in row.refused
    assert any("1 cell without a ratio" in doubt for doubt in doubts(run, table))


def test_a_cell_in_two_blocks_is_compared_in_the_block_of_the_other(
    recorded_run: SimpleNamespace, tmp_path: Path
) -> None:
    journal = [
        *interleaved(recorded_run, {"eager/numpy": 8.0, "trace/jax": 1.0}, "a#1"),
        *interleaved(recorded_run, {"eager/numpy": 4.0, "trace/torch": 1.0}, "b#1"),
    ]
    found = rows(recorded_run, tmp_path / "run", journal)
    assert (found["trace/jax"].speedup, found["trace/torch"].speedup) == (8.0, 4.0)


def test_sizes_devices_and_modes_are_never_compared(recorded_run: SimpleNamespace, tmp_path: Path) -> None:
    journal = [
        *timed(recorded_run, cell("eager/numpy"), [8.0] * 3),
        *timed(recorded_run, cell("trace/jax", device="cuda"), [1.0] * 3),
    ]
    assert isnan(rows(recorded_run, tmp_path / "run", journal)["trace/jax"].speedup)


def test_on_a_gpu_the_program_as_written_is_pytorchs(recorded_run: SimpleNamespace, tmp_path: Path) -> None:
    rounds = {cell(name, device="cuda"): [time] * 4 for name, time in {"eager/torch": 8.0, "trace/jax": 1.0}.items()}
    run = read_run(recorded_run.write_run(tmp_path / "run", recorded_run.measured("b#1", rounds)))
    table = cell_table(run)
    assert {row.strategy: row.speedup for row in each(table)} == {"eager/torch": 1.0, "trace/jax": 8.0}
    assert not [doubt for doubt in doubts(run, table) if "has no time" in doubt]


def test_a_geometric_mean_is_over_right_cells_and_says_how_many(recorded_run: SimpleNamespace, tmp_path: Path) -> None:
    journal = [
        *interleaved(recorded_run, {"eager/numpy": 16.0, "trace/jax": 2.0}, "collatz#1", "collatz"),
        *interleaved(recorded_run, {"eager/numpy": 16.0, "trace/jax": 8.0}, "lstm#1", "lstm"),
    ]
    journal.append(recorded_run.ended(cell("trace/jax", "power"), "power", "rejected", "no"))
    table = cell_table(read_run(recorded_run.write_run(tmp_path / "run", journal)))
    mean = {row.strategy: row for row in each(geometric_means(table))}["trace/jax"]
    assert mean.speedup == pytest.approx(4.0)  # of 8 and 2, without power
    assert (mean.right, mean.workloads) == (2, 3)


def test_every_planned_cell_has_a_row(whole_run: Path) -> None:
    run = read_run(whole_run)
    table = cell_table(run)
    planned = {*run.manifest.cells, *(skip.cell for skip in run.manifest.skipped)}
    assert len(table) == len(planned) == 91
    outcomes = set(table["outcome"])
    assert outcomes == {
        "reference", "captured", "fallback", "rejected", "wrong", "unavailable", "crashed", "timed_out",
        "out_of_memory", "skipped", "not measured",
    }  # fmt: skip


def test_the_doubts_of_a_whole_run_are_all_found(whole_run: Path) -> None:
    run = read_run(whole_run)
    found = "\n".join(doubts(run, cell_table(run)))
    for doubt in (
        "line 41 cannot be read", "1 of 91 planned cells not measured: power × numba/njit", "1 interrupted cell",
        "1 cell measured more than once; the last counts: lstm × eager/numpy", "intervals wider than 20%",
        "fewer than 10 samples in 9 cells", "the host was noisy", "the checkout was dirty", "governor was powersave",
    ):  # fmt: skip
        assert doubt in found


def test_a_quiet_clean_run_has_no_doubts(recorded_run: SimpleNamespace, tmp_path: Path) -> None:
    journal = timed(recorded_run, cell("eager/numpy"), [1.0 + 0.001 * number for number in range(12)])
    quiet = {"cpu": {"governor": "performance"}, "dirty_files": []}
    run = read_run(recorded_run.write_run(tmp_path / "run", journal, cells=[cell("eager/numpy")], environment=quiet))
    assert doubts(run, cell_table(run)) == []
