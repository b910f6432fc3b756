"""Run a plan, or go on with one: block by block into the journal, whatever becomes of a single cell."""

from __future__ import annotations

import importlib.metadata
import tempfile
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from snek_core_transform.errors import UsageError
from snek_harness.benchmark_json import benchmark_json
from snek_harness.block_jobs import Surroundings
from snek_harness.block_run import BlockRun
from snek_harness.environment import capture
from snek_harness.journal import Journal, JournalError, read_journal
from snek_harness.parents import Parents
from snek_harness.plan import Block, Plan, blocks
from snek_harness.progress import Listener, Progress, silent
from snek_harness.record import TIMED_OUTCOMES, Cell, CellRecord, Manifest, Record
from snek_harness.roster import Roster
from snek_harness.run_folder import RunFolder
from snek_harness.settings import Settings


def run(
    plan: Plan,
    folder: RunFolder,
    *,
    settings: Settings | None = None,
    progress: Listener = silent,
    beside: Mapping[str, Callable[[int], object]] | None = None,
) -> list[Record]:
    """Measure what the run's journal does not hold yet, and return all its records.

    A block that was interrupted is measured again whole, as a block of another name, so that no ratio mixes two
    stretches of time; its cells that were not to be timed keep their outcome. On KeyboardInterrupt every process is
    ended, the journal is on the disk, and the exception goes on. As a new run begins, each function of
    `beside` is given the number of threads, and what it finds is kept by its name in the manifest's environment.

    Raises UsageError where the folder belongs to another host or other software, and JournalError where it is full.
    """
    settings = settings or Settings()
    roster = Roster(plan.cells)
    _begin(plan, folder, settings, beside or {})
    records, problems = read_journal(folder.journal)
    todo = unfinished(plan, records)
    left = sum(len(block.cells) for block in todo)
    teller = Progress(progress, len(plan.cells), len(plan.cells) - left)
    for problem in problems:
        teller.tell("note", text=f"{problem}; a cell that lacks its record now is measured again")
    with (
        Journal(folder.journal) as journal,
        tempfile.TemporaryDirectory(prefix="snek-", ignore_cleanup_errors=True) as scratch,
        Parents(roster.modules(), settings, Path(scratch)) as parents,
    ):
        around = Surroundings(roster, parents, journal, settings, teller, Path(scratch))
        try:
            for block in todo:
                records += BlockRun(block, around).run()
        except JournalError:
            raise
        except OSError as error:
            raise UsageError(
                f"a file of the run cannot be written: {error}; make room, then go on with --resume"
            ) from error
    folder.write(folder.benchmark_json.name, benchmark_json(folder.read_manifest(), records))
    return records


def resume(folder: RunFolder) -> tuple[Plan, Settings]:
    """Return the plan and the settings that a run began with, to go on with `run`."""
    manifest = folder.read_manifest()
    try:
        settings = msgspec.convert(manifest.arguments["settings"], Settings)
    except (KeyError, msgspec.ValidationError) as error:
        raise UsageError(f"the run's settings cannot be read: {folder.name!r} ({error}); start a new run") from error
    return Plan(cells=tuple(manifest.cells), skipped=tuple(manifest.skipped)), settings


def unfinished(plan: Plan, records: Iterable[Record]) -> list[Block]:
    """Return the blocks that are left to measure, each with the cells that it needs."""
    settled: dict[Cell, CellRecord] = {}
    attempts: dict[str, set[str]] = {}
    for record in records:
        if isinstance(record, CellRecord):
            settled[record.cell] = record
            attempts.setdefault(record.block.partition("#")[0], set()).add(record.block)
    todo = []
    for block in blocks(plan.cells):
        if all(cell in settled for cell in block.cells):
            continue
        cells = [c for c in block.cells if c not in settled or settled[c].outcome in TIMED_OUTCOMES]
        attempt = len(attempts.get(block.name, ())) + 1
        todo.append(Block(name=f"{block.name}#{attempt}", cells=tuple(cells)))
    return todo


def _begin(plan: Plan, folder: RunFolder, settings: Settings, beside: Mapping[str, Callable[[int], object]]) -> None:
    environment = capture()
    if folder.has_manifest():
        _check_same(folder.read_manifest().environment, environment, folder.name)
        return
    found = {name: measure(settings.threads) for name, measure in beside.items()}
    folder.write_manifest(
        Manifest(
            run=folder.name,
            created=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
            snek=importlib.metadata.version("snek"),
            arguments={"settings": msgspec.to_builtins(settings)},
            cells=list(plan.cells),
            skipped=list(plan.skipped),
            seed=settings.seed,
            environment={**environment, "threads": settings.threads, **found},
        )
    )


def _check_same(before: dict[str, object], now: dict[str, object], run: str) -> None:
    for name in ("host", "commit", "python", "packages"):
        if before.get(name) != now[name]:
            raise UsageError(
                f"run {run!r} cannot go on here: its {name} was {before.get(name)!r} and is {now[name]!r}; "
                "start a new run"
            )
