"""The proof on the interpreter's own tests runs, and fails where nothing is virtualized."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

SUITE = Path(__file__).parent.parent / "proofs" / "cpython" / "suite.py"
pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("test.test_with") is None, reason="this Python has no test package"
)


def proof(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SUITE), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_a_module_that_runs_as_plain_python_passes() -> None:
    done = proof("test_with", "test_scope")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "forced: 2 modules" in done.stdout
    assert "0 refused, 0 tests excepted, 0 different" in done.stdout
    assert "firings: " in done.stdout


def test_it_fails_where_nothing_is_virtualized() -> None:
    done = proof("--identity", "test_with")
    assert done.returncode == 1
    assert "left out: test_with: nothing of it was virtualized" in done.stdout


def test_an_unknown_module_is_named() -> None:
    done = proof("test_of_nothing")
    assert done.returncode == 2
    assert "unknown test modules: test_of_nothing" in done.stderr
