"""Read a run folder: the manifest, and what its journal says of every cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from snek_core_transform.errors import SnekError, UsageError
from snek_harness.record import (
    TIMED_OUTCOMES,
    Cell,
    CellRecord,
    Manifest,
    Record,
    RecordError,
    SampleRecord,
    SkipRecord,
    StagingRecord,
    decode,
    decode_manifest,
)

CellInBlock = tuple[Cell, str]
Timed = TypeVar("Timed", SampleRecord, StagingRecord)


class NothingMeasured(SnekError):
    """The run holds no outcome to report on."""


@dataclass(frozen=True)
class TornLine:
    """A line of the journal that could not be read, counted from 1."""

    number: int
    why: str


@dataclass(frozen=True)
class Run:
    """What one run folder says, with everything that a later attempt replaced already left out."""

    folder: Path
    manifest: Manifest
    cells: tuple[Cell, ...]
    """Every planned cell in the order of the plan, then the recorded cells that no plan names."""
    records: Mapping[CellInBlock, CellRecord]
    """The last record of each cell in each comparable block."""
    verdicts: Mapping[Cell, CellRecord]
    """The last record of each cell."""
    samples: Mapping[CellInBlock, tuple[SampleRecord, ...]]
    """The samples of each cell in each block, from the block's last attempt, in the order of their rounds."""
    stagings: Mapping[CellInBlock, tuple[StagingRecord, ...]]
    """What staging anew took, likewise."""
    skipped: Mapping[Cell, str]
    unplanned: tuple[Cell, ...]
    measured_again: tuple[Cell, ...]
    """The cells that have more than one record."""
    torn: tuple[TornLine, ...]

    def timed(self, cell: Cell, block: str) -> tuple[SampleRecord, ...]:
        """Return the samples that count for a cell in a block: none unless the cell came out right there."""
        return self.samples.get((cell, block), ()) if self._is_right(cell, block) else ()

    def staged(self, cell: Cell, block: str) -> tuple[StagingRecord, ...]:
        """Return the stagings that count for a cell in a block: none unless the cell came out right there."""
        return self.stagings.get((cell, block), ()) if self._is_right(cell, block) else ()

    def _is_right(self, cell: Cell, block: str) -> bool:
        record = self.records.get((cell, block))
        return record is not None and record.outcome in TIMED_OUTCOMES


def read_run(folder: Path) -> Run:
    """Read a run folder. Raises UsageError where it is none, and NothingMeasured where it holds no outcome."""
    manifest = _read_manifest(folder)
    journal, torn = _read_journal(folder / "records.jsonl")
    run = _gather(folder, manifest, journal, torn)
    if all(record.outcome == "unavailable" for record in run.verdicts.values()):
        raise NothingMeasured(_nothing_measured(run))
    return run


def _read_manifest(folder: Path) -> Manifest:
    path = folder / "manifest.json"
    try:
        return decode_manifest(path.read_bytes())
    except OSError as error:
        raise UsageError(
            f"no run to report on: {str(path)!r} cannot be read ({error.strerror}); "
            "name a folder that `snek bench` wrote, one that holds manifest.json and records.jsonl"
        ) from error
    except RecordError as error:
        raise UsageError(f"the manifest does not follow the schema: {str(path)!r}: {error}; measure again") from error


def _read_journal(path: Path) -> tuple[list[Record], list[TornLine]]:
    records: list[Record] = []
    torn: list[TornLine] = []
    lines = path.read_bytes().split(b"\n") if path.is_file() else []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            records.append(decode(line))
        except RecordError as error:
            torn.append(TornLine(number, str(error)))
    return records, torn


def _gather(folder: Path, manifest: Manifest, journal: list[Record], torn: list[TornLine]) -> Run:
    records: dict[CellInBlock, CellRecord] = {}
    verdicts: dict[Cell, CellRecord] = {}
    again: dict[Cell, None] = {}
    for record in journal:
        if isinstance(record, CellRecord):
            if record.cell in verdicts:
                again[record.cell] = None
            records[record.cell, record.block] = record
            verdicts[record.cell] = record
    skips = [*manifest.skipped, *(record for record in journal if isinstance(record, SkipRecord))]
    planned = dict.fromkeys([*manifest.cells, *(skip.cell for skip in skips)])
    unplanned = tuple(cell for cell in verdicts if cell not in planned)
    return Run(
        folder=folder,
        manifest=manifest,
        cells=(*planned, *unplanned),
        records=records,
        verdicts=verdicts,
        samples=_last_attempts(journal, SampleRecord),
        stagings=_last_attempts(journal, StagingRecord),
        skipped={skip.cell: skip.reason for skip in skips},
        unplanned=unplanned,
        measured_again=tuple(again),
        torn=tuple(torn),
    )


def _last_attempts(journal: list[Record], kind: type[Timed]) -> dict[CellInBlock, tuple[Timed, ...]]:
    """Keep each block's last attempt: rounds of two attempts ran at different times and must not be paired."""
    blocks: dict[str, dict[Cell, list[Timed]]] = {}
    rounds: dict[str, int] = {}
    for sample in journal:
        if not isinstance(sample, kind):
            continue
        cells = blocks.setdefault(sample.block, {})
        earlier = cells.get(sample.cell)
        if sample.round < rounds.get(sample.block, 0) or (earlier and sample.round == earlier[-1].round):
            cells.clear()  # a block's rounds only ever grow, so this one began the block anew
        rounds[sample.block] = sample.round
        cells.setdefault(sample.cell, []).append(sample)
    return {(cell, block): tuple(samples) for block, cells in blocks.items() for cell, samples in cells.items()}


def _nothing_measured(run: Run) -> str:
    reasons = dict.fromkeys(record.reason for record in run.verdicts.values())
    reasons.update(dict.fromkeys(run.skipped.values()))
    found = f"nothing was measured: {str(run.folder)!r} has {len(run.verdicts)} outcomes for {len(run.cells)} cells"
    why = f" ({'; '.join(list(reasons)[:3])})" if reasons else ""
    return f"{found}{why}; measure with `snek bench --resume {run.folder.name}`"
