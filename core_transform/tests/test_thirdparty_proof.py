"""The proof on third-party packages runs, and fails where nothing is virtualized."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

SUITE = Path(__file__).parent.parent / "proofs" / "thirdparty" / "suite.py"
pytestmark = pytest.mark.skipif(importlib.util.find_spec("toolz") is None, reason="toolz is not installed")


def proof(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SUITE), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def test_it_fails_where_nothing_is_virtualized() -> None:
    done = proof("--identity", "toolz/all")
    assert done.returncode == 1
    assert "left out: toolz/all: nothing of it was virtualized" in done.stdout


def test_a_package_that_runs_as_plain_python_passes() -> None:
    done = proof("toolz")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "forced: 1 modules" in done.stdout
    assert "0 refused, 0 tests excepted, 0 different" in done.stdout


def test_an_unknown_package_is_named() -> None:
    done = proof("nothing")
    assert done.returncode == 2
    assert "unknown packages: nothing" in done.stderr
