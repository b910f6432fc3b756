"""The exit code that a run's records call for."""

from __future__ import annotations

from collections.abc import Iterable

from snek_harness.record import TIMED_OUTCOMES, CellRecord, Record

OK = 0
SNEK_WRONG = 1
NOTHING_MEASURED = 3
SOME_BROKEN = 4

_BROKEN = frozenset({"crashed", "timed_out", "out_of_memory"})


def built_on_snek(strategy: str) -> bool:
    """Tell whether a strategy is built on Snek's core; every other one is a rival.

    >>> [built_on_snek(name) for name in ("snek/interpret", "autograph/snek", "autograph/tensorflow")]
    [True, True, False]
    """
    return any(part == "snek" or part.startswith("snek-") for part in strategy.split("/"))


def exit_code(records: Iterable[Record]) -> int:
    """Return 1 where a Snek strategy is wrong, 3 where no cell has a time, 4 where some cells broke down, else 0.

    The last record of a cell counts. A rival that is wrong, or anything rejected, is a finding and no error.
    """
    last = {record.cell: record for record in records if isinstance(record, CellRecord)}
    outcomes = {record.outcome for record in last.values()}
    if any(record.outcome == "wrong" and built_on_snek(cell.strategy) for cell, record in last.items()):
        return SNEK_WRONG
    if not outcomes & TIMED_OUTCOMES:
        return NOTHING_MEASURED
    return SOME_BROKEN if outcomes & _BROKEN else OK
