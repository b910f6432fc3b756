"""Turn what a worker said, or how it ended, into the record of a cell."""

from __future__ import annotations

from snek_harness.messages import Checked, Prepared
from snek_harness.record import Cell, CellRecord, Outcome, Phase
from snek_harness.running import WorkerError
from snek_harness.scrub import scrub


class CellNotes:
    """What is known of a cell while its block runs."""

    def __init__(self, cell: Cell, block: str, started: str) -> None:
        self.cell = cell
        self.block = block
        self.started = started
        self.prepared = Prepared()
        self.checked: Checked | None = None
        self.phases: dict[Phase, float] = {}
        self.largest_error: float | None = None
        self.peak_memory_bytes: int | None = None
        self.remark = ""
        """What the reader should know about how the cell was checked."""

    def record(self, outcome: Outcome, reason: str = "", *, kind: str = "", detail: str = "") -> CellRecord:
        """Return the cell's record with this outcome."""
        checked = self.checked
        return CellRecord(
            cell=self.cell,
            block=self.block,
            outcome=outcome,
            reason=scrub(reason),
            kind=kind,
            detail=scrub("\n".join(filter(None, [self.remark, detail]))),
            phases=self.phases,
            peak_memory_bytes=self.peak_memory_bytes,
            largest_error=self.largest_error,
            argument_sets=checked.argument_sets if checked else 0,
            evidence=checked.evidence if checked else {},
            flops=self.prepared.flops,
            bytes_moved=self.prepared.bytes_moved,
            started=self.started,
        )

    def lost(self, lost: WorkerError) -> CellRecord:
        """Return the record of a cell whose worker did not get through."""
        self.phases |= lost.phases
        return self.record(lost.outcome, lost.reason, kind=lost.error, detail=lost.detail)
