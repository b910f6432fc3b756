from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from snek_harness.journal import Journal, JournalError, read_journal
from snek_harness.record import Cell, CellRecord, SkipRecord


def record(name: str) -> CellRecord:
    cell = Cell(workload=name, strategy="trace/torch", size="tiny")
    return CellRecord(cell=cell, block="b#1", outcome="rejected", reason="said no")


def test_what_is_appended_is_read_back(tmp_path: Path):
    path = tmp_path / "records.jsonl"
    with Journal(path) as journal:
        journal.append([record("a"), record("b")])
    with Journal(path) as journal:
        journal.append([SkipRecord(cell=record("c").cell, reason="no")])
    records, problems = read_journal(path)
    assert records == [record("a"), record("b"), SkipRecord(cell=record("c").cell, reason="no")]
    assert problems == []


def test_no_journal_yet_holds_no_records(tmp_path: Path):
    assert read_journal(tmp_path / "records.jsonl") == ([], [])


@pytest.mark.parametrize(
    "damage",
    [b'{"type":"cell","schema":1,"cel', b"\x00\x00\x00", b"\xff\xfe\xfd", b'{"type":"cell"}', b"[]"],
)
def test_a_line_that_holds_no_record_is_skipped_and_said_with_its_number(tmp_path: Path, damage: bytes):
    path = tmp_path / "records.jsonl"
    with Journal(path) as journal:
        journal.append([record("a")])
    with path.open("ab") as file:
        file.write(damage + b"\n")
    with Journal(path) as journal:
        journal.append([record("b")])
    records, problems = read_journal(path)
    assert records == [record("a"), record("b")]
    assert [problem.line for problem in problems] == [2]
    assert "line 2" in str(problems[0])
    assert "skipped" in str(problems[0])


def test_a_torn_last_line_does_not_swallow_the_next_record(tmp_path: Path):
    path = tmp_path / "records.jsonl"
    with Journal(path) as journal:
        journal.append([record("a"), record("b")])
    path.write_bytes(path.read_bytes()[:-20])
    with Journal(path) as journal:
        journal.append([record("c")])
    records, problems = read_journal(path)
    assert records == [record("a"), record("c")]
    assert [problem.line for problem in problems] == [2]


def test_a_full_disk_is_a_clear_error_and_leaves_the_journal_readable(tmp_path: Path):
    # A file-size limit in a process of its own is a full disk that needs no privileges.
    code = (
        "import resource, sys; sys.path.insert(0, sys.argv[2])\n"
        "from pathlib import Path\n"
        "from test_journal import record\n"
        "from snek_harness.journal import Journal, JournalError\n"
        "journal = Journal(Path(sys.argv[1]))\n"
        "journal.append([record('kept')])\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500))\n"
        "try: journal.append([record('lost')] * 10)\n"
        "except JournalError as error: print(error)\n"
    )
    path = tmp_path / "records.jsonl"
    done = subprocess.run(
        [sys.executable, "-c", code, str(path), str(Path(__file__).parent)], capture_output=True, text=True, check=True
    )
    assert "cannot be written" in done.stdout
    assert "--resume" in done.stdout
    assert read_journal(path) == ([record("kept")], [])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_device_without_room_is_a_clear_error():
    with Journal(Path("/dev/full")) as journal, pytest.raises(JournalError, match="No space left"):
        journal.append([record("a")])


def test_a_journal_where_none_can_be_is_a_clear_error(tmp_path: Path):
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(JournalError, match="cannot be written"):
        Journal(file / "records.jsonl")
