"""The back-ends by name: a missing framework is said, a back-end's own texts are had, nothing compiles too early."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import numpy as np
import pytest

import snek
from snek_strategies.backends.backend import LoweredProgram, Run
from snek_strategies.backends.registry import BACKENDS, Backend
from snek_strategies.ir.interpret import Interpreter


def double(x):
    return x * 2


class Counting(LoweredProgram):
    kinds = ("poem",)
    compiled = 0

    def compile(self) -> Run:
        type(self).compiled += 1
        return Interpreter(self.program)

    def as_text(self, kind: str) -> str:
        return "two of x" if kind == "poem" else super().as_text(kind)


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> type[Counting]:
    made = type("Made", (Counting,), {})
    monkeypatch.setitem(sys.modules, "planted", SimpleNamespace(Made=made))  # type: ignore[arg-type]
    monkeypatch.setitem(BACKENDS, "planted", Backend("planted:Made"))
    return made


def test_tracing_and_lowering_compile_nothing_and_calls_compile_once(counting: type[Counting]) -> None:
    staged = snek.stage(double, backend="planted")
    lowered = staged.trace(np.float64(1)).lower()
    assert counting.compiled == 0
    assert [staged(np.float64(one)) for one in (1, 2)] == [2, 4]
    assert counting.compiled == 1
    assert lowered.compile()(np.float64(4)) == 8


def test_a_back_end_has_its_own_texts_besides_those_of_every_program(counting: type[Counting]) -> None:  # noqa: ARG001
    lowered = snek.stage(double, backend="planted").trace(np.float64(1)).lower()
    assert lowered.as_text("poem") == "two of x"
    assert "multiply" in lowered.as_text("ir")
    with pytest.raises(snek.UsageError, match="source, ir, sexpr, poem"):
        lowered.as_text("prose")


def test_a_missing_framework_is_said_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(BACKENDS, "planted", Backend("planted:Made", ("snek_absent",)))
    with pytest.raises(snek.Unavailable, match=r"'planted' cannot run here: module 'snek_absent' is not installed"):
        snek.stage(double, backend="planted")(np.float64(1))


def test_what_else_is_missing_is_said_too(counting: type[Counting], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "missing", classmethod(lambda _: "there is no compiler; install one"))
    with pytest.raises(snek.Unavailable, match="cannot run here: there is no compiler"):
        snek.stage(double, backend="planted")(np.float64(1))
