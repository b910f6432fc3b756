"""The proof on third-party packages runs, and fails where nothing is virtualized."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

SUITE = Path(__file__).parent.parent / "proofs" / "thirdparty" / "suite.py"
pytestmark = pytest.mark.skipif(importlib.util.find_spec("networkx") is None, reason="networkx is not installed")


def proof(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SUITE), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def test_it_fails_where_nothing_is_virtualized() -> None:
    done = proof("--identity", "networkx/algorithms/minors")
    assert done.returncode == 1
    assert "left out: networkx/algorithms/minors: nothing of it was virtualized" in done.stdout


def test_an_unknown_package_is_named() -> None:
    done = proof("nothing")
    assert done.returncode == 2
    assert "unknown packages: nothing" in done.stderr
