"""A tape holds what the gradient needs and no more: rows by what stands in them, and a million trips by their bytes."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import snek
from snek_strategies.backends.registry import known

X = np.array([0.5, 1.5, -0.7])


def rows(function: Callable[..., Any], *args: object) -> list[int]:
    """Return how many values each kind of row holds."""
    text = snek.grad(function).trace(*args).as_text("ir")
    return [line.count(",") for line in text.splitlines() if "tape_push" in line]


def adds_rows_up(x, n):
    total = 0.0
    for i in range(n):
        total = total + x[i % 3] * 2.0 * (i + 1)
    return total


def logistic(x, n):
    for _ in range(n):
        gate = 1 / (1 + np.exp(-x))
        x = x * gate + 0.5
    return x.sum()


def chooses(x, n):
    s = x[0]
    for i in range(3, n, 2):
        s = s * 2.0 + i if s * s + i < 5 else np.sin(s)
    return s


def counts_down(x, n):
    s = x[0]
    at = n
    while at > 0:
        s = s * (x[1] + at)
        at = at - 2
    return s


def in_a_branch(x, n):
    s = x[0]
    for _ in range(n):
        half = np.cos(s) * 0.5
        if s > 0.3:
            s = np.sin(half * x[1]) + half
        else:
            s = s + 0.4
    return s


def squashes(x, n):
    for _ in range(n):
        x = np.tanh(x * 1.5)
    return x.sum()


def trades_places(x, n):
    a, b = x, x[::-1]
    for _ in range(n):
        a, b = b, np.tanh(a * b)
    return (a * b).sum()


def stages_of_one_step(x, n):
    w = x * 0.2
    for _ in range(n):
        first = np.sin(x + w)
        second = np.sin(x + first * w)
        x = np.sin(x + second * w)
    return x.sum()


@pytest.mark.parametrize(
    ("function", "kept"),
    [
        (adds_rows_up, []),
        (logistic, [2]),
        (chooses, [1]),
        (counts_down, [1]),
        (in_a_branch, [1, 2]),
        (squashes, [1]),  # what tanh gave is what the next trip begins with
        (trades_places, [1]),
        (stages_of_one_step, [3]),  # the three arguments follow from what they share: x, and two sines
    ],
)
def test_a_row_holds_what_cannot_be_computed_again_cheaply(function: Callable[..., Any], kept: list[int]) -> None:
    n = snek.dynamic(20)
    assert rows(function, X, n) == kept
    got = snek.grad(function)(X, n)
    step = np.eye(3) * 1e-6
    want = [(function(X + one, 20) - function(X - one, 20)) / 2e-6 for one in step]
    np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-5)


def hands_on(x, w, n):
    def go(v, n, w):
        return v if n < 1 else go(np.tanh(v @ w) * w[0], n - 1, w)

    return go(x, n, w).sum()


def changes_on_the_way(x, w, n):
    def go(v, n, w, u):
        return v if n < 1 else go(np.tanh(v @ w), n - 1, u, w)

    return go(x, n, w, 2 * w).sum()


def calls_with_two(x, w, n):
    def go(v, n, w):
        return v if n < 1 else go(np.tanh(v @ w), n - 1, w)

    return (go(x, n, w) + go(x, n, w + 1)).sum()


def made_in_a_loop(x, w, n):
    def go(v, n, u):
        return v if n < 1 else go(np.tanh(v @ u), n - 1, u)

    for i in range(n):
        x = go(x, i, w * (i + 1))
    return x.sum()


@pytest.mark.parametrize(
    ("function", "kept"),
    [(hands_on, False), (changes_on_the_way, True), (calls_with_two, True), (made_in_a_loop, False)],
)
def test_a_recursion_keeps_no_array_that_it_hands_on(function: Callable[..., Any], kept: bool) -> None:
    w, n = np.array([[0.3, -0.2, 0.5], [0.1, 0.9, -0.4], [-0.7, 0.2, 0.6]]), np.int64(4)
    gradient = snek.grad(function, 1)
    text = gradient.trace(X, w, n).as_text("ir")
    of_weights = set(re.findall(r"(%\d+): float64\[3,3\]", text))
    pushed = {name for line in text.splitlines() if "tape_push" in line for name in re.findall(r"%\d+", line)}
    assert bool(pushed & of_weights) == kept
    steps = [w * 0 + 1e-6 * (np.arange(9).reshape(3, 3) == at) for at in range(9)]
    want = [(function(X, w + one, 4) - function(X, w - one, 4)) / 2e-6 for one in steps]
    np.testing.assert_allclose(gradient(X, w, n).ravel(), want, rtol=1e-5, atol=1e-8)

    def steepness(w):
        return (gradient(X, w, n) ** 2).sum()

    want = [(steepness(w + one) - steepness(w - one)) / 2e-6 for one in steps]
    np.testing.assert_allclose(snek.grad(steepness)(w).ravel(), want, rtol=1e-5, atol=1e-7)


NEEDS_LANTERN = pytest.mark.skipif(known("lantern").missing() is not None, reason="Lantern cannot run here")


def run(what: str) -> list[float]:
    """Run one of the functions of `run_gradient_memory.py` in a process of its own; return what it printed."""
    script = Path(__file__).parent / "run_gradient_memory.py"
    done = subprocess.run([sys.executable, "-P", str(script), what], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return [float(one) for one in done.stdout.split()]


@NEEDS_LANTERN
def test_a_million_trips_take_the_bytes_of_their_rows_and_give_them_back() -> None:
    found, once, often = run("million")
    # Two floats a trip, 16 MB; the stack of rows doubles when it is full, but what was never written takes no memory.
    assert once < 20e6
    assert often < once + 4e6
    s, slope = 0.7, 1.0
    for _ in range(10**6):
        slope = np.cos(s) * slope * 0.7 + np.sin(s)
        s = np.sin(s) * 0.7 + 0.1
    assert np.isclose(found, slope, rtol=1e-9)


@NEEDS_LANTERN
@pytest.mark.parametrize("what", ["raising", "interrupted"])
def test_a_run_that_is_cut_short_frees_its_tape(what: str) -> None:
    # Tapes of 6.4 MB each, 30 times: kept, they would take 190 MB.
    (grown,) = run(what)
    assert grown < 60e6
