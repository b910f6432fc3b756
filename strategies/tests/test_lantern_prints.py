"""Compiled programs print as Python does: the same text, at the same moments, also before they raise."""

from __future__ import annotations

import io
import sys

import numpy as np
import pytest

import snek
from snek_strategies.backends.lantern import compiler

pytestmark = pytest.mark.skipif(compiler.compiler() is None, reason="there is no C++ compiler")


def test_what_is_printed_stands_between_what_python_prints(capfd: pytest.CaptureFixture[str]) -> None:
    def told(xs, n):
        for i in range(n):
            print(f"{i}: {xs.sum():.2f}", xs.astype("float32"), n > i, end=";\n")
            xs = xs * 2
            print("half way", file=sys.stderr)
        return xs

    staged = snek.stage(told, backend="lantern")
    texts = []
    for function, n in ((staged, snek.dynamic(2)), (told, 2)):
        print("before")
        function(np.arange(3.0), n)
        print("after")
        texts.append(tuple(capfd.readouterr()))
    assert texts[0] == texts[1]


def test_a_gradient_prints_what_its_function_prints_once(capsys: pytest.CaptureFixture[str]) -> None:
    def loss(x, n):
        for i in range(n):
            x = np.sin(x) * x
            print(i, x)
        return x

    found = snek.grad(loss, backend="lantern")(np.float64(0.7), snek.dynamic(2))
    printed = capsys.readouterr().out
    loss(np.float64(0.7), 2)
    assert printed == capsys.readouterr().out
    step = 1e-6
    assert np.isclose(found, (loss(0.7 + step, 2) - loss(0.7 - step, 2)) / (2 * step))


class Full(io.StringIO):
    """A stream that takes two writes."""

    writes = 0

    def write(self, text: str) -> int:
        self.writes += 1
        if self.writes > 2:
            raise OSError("no space left")
        return super().write(text)


def test_an_error_of_the_stream_ends_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    def counts(n):
        while n > 0:
            print(n)
            n = n - 1
        return n

    staged = snek.stage(counts, backend="lantern")
    monkeypatch.setattr(sys, "stdout", full := Full())
    with pytest.raises(OSError, match="no space left"):
        staged(snek.dynamic(5))
    assert full.getvalue() == "5\n4\n"
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert staged(snek.dynamic(2)) == 0
