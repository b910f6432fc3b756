"""What a run tells while it goes on: one event at a time, to a callback."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Literal

from snek_harness.record import Cell, CellRecord


@dataclass(frozen=True)
class Event:
    """Something happened.

    `note`: `text` says something the user should know. `block`: a comparable block begins. `cell`: a cell begins.
    `phase`: the cell's `phase` begins. `round`: `round` of `rounds` begins for the whole block. `ended`: the cell has
    its `record`.
    """

    kind: Literal["note", "block", "cell", "phase", "round", "ended"]
    done: int
    """Cells that have their outcome."""
    total: int
    seconds_left: float | None
    """An estimate from the pace so far; None before there is a pace."""
    block: str = ""
    cell: Cell | None = None
    phase: str = ""
    round: int = 0
    rounds: int = 0
    record: CellRecord | None = None
    text: str = ""


Listener = Callable[[Event], None]


def silent(event: Event) -> None:
    """Listen to nothing."""


class Progress:
    """Counts what is done and tells a listener. A cell is two halves of work: staging and checking, then timing."""

    def __init__(self, listener: Listener, total: int, done: int, clock: Callable[[], float] = monotonic) -> None:
        self.listener = listener
        self.total = total
        self.done = done
        self._clock = clock
        self._begin = clock()
        self._halves = 0
        self._halves_to_do = 2 * (total - done)

    def tell(
        self,
        kind: Literal["note", "block", "cell", "phase", "round"],
        *,
        block: str = "",
        cell: Cell | None = None,
        phase: str = "",
        round: int = 0,  # noqa: A002 - the event's own word
        rounds: int = 0,
        text: str = "",
    ) -> None:
        """Pass an event on."""
        self.listener(
            Event(
                kind,
                self.done,
                self.total,
                self._seconds_left(),
                block=block,
                cell=cell,
                phase=phase,
                round=round,
                rounds=rounds,
                text=text,
            )
        )

    def checked(self) -> None:
        """Note that a cell is staged and checked and now waits to be timed."""
        self._halves += 1

    def ended(self, record: CellRecord, was_checked: bool) -> None:
        """Note that a cell has its outcome."""
        self._halves += 1 if was_checked else 2
        self.done += 1
        self.listener(
            Event(
                "ended",
                self.done,
                self.total,
                self._seconds_left(),
                block=record.block,
                cell=record.cell,
                record=record,
            )
        )

    def _seconds_left(self) -> float | None:
        if not self._halves:
            return None
        return (self._clock() - self._begin) / self._halves * (self._halves_to_do - self._halves)
