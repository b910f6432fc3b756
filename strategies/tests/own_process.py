"""Scripts of tests in processes of their own: frameworks that must not share one, and columns that take long."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from snek_strategies.backends.registry import BACKENDS

TESTS = Path(__file__).parent


@cache
def said_by(script: str, *words: str, timeout: float = 900) -> Any:
    """Return what a script says, as JSON in its last line; it runs once for the same words."""
    command = [sys.executable, "-P", str(TESTS / script), *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout)
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])


def column_of(script: str, backend: str, *words: str) -> Any:
    """Return what a script says of a back-end; skips the test where it cannot run here."""
    reason = BACKENDS[backend].missing()
    if reason:
        pytest.skip(reason)
    return said_by(script, backend, *words)
