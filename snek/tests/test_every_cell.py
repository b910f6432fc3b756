"""Every strategy on every workload at size tiny ends as `results/expected/tiny.json` says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from snek_strategies.registry import STRATEGIES
from snek_workloads.registry import names

ROOT = Path(__file__).parents[2]
EXPECTED = json.loads((ROOT / "results" / "expected" / "tiny.json").read_text())


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], tuple[str, str]]:
    folder = tmp_path_factory.mktemp("runs")
    command = [sys.executable, "-P", "-c", "from snek.command import main; main()"]
    done = subprocess.run(
        [*command, "bench", "--size", "tiny", "--samples", "2", "--time-limit", "300", "--results", str(folder)],
        capture_output=True, text=True, timeout=3000, cwd=folder,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    (journal,) = folder.glob("*/records.jsonl")
    records = [json.loads(line) for line in journal.read_text().splitlines()]
    found = {
        (record["cell"]["workload"], record["cell"]["strategy"]): (record["outcome"], record.get("reason", ""))
        for record in records
        if record["type"] == "cell"
    }
    manifest = json.loads(next(folder.glob("*/manifest.json")).read_text())
    skipped = {
        (skip["cell"]["workload"], skip["cell"]["strategy"]): ("skipped", skip["reason"])
        for skip in manifest["skipped"]
    }
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
