"""The schema of a run: what `manifest.json` and each line of `records.jsonl` hold. Imports nothing else of ours."""

from __future__ import annotations

from typing import Literal

import msgspec

from snek_core_transform.errors import SnekError

SCHEMA = 1

Outcome = Literal[
    "reference", "captured", "fallback", "rejected", "wrong", "unavailable", "crashed", "timed_out", "out_of_memory"
]
OUTCOMES: tuple[Outcome, ...] = Outcome.__args__  # type: ignore[attr-defined]
TIMED_OUTCOMES = frozenset({"reference", "captured", "fallback"})
"""A cell that is not right has no time."""

Mode = Literal["forward", "gradient"]

Phase = Literal["import", "transform", "stage", "compile", "first_call", "warm_up"]


class RecordError(SnekError, ValueError):
    """A record contradicts itself or does not follow the schema."""


class Cell(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """What is measured: one program, one way of staging it, one size, one device, one mode."""

    workload: str
    strategy: str
    size: str
    device: str = "cpu"
    mode: Mode = "forward"


class SampleRecord(msgspec.Struct, frozen=True, kw_only=True, tag="sample", forbid_unknown_fields=True):
    """One steady sample: `calls` calls in a row took `seconds` in all, in one turn of one interleaved round."""

    schema: int = SCHEMA
    cell: Cell
    block: str
    """The comparable block: cells of one block ran interleaved, in one stretch of time, on one host."""
    round: int
    turn: int
    """The position in the round: rounds run A B C, then C B A, and so on."""
    calls: int
    seconds: float

    def __post_init__(self) -> None:
        if self.schema != SCHEMA:
            raise RecordError(f"a record of schema {self.schema}; this program reads schema {SCHEMA}")
        if self.calls < 1 or not self.seconds > 0:
            raise RecordError(f"a sample needs calls >= 1 and seconds > 0: {self.calls}, {self.seconds}")


class StagingRecord(msgspec.Struct, frozen=True, kw_only=True, tag="staging", forbid_unknown_fields=True):
    """One staging of a cell's program as if it were new, in one turn of one interleaved round: the processor's time."""

    schema: int = SCHEMA
    cell: Cell
    block: str
    round: int
    turn: int
    seconds: float

    def __post_init__(self) -> None:
        if self.schema != SCHEMA:
            raise RecordError(f"a record of schema {self.schema}; this program reads schema {SCHEMA}")
        if not self.seconds > 0:
            raise RecordError(f"a staging needs seconds > 0: {self.seconds}")

    @property
    def calls(self) -> int:
        """How often the program was staged: once."""
        return 1


class CellRecord(msgspec.Struct, frozen=True, kw_only=True, tag="cell", forbid_unknown_fields=True):
    """How one cell ended: its outcome, the reason for it, what it cost, and the evidence."""

    schema: int = SCHEMA
    cell: Cell
    block: str
    outcome: Outcome
    reason: str = ""
    """Why the outcome is not `captured` or `reference`: the error's text, the first difference, what is missing."""
    kind: str = ""
    """The error's class, such as `TypeError`, where there was one."""
    detail: str = ""
    """The traceback, or the longer text."""
    phases: dict[Phase, float] = msgspec.field(default_factory=dict)
    """Seconds, cold, each phase apart."""
    peak_memory_bytes: int | None = None
    largest_error: float | None = None
    """The largest absolute difference from the reference over all argument sets."""
    argument_sets: int = 0
    """How many argument sets were checked."""
    evidence: dict[str, int] = msgspec.field(default_factory=dict)
    """What the verdict rests on: `python_calls` of program code on later calls, `stagings`, `graphs`, `breaks`."""
    flops: float | None = None
    bytes_moved: float | None = None
    started: str = ""
    """UTC, ISO 8601."""

    def __post_init__(self) -> None:
        if self.schema != SCHEMA:
            raise RecordError(f"a record of schema {self.schema}; this program reads schema {SCHEMA}")
        if self.outcome not in OUTCOMES:
            raise RecordError(f"unknown outcome {self.outcome!r}; one of {', '.join(OUTCOMES)}")
        if self.outcome not in {"captured", "reference"} and not self.reason:
            raise RecordError(f"outcome {self.outcome!r} needs a reason")
        if self.outcome == "captured" and self.evidence.get("python_calls", 1) != 0:
            raise RecordError(f"outcome 'captured' without evidence: {self.evidence!r}")
        if self.outcome == "reference" and not self.cell.strategy.startswith("eager/"):
            raise RecordError(f"outcome 'reference' is for eager strategies, not {self.cell.strategy!r}")


class SkipRecord(msgspec.Struct, frozen=True, kw_only=True, tag="skip", forbid_unknown_fields=True):
    """A cell that the plan leaves out on purpose, and why; it is shown, not forgotten."""

    schema: int = SCHEMA
    cell: Cell
    reason: str


Record = SampleRecord | StagingRecord | CellRecord | SkipRecord


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a run was: the plan and the environment, without user names, raw host names or outside paths."""

    schema: int = SCHEMA
    run: str
    created: str
    snek: str
    arguments: dict[str, object]
    """The plan's parameters, so that `--resume` goes on with the same ones."""
    cells: list[Cell]
    skipped: list[SkipRecord] = []
    seed: int
    environment: dict[str, object]


def encode(record: Record | Manifest) -> bytes:
    """Encode a record as one line of JSON, without the line end."""
    return msgspec.json.encode(record)


_RECORD = msgspec.json.Decoder(Record)
_MANIFEST = msgspec.json.Decoder(Manifest)


def decode(line: bytes) -> Record:
    """Decode one line of `records.jsonl`. Raises RecordError where the line is torn or breaks the schema."""
    try:
        record: Record = _RECORD.decode(line)
        return record
    except (msgspec.DecodeError, ValueError) as error:
        raise RecordError(str(error)) from error


def decode_manifest(text: bytes) -> Manifest:
    """Decode `manifest.json`. Raises RecordError where it breaks the schema."""
    try:
        return _MANIFEST.decode(text)
    except (msgspec.DecodeError, ValueError) as error:
        raise RecordError(str(error)) from error
