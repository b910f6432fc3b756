"""Which C++ compiler Lantern takes, and with what words."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

import snek
from snek_strategies.backends.lantern import compiler


def test_cxx_names_the_compiler_and_its_first_words(monkeypatch: pytest.MonkeyPatch) -> None:
    python = shutil.which("python3")
    monkeypatch.setenv("CXX", "python3 -m ziglang c++")
    assert compiler.compiler() == python
    assert compiler.command()[:4] == [python, "-m", "ziglang", "c++"]


def test_a_cxx_that_is_not_there_is_not_replaced_by_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    assert compiler.compiler() is None
    assert compiler.command()[0] == "no-such-compiler"


def only_ziglang(monkeypatch: pytest.MonkeyPatch, found: object) -> None:
    """Let there be no compiler of the system's, and `ziglang` only where `found` stands for it."""
    real = importlib.util.find_spec
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setattr(compiler.shutil, "which", lambda name: None)
    monkeypatch.setattr(compiler.importlib.util, "find_spec", lambda name: found if name == "ziglang" else real(name))


def test_ziglang_is_the_compiler_where_it_is_the_only_one(monkeypatch: pytest.MonkeyPatch) -> None:
    only_ziglang(monkeypatch, object())
    assert compiler.compiler() == sys.executable
    assert compiler.command()[:4] == [sys.executable, "-m", "ziglang", "c++"]


def test_without_any_compiler_the_backend_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    only_ziglang(monkeypatch, None)
    assert compiler.compiler() is None
    with pytest.raises(ImportError, match="install g.*ziglang"):
        snek.stage(_twice, backend="lantern")(np.float64(1.0))


def _twice(x: np.float64) -> np.float64:
    return x * 2.0


def test_ziglang_compiles_a_program_that_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("ziglang")
    monkeypatch.setenv("CXX", f"{sys.executable} -m ziglang c++")
    monkeypatch.setenv("SNEK_CACHE_DIR", str(tmp_path / "kept"))
    assert snek.stage(_twice, backend="lantern")(np.float64(1.5)) == 3.0


@pytest.mark.parametrize(("name", "said"), [("g++", True), ("x86_64-linux-gnu-g++-12", True), ("clang++", False)])
def test_only_gcc_is_given_flags_of_its_own(name: str, said: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setattr(compiler, "compiler", lambda: f"/usr/bin/{name}")
    assert ("-mno-stv" in compiler.command()) is ("-fno-ipa-cp-clone" in compiler.command()) is said
