"""C++ by hand: compile a text and call its function."""

from __future__ import annotations

import ctypes
import os
import shlex
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

FLAGS = ("-std=c++17", "-O3", "-march=native", "-fPIC", "-shared", "-fwrapv", "-fopenmp-simd")


def compiled(source: str) -> Callable[..., None]:
    """Compile `source`, which defines `extern "C" void run(...)`, and return that function.

    Raises subprocess.CalledProcessError where the compiler refuses it.
    """
    folder = Path(tempfile.mkdtemp(prefix="snek-expert-"))
    text, made = folder / "expert.cpp", folder / "expert.so"
    text.write_text(source)
    command = [*shlex.split(os.environ.get("CXX", "g++")), *FLAGS, str(text), "-o", str(made)]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own text, the user's compiler
    run = ctypes.CDLL(str(made)).run
    run.restype = None
    return run
