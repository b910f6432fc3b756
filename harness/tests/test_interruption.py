"""A run that is interrupted or killed loses nothing that was settled, leaves no process behind, and goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import psutil
import pytest

from snek_core_transform.errors import UsageError
from snek_harness.journal import read_journal
from snek_harness.record import CellRecord, Manifest, Record, SampleRecord, decode_manifest, encode
from snek_harness.run_folder import RunFolder
from snek_harness.scheduler import resume, run


@contextmanager
def measuring(plants: Path, results: Path, *more: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, str(plants / "measure_slowly.py"), str(results), *more]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_for(process: subprocess.Popen[str], said: str) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(said):
            return
    raise AssertionError(f"the run ended without saying {said!r}")


def family(pid: int) -> list[psutil.Process]:
    found = psutil.Process(pid).children(recursive=True)
    # A parent, two workers, and the sleeping process that one of them started.
    assert len(found) >= 4, found
    return found


def assert_gone(processes: list[psutil.Process]) -> None:
    deadline = monotonic() + 10
    while alive := [p for p in processes if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]:
        assert monotonic() < deadline, f"still alive: {alive}"
        sleep(0.02)


def only_run(results: Path) -> RunFolder:
    (path,) = results.iterdir()
    return RunFolder(path)


def outcomes(records: list[Record]) -> list[tuple[str, str, str]]:
    return [(r.cell.strategy, r.outcome, r.block.rpartition("#")[2]) for r in records if isinstance(r, CellRecord)]


def test_ctrl_c_keeps_what_is_settled_leaves_no_process_and_resume_finishes(plants: Path, tmp_path: Path):
    with measuring(plants, tmp_path) as process:
        wait_for(process, "round")
        processes = family(process.pid)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
    assert_gone(processes)
    folder = only_run(tmp_path)
    kept, problems = read_journal(folder.journal)
    assert problems == []
    assert outcomes(kept) == [("plants:RaisesAtStage", "rejected", "1")]

    with measuring(plants, tmp_path, folder.name) as process:
        assert process.stdout is not None
        told = process.stdout.read()
        assert process.wait(60) == 0
    assert "ended plants:Sleeps" in told
    records, problems = read_journal(folder.journal)
    assert problems == []
    assert records[: len(kept)] == kept
    first_block = [
        outcome for outcome, r in zip(outcomes(records), settled(records), strict=True) if "plain" in r.block
    ]
    assert first_block == [
        ("plants:RaisesAtStage", "rejected", "1"),
        ("eager/numpy", "reference", "2"),
        ("plants:Sleeps", "captured", "2"),
    ]
    # No ratio can mix two stretches of time: every sample of the block has its cell's block.
    assert {s.block for s in records if isinstance(s, SampleRecord) and "plain" in s.block} == {
        r.block for r in settled(records) if "plain" in r.block and r.outcome != "rejected"
    }
    assert folder.benchmark_json.is_file()


def settled(records: list[Record]) -> list[CellRecord]:
    return [record for record in records if isinstance(record, CellRecord)]


def test_killing_the_scheduler_leaves_no_process(plants: Path, tmp_path: Path):
    with measuring(plants, tmp_path) as process:
        wait_for(process, "round")
        processes = family(process.pid)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(20)
    assert_gone(processes)
    records, problems = read_journal(only_run(tmp_path).journal)
    assert problems == []
    assert outcomes(records) == [("plants:RaisesAtStage", "rejected", "1")]


@pytest.fixture
def finished(plants: Path, tmp_path: Path) -> RunFolder:
    from snek_harness.plan import make_plan
    from snek_harness.run_folder import create_run
    from snek_harness.settings import Settings

    folder = create_run(tmp_path)
    plan = make_plan(["power", "collatz"], ["eager/numpy", "plants:RaisesAtStage"], "tiny")
    run(plan, folder, settings=Settings(samples=2, steady_seconds=0.0))
    return folder


def test_a_finished_run_has_nothing_left_to_measure(finished: RunFolder):
    before = finished.journal.read_bytes()
    plan, settings = resume(finished)
    assert settings.samples == 2
    told = []
    records = run(plan, finished, settings=settings, progress=told.append)
    assert finished.journal.read_bytes() == before
    assert len(settled(records)) == 4
    assert told == []


def test_a_block_with_a_torn_line_is_measured_again_whole_under_a_new_name(finished: RunFolder):
    lines = finished.journal.read_bytes().splitlines()
    place, _ = next((i, line) for i, line in enumerate(lines) if b'"outcome":"reference"' in line)
    block = settled(read_journal(finished.journal)[0])[0].block
    lines[place] = lines[place][:40]
    finished.journal.write_bytes(b"\n".join(lines) + b"\n")
    told = []
    records = run(*resume(finished)[:1], finished, settings=resume(finished)[1], progress=told.append)
    notes = [event.text for event in told if event.kind == "note"]
    assert len(notes) == 1
    assert f"line {place + 1} of the journal is skipped" in notes[0]
    again = [r for r in settled(records) if r.block.endswith("#2")]
    assert [r.outcome for r in again] == ["reference"]
    assert again[0].block.partition("#")[0] == block.partition("#")[0]
    assert any(isinstance(r, SampleRecord) and r.block == again[0].block for r in records)


@pytest.mark.parametrize("changed", ["host", "commit"])
def test_a_run_of_another_host_or_commit_cannot_go_on(finished: RunFolder, changed: str):
    path = finished.path / "manifest.json"
    manifest = decode_manifest(path.read_bytes())
    other = Manifest(**{f: getattr(manifest, f) for f in manifest.__struct_fields__ if f != "environment"},
                     environment=manifest.environment | {changed: "another"})  # fmt: skip
    path.write_bytes(encode(other))
    with pytest.raises(UsageError, match=f"its {changed} was 'another'"):
        run(resume(finished)[0], finished)
