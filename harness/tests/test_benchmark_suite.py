from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


def suite(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    quick = ["--benchmark-min-rounds=2", "--benchmark-max-time=0.01", "-p", "no:cacheprovider", "-rs"]
    command = [sys.executable, "-m", "pytest", str(BENCHMARKS), *quick, *options]
    # Inside a worker of pytest-xdist, pytest-benchmark times nothing; this process is none.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_XDIST")}
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment)


def test_the_fixture_of_pytest_benchmark_drives_cells_of_one_framework(tmp_path: Path):
    file = tmp_path / "benchmarks.json"
    chosen = ["--snek-workload", "power", "--snek-workload", "collatz", "--snek-strategy", "eager/numpy"]
    done = suite(tmp_path, *chosen, "--benchmark-json", str(file))
    assert done.returncode == 0, done.stdout + done.stderr
    names = [benchmark["name"] for benchmark in json.loads(file.read_bytes())["benchmarks"]]
    assert sorted(names) == ["test_cell[collatz-eager/numpy]", "test_cell[power-eager/numpy]"]


def test_a_second_framework_is_skipped_with_the_reason(tmp_path: Path):
    missing = [name for name in ("torch", "jax") if not _installed(name)]
    if missing:
        pytest.skip(f"{missing[0]} is not installed")
    done = suite(tmp_path, "--snek-workload", "power", "--snek-strategy", "eager/torch", "--snek-strategy", "eager/jax")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed, 1 skipped" in done.stdout
    assert "torch is already imported here" in done.stdout


def test_an_unknown_workload_stops_the_suite_and_the_known_are_listed(tmp_path: Path):
    done = suite(tmp_path, "--snek-workload", "nonesuch")
    assert done.returncode == pytest.ExitCode.INTERRUPTED
    assert "collatz" in done.stdout + done.stderr


def test_the_suite_is_left_out_where_it_is_not_named():
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--collect-only",
        "-q",
        str(BENCHMARKS.parent),
        "-k",
        "suite or test_cell",
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    assert "benchmarks/test_cells.py" not in done.stdout
    assert "test_benchmark_suite.py" in done.stdout


def _installed(name: str) -> bool:
    from importlib.util import find_spec

    return find_spec(name) is not None
