"""Which C++ compiler Lantern takes, and with what words."""

from __future__ import annotations

import shutil

import pytest

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
