"""The append-only journal of a run: what is written stays, what cannot be read is said."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from snek_core_transform.errors import SnekError
from snek_harness.record import Record, RecordError, decode, encode


class JournalError(SnekError, OSError):
    """The journal cannot be written: the disk is full, say. What was written before stays readable."""


@dataclass(frozen=True)
class Problem:
    """A line of the journal that does not hold a record: its number (from 1), and what is wrong with it."""

    line: int
    text: str

    def __str__(self) -> str:
        return f"line {self.line} of the journal is skipped: {self.text}"


def read_journal(path: Path) -> tuple[list[Record], list[Problem]]:
    """Return the records of a journal, and a problem for every line that holds none. No file: no records."""
    if not path.exists():
        return [], []
    records: list[Record] = []
    problems: list[Problem] = []
    for number, line in enumerate(path.read_bytes().split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            records.append(decode(line))
        except RecordError as error:
            problems.append(Problem(number, str(error)))
    return records, problems


class Journal:
    """A journal open for appending. A context manager: it is closed on the way out."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
        except OSError as error:
            raise self._failed(error) from error
        size = os.fstat(self._file).st_size
        # A line torn by a crash gets its end now; else it would swallow the next record.
        if size and os.pread(self._file, 1, size - 1) != b"\n":
            self._write(b"\n")

    def append(self, records: Iterable[Record]) -> None:
        """Write records, all or none, and return once they are on the disk. Raises JournalError where that fails."""
        self._write(b"".join(encode(record) + b"\n" for record in records))

    def _write(self, data: bytes) -> None:
        before = os.fstat(self._file).st_size
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(self._file, rest) :]
            os.fsync(self._file)
        except OSError as error:
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, before)
            raise self._failed(error) from error

    def _failed(self, error: OSError) -> JournalError:
        return JournalError(
            f"the journal cannot be written: {str(self.path)!r} ({error.strerror}); "
            "what it holds stays readable: make room, then go on with --resume"
        )

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
