"""With `memory="sqrt"` a gradient is the same, from memory that grows with the root of a loop's trips."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import snek
from snek_strategies.backends.lower_lists import ListOverflow
from snek_strategies.backends.lower_tapes import lower_tapes
from snek_strategies.backends.registry import known
from snek_strategies.ir.interpret import Interpreter
from snek_strategies.ir.passes.optimize import optimized

sys.path.append(str(Path(__file__).parent))
from gradient_programs import CONSTRUCTS, X, loop  # noqa: E402
from test_gradient_memory import NEEDS_LANTERN, run  # noqa: E402

HERE = [name for name in ("interpret", "lantern") if known(name).missing() is None]


def trained(x):
    w = x * 0.1
    for _ in range(20):
        h, scale = x * 0, np.cos(w)
        for _ in range(17):
            h = np.tanh(h * w + scale)
        w = w - 0.1 * (h - x) * h
    return (w * w).sum()


def steps_by_data(x):
    left, s = x[1] * 4, x[0]
    while left > 0:
        step = np.minimum(0.05 + s * s * 0.1, left)
        s = s + step * np.sin(x[2] - s)
        left = left - step
    return s


def made_in_a_loop(x):
    def go(v, n, u):
        return v if n < 1 else go(np.tanh(v * u), n - 1, u)

    total = x[0] * 0
    for i in range(20):
        x = go(x, i % 5, x * (i + 1))
        total = total + x[1]
    return total


LOOPS = [one for one in CONSTRUCTS if "for " in inspect.getsource(one) or "while " in inspect.getsource(one)]
ON_LANTERN = (
    "until",
    "stores",
    "nested_loops",
    "recursion_in_a_loop",
    "loop_in_recursion",
    "trained",
    "made_in_a_loop",
)
"""Each takes a second to compile twice."""


@pytest.mark.parametrize(
    ("function", "backend"),
    [
        (one, backend)
        for backend in HERE
        for one in (*LOOPS, trained, steps_by_data, made_in_a_loop)
        if backend == "interpret" or one.__name__ in ON_LANTERN
    ],
)
def test_the_gradient_is_the_same_to_the_last_bit(function: Callable[..., Any], backend: str) -> None:
    for x in (X, np.array([0.3, 0.45, 0.9])):
        want = snek.value_and_grad(function, backend=backend)(x)
        got = snek.value_and_grad(function, backend=backend, memory="sqrt")(x)
        np.testing.assert_array_equal(got[0], want[0])
        np.testing.assert_array_equal(got[1], want[1])


@pytest.mark.parametrize("function", [loop, trained, steps_by_data])
def test_the_gradient_is_that_of_finite_differences(function: Callable[..., Any]) -> None:
    x = np.array([0.5, 1.5, 0.7])
    want = [(function(x + one) - function(x - one)) / 2e-6 for one in np.eye(3) * 1e-6]
    np.testing.assert_allclose(snek.grad(function, memory="sqrt")(x), want, rtol=1e-5)


@pytest.mark.parametrize("backend", HERE)
def test_arrays_of_every_size_are_kept_at_the_begin_of_segments(backend: str) -> None:
    def decays(x, n):
        for _ in range(n):
            x = np.sin(x) * x
        return x.sum()

    in_segments = snek.grad(decays, backend=backend, memory="sqrt")
    for size in (3, 4, 5, 7):
        x, n = np.linspace(0.5, 1.4, size), snek.dynamic(30)
        np.testing.assert_array_equal(in_segments(x, n), snek.grad(decays, backend=backend)(x, n))


def many(x, n):
    for _ in range(n):
        x = np.sin(x) * x
    return x


def test_a_loop_of_a_thousand_trips_has_room_in_a_few_dozen_rows() -> None:
    def lowered(memory: str, room: int) -> Interpreter:
        traced = snek.grad(many, memory=memory).trace(np.float64(0.7), snek.dynamic(5))
        return Interpreter(lower_tapes(optimized(traced.staged.program), room))

    with pytest.raises(ListOverflow):
        lowered("all", 999)(np.float64(0.7), 1000)
    # 1 + 2 + … + 45 are more than 1000.
    assert lowered("sqrt", 45)(np.float64(0.7), 1000) == lowered("all", 1000)(np.float64(0.7), 1000)
    with pytest.raises(ListOverflow):
        lowered("sqrt", 44)(np.float64(0.7), 1000)


@NEEDS_LANTERN
def test_a_million_trips_take_next_to_no_memory() -> None:
    found, once, often = run("segments")
    rows, _, _ = run("million")
    assert found == rows
    # A row a trip takes 16 MB.
    assert often < 2e6, (once, often)


def test_a_loop_that_runs_again_prints_once(capsys: pytest.CaptureFixture[str]) -> None:
    def prints(x, n):
        for i in range(n):
            x = np.sin(x) * x
            if i == 7:
                print("seven", i)
        return x

    snek.grad(prints, memory="sqrt")(np.float64(0.7), snek.dynamic(20))
    assert capsys.readouterr().out == "seven 7\n"


def test_what_cannot_run_again_is_refused_at_its_place() -> None:
    def says(x, n):
        if n < 1:
            return x
        print(n)
        return says(np.sin(x), n - 1)

    def calls(x, n):
        for _ in range(n):
            x = says(x, n - 1)
        return x

    with pytest.raises(snek.StagingError, match=r"test_gradient_segments\.py:\d+.* prints in a function") as caught:
        snek.grad(calls, memory="sqrt").trace(np.float64(0.7), snek.dynamic(5))
    assert caught.value.code == "SNK0218"

    with pytest.raises(snek.StagingError, match="what another gradient needs; give memory='sqrt' to the inner"):
        snek.grad(snek.grad(many), memory="sqrt").trace(np.float64(0.7), snek.dynamic(5))


def test_a_gradient_in_segments_has_a_gradient() -> None:
    x, n = np.float64(0.7), snek.dynamic(30)
    want = snek.grad(snek.grad(many))(x, n)
    assert snek.grad(snek.grad(many, memory="sqrt"))(x, n) == pytest.approx(want, rel=1e-12)


def test_an_unknown_memory_is_refused_by_name() -> None:
    with pytest.raises(snek.UsageError, match="memory: 'log'; a gradient keeps 'all' or 'sqrt'"):
        snek.grad(many, memory="log")
