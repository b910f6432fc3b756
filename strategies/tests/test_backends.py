"""Constructs × back-ends: each is right on both sides of its choices or refused at its place, as the table says."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from snek_strategies.backends.registry import BACKENDS
from snek_workloads.registry import names

TESTS = Path(__file__).parent
sys.path.append(str(TESTS))
from backend_programs import PROGRAMS  # noqa: E402
from own_process import column_of  # noqa: E402

TABLE: dict[str, dict[str, str]] = json.loads((TESTS.parents[1] / "results/expected/backends.json").read_text())
ROWS = [*PROGRAMS, *(f"workload {name}" for name in names())]


def answers(backend: str) -> dict[str, Any]:
    """Run a back-end's whole column in one process of its own."""
    found: dict[str, Any] = column_of("run_backends.py", backend)
    return found


def test_the_table_has_every_row_and_every_back_end() -> None:
    assert list(TABLE) == ROWS
    assert all(list(row) == list(BACKENDS) for row in TABLE.values())
    assert all(row["interpret"] == "right" for row in TABLE.values())


@pytest.mark.parametrize(("backend", "row"), [(backend, row) for backend in BACKENDS for row in ROWS])
def test_a_construct_is_right_or_refused_as_the_table_says(backend: str, row: str) -> None:
    verdict = answers(backend)[row]
    kind, _, why = verdict.partition(": ")
    assert kind == TABLE[row][backend], verdict
    assert kind == "right" or f"back-end {backend!r} cannot express" in why, verdict


@pytest.mark.parametrize("backend", [one for one in BACKENDS if one != "interpret"])
def test_an_int_that_the_machine_cannot_hold_is_said(backend: str) -> None:
    fits, leaves = answers(backend)["overflow"]
    assert fits == "True"
    assert "leaves the 64 bits" in leaves
