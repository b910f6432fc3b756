from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from snek_core_transform.errors import UsageError
from snek_harness.record import Cell, SkipRecord, encode
from snek_reports.report import write_report
from snek_reports.run import NothingMeasured, read_run

NUMPY = Cell(workload="power", strategy="eager/numpy", size="tiny")
NJIT = Cell(workload="power", strategy="numba/njit", size="tiny")


def test_torn_lines_are_left_out_and_numbered(recorded_run: SimpleNamespace, tmp_path: Path) -> None:
    journal = [b'{"type":"cell"', recorded_run.ended(NUMPY, "b#1"), b'{"type":"sample","schema":9}', b"\xff\x00"]
    run = read_run(recorded_run.write_run(tmp_path / "run", journal, cells=[NUMPY]))
    assert [line.number for line in run.torn] == [1, 3, 4]
    assert list(run.verdicts) == [NUMPY]


def test_a_record_of_another_schema_is_not_read_as_ours(recorded_run: SimpleNamespace, tmp_path: Path) -> None:
    other = encode(recorded_run.ended(NJIT, "b#1")).replace(b'"schema":1', b'"schema":2')
    assert b'"schema":2' in other
    run = read_run(recorded_run.write_run(tmp_path / "run", [recorded_run.ended(NUMPY, "b#1"), other]))
    assert NJIT not in run.verdicts
    assert "schema 2" in run.torn[0].why


def test_a_cell_that_is_not_right_has_no_samples(recorded_run: SimpleNamespace, tmp_path: Path) -> None:
    journal = [
        *recorded_run.samples(NJIT, "b#1", [1.0] * 3),
        recorded_run.ended(NJIT, "b#1", "wrong", "off by one"),
    ]
    assert read_run(recorded_run.write_run(tmp_path / "run", journal)).timed(NJIT, "b#1") == ()


def test_an_interrupted_cell_has_samples_but_no_time(recorded_run: SimpleNamespace, tmp_path: Path) -> None:
    journal = [recorded_run.ended(NUMPY, "b#1"), *recorded_run.samples(NJIT, "b#1", [1.0] * 3)]
    run = read_run(recorded_run.write_run(tmp_path / "run", journal, cells=[NUMPY, NJIT]))
    assert (NJIT, "b#1") in run.samples
    assert run.timed(NJIT, "b#1") == ()
    assert NJIT not in run.verdicts


def test_the_last_attempt_of_a_block_counts(recorded_run: SimpleNamespace, tmp_path: Path) -> None:
    journal = [
        *recorded_run.samples(NUMPY, "b#1", [9.0, 9.0, 9.0]),
        *recorded_run.samples(NUMPY, "b#1", [1.0, 2.0]),
        recorded_run.ended(NUMPY, "b#1"),
    ]
    run = read_run(recorded_run.write_run(tmp_path / "run", journal))
    assert [sample.seconds for sample in run.timed(NUMPY, "b#1")] == [1.0, 2.0]


def test_cells_of_two_attempts_are_never_paired(recorded_run: SimpleNamespace, tmp_path: Path) -> None:
    journal = [
        *recorded_run.samples(NUMPY, "b#1", [9.0, 9.0, 9.0]),
        recorded_run.ended(NUMPY, "b#1"),
        *recorded_run.samples(NJIT, "b#1", [1.0, 1.0, 1.0]),
        recorded_run.ended(NJIT, "b#1"),
    ]
    run = read_run(recorded_run.write_run(tmp_path / "run", journal))
    assert run.timed(NUMPY, "b#1") == ()
    assert len(run.timed(NJIT, "b#1")) == 3


def test_a_cell_measured_again_in_a_new_block_has_the_later_verdict(
    recorded_run: SimpleNamespace, tmp_path: Path
) -> None:
    journal = [recorded_run.ended(NJIT, "b#1", "crashed", "SIGSEGV"), recorded_run.ended(NJIT, "b#2")]
    run = read_run(recorded_run.write_run(tmp_path / "run", journal, cells=[NJIT]))
    assert run.verdicts[NJIT].outcome == "captured"
    assert run.measured_again == (NJIT,)


def test_skips_of_the_manifest_and_of_the_journal_are_planned_cells(
    recorded_run: SimpleNamespace, tmp_path: Path
) -> None:
    journal = [recorded_run.ended(NUMPY, "b#1"), SkipRecord(cell=NJIT, reason="too slow")]
    run = read_run(recorded_run.write_run(tmp_path / "run", journal, cells=[NUMPY]))
    assert run.cells == (NUMPY, NJIT)
    assert run.skipped == {NJIT: "too slow"}
    assert run.unplanned == ()


def test_an_empty_journal_is_nothing_measured(recorded_run: SimpleNamespace, tmp_path: Path) -> None:
    folder = recorded_run.write_run(tmp_path / "run", [], cells=[NUMPY])
    with pytest.raises(NothingMeasured, match="0 outcomes for 1 cells"):
        write_report(folder)
    assert not (folder / "report").exists()


def test_a_run_without_a_journal_is_nothing_measured(recorded_run: SimpleNamespace, tmp_path: Path) -> None:
    folder = recorded_run.write_run(tmp_path / "run", [], cells=[NUMPY])
    (folder / "records.jsonl").unlink()
    with pytest.raises(NothingMeasured):
        read_run(folder)


def test_only_unavailable_cells_are_nothing_measured_and_the_reason_is_told(
    recorded_run: SimpleNamespace, tmp_path: Path
) -> None:
    journal = [recorded_run.ended(NJIT, "b#1", "unavailable", "module 'numba' is not installed")]
    with pytest.raises(NothingMeasured, match="module 'numba' is not installed"):
        read_run(recorded_run.write_run(tmp_path / "run", journal, cells=[NJIT]))


@pytest.mark.parametrize("manifest", [None, b"{", b"{}"])
def test_a_folder_that_is_no_run_is_refused_by_name(tmp_path: Path, manifest: bytes | None) -> None:
    if manifest is not None:
        (tmp_path / "manifest.json").write_bytes(manifest)
    with pytest.raises(UsageError, match=r"manifest\.json"):
        write_report(tmp_path)


def test_a_report_that_cannot_be_written_says_where(recorded_run: SimpleNamespace, tmp_path: Path) -> None:
    folder = recorded_run.write_run(tmp_path / "run", [recorded_run.ended(NUMPY, "b#1")], cells=[NUMPY])
    (folder / "report").write_text("in the way")
    with pytest.raises(UsageError, match="report cannot be written"):
        write_report(folder)
