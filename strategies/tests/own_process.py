"""Scripts of tests in processes of their own: frameworks that must not share one, and columns that take long."""

from __future__ import annotations

import atexit
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
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


@cache
def said_on(backend: str, script: str, *words: str) -> Any:
    """Return what a script says of a back-end, as `said_by` does; what the back-end imports was imported before."""
    return _warm(BACKENDS[backend].imports).said_by(script, backend, *words)


def column_of(script: str, backend: str, *words: str) -> Any:
    """Return what a script says of a back-end; skips the test where it cannot run here."""
    reason = BACKENDS[backend].missing()
    if reason:
        pytest.skip(reason)
    return said_on(backend, script, *words)


class _Warm:
    """A process that has imported modules, and forks one for each script (`warm_process.py`)."""

    def __init__(self, modules: tuple[str, ...]) -> None:
        command = [sys.executable, "-P", str(TESTS / "warm_process.py"), *modules]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        atexit.register(self.close)

    def said_by(self, script: str, *words: str, timeout: float = 900) -> Any:
        """Return what a script says, as JSON in its last line."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with tempfile.TemporaryDirectory() as folder:
            output, errors = (Path(folder, name) for name in ("output", "errors"))
            line = json.dumps([str(TESTS / script), words, str(output), str(errors)])
            print(line, file=self._process.stdin, flush=True)
            with selectors.DefaultSelector() as waiting:
                waiting.register(self._process.stdout, selectors.EVENT_READ)
                if not waiting.select(timeout):
                    self.close()
                    raise AssertionError(f"{script} {words} has no end within {timeout:g} s")
            status = self._process.stdout.readline().strip()
            said = errors.read_text() if errors.exists() else ""
            assert status == "0", f"{script} {words} ended with {status!r}: {said[-4000:]}"
            return json.loads(output.read_text().splitlines()[-1])

    def close(self) -> None:
        """End the process, and with it the script that it may be at."""
        with self._process:
            if self._process.poll() is None:
                os.killpg(self._process.pid, signal.SIGKILL)


@cache
def _warm(modules: tuple[str, ...]) -> _Warm:
    return _Warm(modules)
