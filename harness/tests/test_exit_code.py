from __future__ import annotations

import pytest

from snek_harness.exit_code import exit_code
from snek_harness.record import Cell, CellRecord, Outcome, Record, SkipRecord


def record(strategy: str, outcome: Outcome, block: str = "b#1") -> CellRecord:
    evidence = {"python_calls": 0} if outcome == "captured" else {}
    cell = Cell(workload="w", strategy=strategy, size="tiny")
    return CellRecord(cell=cell, block=block, outcome=outcome, reason="because", evidence=evidence)


GOOD = record("eager/numpy", "reference")


@pytest.mark.parametrize(
    ("records", "code"),
    [
        ([GOOD, record("snek/interpret", "captured")], 0),
        ([GOOD, record("trace/torch", "wrong")], 0),
        ([GOOD, record("snek/interpret", "rejected")], 0),
        ([GOOD, record("snek/interpret", "wrong")], 1),
        ([GOOD, record("autograph/snek", "wrong"), record("trace/jax", "crashed")], 1),
        ([record("snek/interpret", "wrong")], 1),
        ([], 3),
        ([record("trace/torch", "unavailable")], 3),
        ([record("trace/torch", "crashed")], 3),
        ([SkipRecord(cell=GOOD.cell, reason="no")], 3),
        ([GOOD, record("trace/torch", "crashed")], 4),
        ([GOOD, record("trace/torch", "timed_out")], 4),
        ([GOOD, record("trace/torch", "out_of_memory")], 4),
        ([GOOD, record("trace/torch", "crashed"), record("trace/torch", "captured", "b#2")], 0),
    ],
)
def test_the_exit_code_says_the_gravest(records: list[Record], code: int):
    assert exit_code(records) == code
