"""Every elementwise function and operator of numbers is right on special ones or refused by name, on every back-end."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from snek_strategies.backends.registry import BACKENDS

TESTS = Path(__file__).parent
sys.path.append(str(TESTS))
from own_process import column_of  # noqa: E402
from run_special_numbers import parts  # noqa: E402
from special_numbers import KINDS, PARTS, PYTHONS  # noqa: E402

TABLE: dict[str, dict[str, list[str]]] = json.loads(
    (TESTS.parents[1] / "results/expected/special_numbers.json").read_text()
)


def test_the_table_has_every_back_end_and_each_is_tested_on_pythons_numbers() -> None:
    assert list(TABLE) == list(BACKENDS)
    for backend in BACKENDS:
        kinds = PARTS.get(backend, KINDS)
        assert set(kinds) & set(PYTHONS)
        assert set(TABLE[backend]) <= set(kinds) <= set(KINDS)


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_is_done_with_special_numbers_is_right_or_refused_by_name(backend: str) -> None:
    found: dict[str, str] = column_of("run_special_numbers.py", backend)
    assert {case: said for case, said in found.items() if said != "right" and not said.startswith("refused: ")} == {}
    refused: dict[str, list[str]] = {}
    for case, said in found.items():
        if said != "right":
            name, _, kind = case.rpartition(" of ")
            refused.setdefault(kind, []).append(name)
    assert refused == TABLE[backend]


@pytest.mark.parametrize(
    ("want", "got"),
    [(0.0, -0.0), (1, 1.0), (1, True), (2.0, 2.1), (ValueError("a"), ValueError("b")), (ZeroDivisionError("a"), 1.0)],
)
def test_outcomes_that_differ_in_sign_type_value_or_text_are_told_apart(want: object, got: object) -> None:
    assert parts(want, got)
    assert not parts(want, want)
