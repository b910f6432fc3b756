"""Measure one comparable block: prepare it, stage and check its cells one by one, then time them interleaved."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic

from snek_harness.block_jobs import BlockJobs, Surroundings
from snek_harness.messages import Checked, Do, Finished, Prepared, Rechecked, Sampled, WarmedUp
from snek_harness.plan import Block
from snek_harness.record import CellRecord, Record, SampleRecord, StagingRecord
from snek_harness.running import Worker, WorkerError
from snek_harness.verdicts import CellNotes

_WATCH_SECONDS = 1.0
"""How often, between rounds, the memory of the cells that wait is looked at."""


@dataclass
class LiveCell:
    """A cell that was checked and waits in its process."""

    notes: CellNotes
    worker: Worker
    checked: Checked
    calls: int = 1
    samples: list[SampleRecord] = field(default_factory=list)
    stagings: list[StagingRecord] = field(default_factory=list)

    @property
    def was_staged(self) -> bool:
        """Whether the strategy made anything of the program before it was called."""
        return self.checked.outcome != "reference" and self.checked.evidence.get("stagings", 0) > 0


class BlockRun:
    """One block on its way to the journal."""

    def __init__(self, block: Block, around: Surroundings) -> None:
        self.block = block
        self.around = around
        self.records: list[Record] = []
        self._jobs = BlockJobs(block, around)
        self._live: list[LiveCell] = []

    def run(self) -> list[Record]:
        """Measure the block and return its records, which are in the journal by then."""
        try:
            self._check_cells()
            self._stage_anew()
            self._warm_up()
            self._time()
            self._finish()
        finally:
            for live in self._live:
                live.worker.close()
        return self.records

    def _check_cells(self) -> None:
        prepared: Prepared | WorkerError | None = None
        for cell in self.block.cells:
            notes = CellNotes(cell, self.block.name, f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}")
            missing = self.around.roster.missing(cell.strategy, cell.device)
            if missing:
                self._settle(notes.record("unavailable", missing))
                continue
            if prepared is None:
                self.around.progress.tell("block", block=self.block.name)
                try:
                    prepared = self._jobs.prepare(cell)
                except WorkerError as lost:
                    prepared = lost
            if isinstance(prepared, WorkerError):
                self._settle(notes.lost(prepared))
                continue
            notes.prepared = prepared
            self.around.progress.tell("cell", block=self.block.name, cell=cell)
            with contextlib.ExitStack() as stack:
                try:
                    self._check_cell(notes, stack)
                except WorkerError as lost:
                    self._settle(notes.lost(lost))

    def _check_cell(self, notes: CellNotes, stack: contextlib.ExitStack) -> None:
        """Stage and check one cell; keep its worker if it is to be timed."""
        expectation = self._jobs.expectation(notes.cell)
        notes.remark = expectation.remark
        worker = self._jobs.start(notes.cell, expectation)
        stack.callback(worker.close)
        notes.phases = {"import": self._jobs.import_seconds(notes.cell)}
        checked = worker.receive(Checked)
        # Asked again: a spawned worker imports in its own process.
        notes.phases = {"import": self._jobs.import_seconds(notes.cell), **checked.phases}
        notes.checked = checked
        notes.largest_error = checked.largest_error
        if checked.outcome == "wrong":
            notes.peak_memory_bytes = worker.receive(Finished).peak_memory_bytes
            self._settle(notes.record("wrong", checked.reason, detail=worker.output()))
            return
        worker.check_memory()
        stack.pop_all()
        self._live.append(LiveCell(notes, worker, checked))
        self.around.progress.checked()

    def _stage_anew(self) -> None:
        for number in range(self.around.settings.stagings):
            turns = [live for live in self._in_turn(number) if live.was_staged]
            for turn, live in enumerate(turns):
                self.around.progress.tell("phase", block=self.block.name, cell=live.notes.cell, phase="stage")
                with self._losing(live):
                    seconds = live.worker.ask(Do(what="stage"), Sampled).seconds
                    live.stagings.append(
                        StagingRecord(
                            cell=live.notes.cell, block=self.block.name, round=number, turn=turn, seconds=seconds
                        )
                    )

    def _in_turn(self, number: int) -> list[LiveCell]:
        """Return the cells in the order of a round: A B C, then C B A, so that a drift of the host is everyone's."""
        return list(self._live) if number % 2 == 0 else list(reversed(self._live))

    def _warm_up(self) -> None:
        for live in list(self._live):
            self.around.progress.tell("phase", block=self.block.name, cell=live.notes.cell, phase="warm_up")
            with self._losing(live):
                do = Do(what="warm_up", min_seconds=self.around.settings.min_sample_seconds)
                answer = live.worker.ask(do, WarmedUp)
                live.calls = answer.calls
                live.notes.phases["warm_up"] = answer.seconds

    def _time(self) -> None:
        """Sample in rounds A B C, C B A, …: what drifts on the host drifts for every cell alike."""
        settings = self.around.settings
        begin = looked = monotonic()
        for number in range(max(settings.samples, settings.most_samples)):
            spent = monotonic() - begin
            if number >= settings.samples and spent >= settings.steady_seconds * len(self._live):
                break
            self.around.progress.tell("round", block=self.block.name, round=number + 1, rounds=settings.samples)
            for turn, live in enumerate(self._in_turn(number)):
                with self._losing(live):
                    answer = live.worker.ask(Do(what="sample", calls=live.calls), Sampled)
                    live.samples.append(
                        SampleRecord(
                            cell=live.notes.cell,
                            block=self.block.name,
                            round=number,
                            turn=turn,
                            calls=live.calls,
                            seconds=answer.seconds,
                        )
                    )
            if monotonic() - looked > _WATCH_SECONDS:
                looked = monotonic()
                for live in list(self._live):
                    with self._losing(live):
                        live.worker.check_memory()

    def _finish(self) -> None:
        """Check every cell again, and write the block's samples and records at once."""
        finished: list[CellRecord] = []
        for live in list(self._live):
            with self._losing(live):
                finished.append(self._recheck(live))
        right = {record.cell for record in finished if record.outcome != "wrong"}
        kept = [live for live in self._live if live.notes.cell in right]
        stagings = [staging for live in kept for staging in live.stagings]
        samples = [sample for live in kept for sample in live.samples]
        for taken in (stagings, samples):
            taken.sort(key=lambda one: (one.round, one.turn))
        self.around.journal.append([*stagings, *samples, *finished])
        self.records += [*stagings, *samples, *finished]
        for record in finished:
            self.around.progress.ended(record, was_checked=True)

    def _recheck(self, live: LiveCell) -> CellRecord:
        notes = live.notes
        self.around.progress.tell("phase", block=self.block.name, cell=notes.cell, phase="recheck")
        answer = live.worker.ask(Do(what="recheck"), Rechecked)
        notes.largest_error = answer.largest_error
        notes.peak_memory_bytes = live.worker.ask(Do(what="finish"), Finished).peak_memory_bytes
        if answer.difference:
            return notes.record("wrong", answer.difference, detail=live.worker.output())
        if live.checked.outcome == "captured" and answer.doubt:
            return notes.record("fallback", f"{answer.doubt} (after timing)")
        return notes.record(live.checked.outcome, live.checked.reason)

    @contextlib.contextmanager
    def _losing(self, live: LiveCell) -> Iterator[None]:
        try:
            yield
        except WorkerError as lost:
            live.worker.close()
            self._live.remove(live)
            self._settle(live.notes.lost(lost), was_checked=True)

    def _settle(self, record: CellRecord, was_checked: bool = False) -> None:
        """Write the record of a cell that will not be timed: it is final, whatever becomes of the block."""
        self.around.journal.append([record])
        self.records.append(record)
        self.around.progress.ended(record, was_checked)
