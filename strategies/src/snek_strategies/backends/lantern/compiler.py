"""The system's C++ compiler: source text to a shared library."""

from __future__ import annotations

import importlib.util
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from snek_strategies.backends.backend import Unavailable

RUNTIME = Path(__file__).parent / "runtime"
FLAGS = (
    "-std=c++17", "-O3", "-march=native", "-fPIC", "-shared", "-fwrapv", "-fno-math-errno", "-fno-trapping-math",
    "-fopenmp-simd", "-ffp-contract=off",
)  # fmt: skip
"""Numbers are as IEEE 754 says; a sum's order is the only freedom that the source gives the compiler."""


def compiler() -> str | None:
    """Return the compiler's path, or None where there is none. `$CXX`, where set, is the only one asked for."""
    named = shlex.split(os.environ.get("CXX", ""))
    found = next((path for name in (named[:1] or ("g++", "c++", "clang++")) if (path := shutil.which(name))), None)
    return sys.executable if found is None and not named and _zig() else found


def command(source: str = "program.cpp", made: str = "program.so") -> list[str]:
    """Return the command that compiles a program."""
    name, *words = shlex.split(os.environ.get("CXX", "")) or ["g++"]
    found = compiler() or name
    if found == sys.executable and not os.environ.get("CXX"):
        words = ["-m", "ziglang", "c++"]
    return [found, *words, *FLAGS, *_own_flags(found), f"-I{RUNTIME}", source, "-o", made]


def _own_flags(found: str) -> tuple[str, ...]:
    """Return what only GCC knows: copies of a recursion by its depth would take longest to compile, and run no faster.

    On x86-64 it would keep the numbers of a plain loop in vector registers besides.
    """
    if re.match(r"([\w-]+-)?g\+\+", Path(found).name) is None:
        return ()
    return ("-fno-ipa-cp-clone", *(("-mno-stv",) if platform.machine() == "x86_64" else ()))


def _zig() -> bool:
    """Tell whether Zig's compiler is installed as a package: it compiles C++ and needs nothing of the system's."""
    return importlib.util.find_spec("ziglang") is not None


def build(source: str) -> Path:
    """Compile a program in a new private folder, and return the shared library. Raises Unavailable where it cannot."""
    folder = Path(tempfile.mkdtemp(prefix="snek-lantern-"))
    (folder / "program.cpp").write_text(source)
    made = folder / "program.so"
    done = subprocess.run(  # noqa: S603 - the compiler's path is looked up, the text was written here
        command(str(folder / "program.cpp"), str(made)), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Unavailable(f"the C++ compiler refused a program: {done.stderr.strip()[:2000]}; see {folder}")
    return made
