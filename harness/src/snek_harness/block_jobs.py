"""The processes that one block needs: its preparation, the references, and one worker for each cell."""

from __future__ import annotations

import contextlib
import itertools
from dataclasses import dataclass
from pathlib import Path

from snek_harness.journal import Journal
from snek_harness.messages import Job, JobKind, Prepared, cannot_import
from snek_harness.parents import Parent, ParentError, Parents
from snek_harness.plan import Block
from snek_harness.progress import Progress
from snek_harness.record import Cell
from snek_harness.roster import Roster
from snek_harness.running import Worker, WorkerError
from snek_harness.settings import Settings
from snek_harness.values import ORACLE, reference_file


@dataclass(frozen=True)
class Surroundings:
    """What every block of a run shares."""

    roster: Roster
    parents: Parents
    journal: Journal
    settings: Settings
    progress: Progress
    scratch: Path


@dataclass(frozen=True)
class Expectation:
    """What a cell is compared with."""

    file: str
    exact_dtype: bool
    remark: str = ""
    """What the reader should know where it is not the usual."""


class BlockJobs:
    """Starts a block's processes; each raises WorkerError, with an outcome, where it does not get through."""

    def __init__(self, block: Block, around: Surroundings) -> None:
        self._block = block.name
        self._around = around
        self._folder = around.scratch / block.name.replace("/", "-")
        self._folder.mkdir()
        self._expectations: dict[str, Expectation] = {}
        self._numbers = itertools.count()

    def prepare(self, cell: Cell) -> Prepared:
        """Make the block's argument sets and the oracle's answers; raise where no cell of the block can be checked."""
        try:
            prepared = self._finish(self._job("prepare", cell), "numpy")
        except WorkerError as lost:
            # Nothing rejected anything here: the workload itself does not work.
            outcome = "crashed" if lost.outcome == "rejected" else lost.outcome
            reason = f"the workload cannot be prepared: {lost.reason}"
            raise WorkerError(outcome, reason, lost.detail, lost.error) from lost
        if prepared.difference:
            raise WorkerError("crashed", f"the workload's oracle and witness differ {prepared.difference}")
        return prepared

    def expectation(self, cell: Cell) -> Expectation:
        """Return what the cell must answer: the oracle for a reference, else what its reference answers."""
        reference = self._around.roster.strategy(cell.strategy, cell.device).reference
        if cell.strategy == reference:
            return Expectation(ORACLE, exact_dtype=False)
        if reference not in self._expectations:
            self._expectations[reference] = self._run_reference(reference, cell)
        return self._expectations[reference]

    def start(self, cell: Cell, expectation: Expectation) -> Worker:
        """Start the cell's worker."""
        strategy = self._around.roster.strategy(cell.strategy, cell.device)
        job = self._job("cell", cell, expected=expectation.file, exact_dtype=expectation.exact_dtype)
        worker = self._start(job, strategy.framework, cell)
        failures = self._parent(strategy.framework, cell.device).failures
        for module in strategy.imports:
            if module in failures:
                worker.close()
                broken = cannot_import(module, failures[module])
                raise WorkerError(broken.outcome, broken.reason, broken.detail, broken.error)
        return worker

    def import_seconds(self, cell: Cell) -> float:
        """Return what importing the cell's framework took: once for all its cells, or in its own spawned process."""
        strategy = self._around.roster.strategy(cell.strategy, cell.device)
        imports = self._parent(strategy.framework, cell.device).imports
        return sum(imports.get(module, 0.0) for module in strategy.imports)

    def _run_reference(self, reference: str, cell: Cell) -> Expectation:
        """Run the reference in a process of its own, so that the cells start cold; else use the oracle and say so."""
        doubt = self._around.roster.missing(reference, cell.device)
        if not doubt:
            framework = self._around.roster.strategy(reference, cell.device).framework
            try:
                job = self._job("reference", cell, strategy=reference, expected=ORACLE)
                doubt = self._finish(job, framework).difference
            except WorkerError as lost:
                doubt = lost.reason
        if not doubt:
            return Expectation(reference_file(reference), exact_dtype=True)
        return Expectation(ORACLE, False, f"checked against the oracle, because {reference} is no reference: {doubt}")

    def _job(
        self, kind: JobKind, cell: Cell, *, strategy: str = "", expected: str = "", exact_dtype: bool = True
    ) -> Job:
        settings = self._around.settings
        scratch = self._folder / f"{kind}-{next(self._numbers)}"
        scratch.mkdir()
        return Job(
            kind=kind, workload=cell.workload, strategy=strategy or cell.strategy, size=cell.size, device=cell.device,
            seed=settings.seed, argument_sets=settings.argument_sets, threads=settings.threads,
            folder=str(self._folder), scratch=str(scratch), expected=expected, exact_dtype=exact_dtype,
            mode=cell.mode,
        )  # fmt: skip

    def _finish(self, job: Job, framework: str) -> Prepared:
        with contextlib.closing(self._start(job, framework, None)) as worker:
            return worker.receive(Prepared)

    def _start(self, job: Job, framework: str, cell: Cell | None) -> Worker:
        if not self._around.parents.is_running(framework, job.device):
            self._around.progress.tell("phase", block=self._block, cell=cell, phase="import")

        def on_phase(phase: str) -> None:
            self._around.progress.tell("phase", block=self._block, cell=cell, phase=phase)

        return Worker(self._parent(framework, job.device), job, self._around.settings, on_phase)

    def _parent(self, framework: str, device: str) -> Parent:
        try:
            return self._around.parents.get(framework, device)
        except ParentError as error:
            raise WorkerError("crashed", str(error)) from error
