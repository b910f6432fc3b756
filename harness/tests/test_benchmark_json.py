from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from snek_harness.record import SampleRecord


def test_pytest_benchmark_reads_a_run_and_compares_its_cells(
    plants: Path, run_plan: Callable[..., Any], tmp_path: Path
):
    ran = run_plan(tmp_path, ["power", "collatz"], ["eager/numpy", "plants:Honest"])
    file = ran.folder.benchmark_json
    done = subprocess.run(
        [sys.executable, "-m", "pytest_benchmark", "compare", str(file), "--columns=median,rounds", "--group-by=group"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert "test_cell[power-eager/numpy-tiny-cpu]" in done.stdout
    assert "test_cell[collatz-eager/numpy-tiny-cpu]" in done.stdout
    # A cell without a time has no benchmark.
    assert "plants:Honest" not in done.stdout
    benchmarks = json.loads(file.read_bytes())["benchmarks"]
    power = next(b for b in benchmarks if "power" in b["name"])
    taken = [r.seconds / r.calls for r in ran.records if isinstance(r, SampleRecord) and r.cell.workload == "power"]
    assert power["stats"]["data"] == taken
    assert power["stats"]["min"] == min(taken)
