"""Under `nox -s sanitize`, the sanitizers are there and see what a program does wrong."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif("-fsanitize" not in os.environ.get("CXX", ""), reason="run by nox -s sanitize")

PLANTED = {
    "a read beyond an array": (
        "int f(int n) { int *volatile a = new int[4]; int r = a[n + 4]; delete[] a; return r; }",
        "heap-buffer",
    ),
    "a division by zero": ("int f(int n) { return 7 / n; }", "division by zero"),
}


@pytest.mark.parametrize("name", list(PLANTED))
def test_a_planted_fault_ends_the_process_with_its_name(name: str) -> None:
    source, said = PLANTED[name]
    text = (
        "import ctypes; from snek_strategies.backends.lantern.compiler import build; "
        f"ctypes.CDLL(str(build({'extern ' + chr(34) + 'C' + chr(34) + ' ' + source!r}))).f(0)"
    )
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=300)
    assert done.returncode != 0
    assert said in done.stderr
