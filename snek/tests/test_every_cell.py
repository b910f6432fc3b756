"""Every strategy on every workload at size tiny ends as `results/expected/tiny.json` says."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from snek_strategies.registry import STRATEGIES
from snek_workloads.registry import names

ROOT = Path(__file__).parents[2]
EXPECTED = json.loads((ROOT / "results" / "expected" / "tiny.json").read_text())


@pytest.fixture(scope="module")
def outcomes(
    measured: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[str, str], tuple[str, str]]:
    plan, records = measured(tmp_path_factory.mktemp("runs"))
    found = {(one.cell.workload, one.cell.strategy): (one.outcome, one.reason) for one in records}
    skipped = {(skip.cell.workload, skip.cell.strategy): ("skipped", skip.reason) for skip in plan.skipped}
    return found | skipped


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("workload", names())
def test_the_outcome_is_the_expected_one(
    outcomes: dict[tuple[str, str], tuple[str, str]], workload: str, strategy: str
) -> None:
    outcome, reason = outcomes[workload, strategy]
    assert outcome == EXPECTED[workload][strategy], reason


def test_expectations_name_nothing_that_is_not_there() -> None:
    assert {w: set(row) for w, row in EXPECTED.items()} == {w: set(STRATEGIES) for w in names()}
