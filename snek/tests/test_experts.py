"""What experts wrote by hand is right, forward and with gradients."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("mode", ["forward", "gradient"])
def test_every_expert_answers_as_its_workload_does(tmp_path: Path, mode: str) -> None:
    command = [sys.executable, "-P", "-c", "from snek.command import main; main()", "bench", "-s", "^expert/"]
    done = subprocess.run(
        [*command, "--mode", mode, "--size", "tiny", "--samples", "2", "--time-limit", "300",
         "--results", str(tmp_path)],
        capture_output=True, text=True, timeout=1800, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    (journal,) = tmp_path.glob("*/records.jsonl")
    cells = [record for line in journal.read_text().splitlines() if (record := json.loads(line))["type"] == "cell"]
    assert {cell["cell"]["mode"] for cell in cells} == {mode}
    for cell in cells:
        # An unavailable framework is nothing against an expert.
        assert cell["outcome"] in {"captured", "fallback", "unavailable"}, (cell["cell"], cell["reason"])
