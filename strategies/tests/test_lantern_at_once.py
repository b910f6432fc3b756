"""`threads=n`: calls and loops that need nothing of each other run at once where that has paid; nothing else shows."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import snek
from snek_strategies.backends.lantern import compiler

pytestmark = pytest.mark.skipif(compiler.compiler() is None, reason="there is no C++ compiler")
SCRIPT = Path(__file__).parent / "run_lantern_at_once.py"
X, Y = np.linspace(0.1, 1, 40), np.linspace(-2, 2, 40)


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def two_loops(x, y, n):
    a, b = x, y
    for _ in range(n):
        a = np.sin(a) * x + 0.1
    scale = a[0] * 2.0
    for _ in range(n):
        b = np.cos(b) * y + 0.2
    return a * b * scale, a, b


def in_a_loop(x, y, n):
    total = x * 0
    for _ in range(4):
        a, b, _ = two_loops(x + total * 0.01, y, n)
        total = total + a + b
    return total


def loops_in_calls(x, y, n):
    return two_loops(x, y, n)[0] + two_loops(y, x, n)[1]


def one_needs_the_other(x, y, n):
    a = x
    for _ in range(n):
        a = np.sin(a) * x
    b = a * y
    for _ in range(n):
        b = np.cos(b) * y
    return b


def says(n):
    if n < 1:
        print("zero")
        return n
    return says(n - 1) + says(n - 2)


def text(function: Callable[..., Any], *args: object, threads: int = 2) -> str:
    traced = snek.stage(function, backend="lantern", threads=threads).trace(*args)
    return str(traced.lower().as_text("cpp"))


def many(n: int) -> Any:
    return snek.dynamic(n)


@pytest.mark.parametrize(("function", "args"), [(fib, (many(5),)), (two_loops, (X, Y, many(5)))])
def test_independent_calls_and_loops_are_parts_where_there_are_threads(
    function: Callable[..., Any], args: tuple[object, ...]
) -> None:
    assert text(function, *args, threads=3).count("lantern::both<3>") == 1
    assert "lantern::both" not in text(function, *args, threads=1)


@pytest.mark.parametrize(("function", "args"), [(one_needs_the_other, (X, Y, many(5))), (says, (many(3),))])
def test_what_needs_the_other_or_prints_is_no_part(function: Callable[..., Any], args: tuple[object, ...]) -> None:
    assert "lantern::both" not in text(function, *args)


@pytest.mark.parametrize(
    ("function", "args"),
    [(two_loops, (X, Y)), (in_a_loop, (X, Y)), (loops_in_calls, (X, Y))],
)
@pytest.mark.parametrize("threads", [2, 3])
def test_the_answer_is_that_of_one_thread_to_the_last_bit(
    function: Callable[..., Any], args: tuple[Any, ...], threads: int
) -> None:
    n = many(30_000)
    want = snek.stage(function, backend="lantern")(*args, n)
    staged = snek.stage(function, backend="lantern", threads=threads)
    for _ in range(4):  # the first measures, the others share
        np.testing.assert_array_equal(staged(*args, n), want)


def test_loops_that_keep_rows_on_one_tape_run_in_their_turn() -> None:
    def loss(x, y, n):
        a, b, _ = two_loops(x, y, n)
        return (a * b).sum()

    n = many(3_000)
    made = snek.grad(loss, (0, 1), backend="lantern", threads=2)
    assert "lantern::both" not in made.trace(X, Y, n).lower().as_text("cpp")
    want = snek.grad(loss, (0, 1), backend="lantern")(X, Y, n)
    for _ in range(2):
        np.testing.assert_array_equal(made(X, Y, n), want)  # type: ignore[arg-type]


def test_sizes_after_the_first_have_parts_too() -> None:
    staged, n = snek.stage(two_loops, backend="lantern", threads=2), many(20_000)
    for size in (40, 5):
        x = np.linspace(0.1, 1, size)
        alone = snek.stage(two_loops, backend="lantern").trace(x, x, n).lower().compile()  # for this size alone, too
        for _ in range(2):
            np.testing.assert_array_equal(staged(x, x, n), alone(x, x, n))


@dataclass
class Tree:
    value: float
    left: Tree | None = None
    right: Tree | None = None


def full(depth: int, at: int = 1) -> Tree:
    below = (full(depth - 1, 2 * at), full(depth - 1, 2 * at + 1)) if depth else (None, None)
    return Tree(1 / at, *below)


def weighs(tree, n):
    here = tree.value
    for _ in range(n):
        here = np.sin(here) + 0.5
    if tree.left is None:
        return here
    return here * weighs(tree.left, n) - weighs(tree.right, n)


def test_subtrees_are_parts() -> None:
    tree, n = full(6), many(2_000)
    staged = snek.stage(weighs, backend="lantern", threads=2)
    assert "lantern::both<2>" in staged.trace(tree, n).lower().as_text("cpp")
    want = snek.stage(weighs, backend="lantern")(tree, n)
    assert [staged(tree, n) for _ in range(3)] == [want] * 3


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="only Linux lists a process's threads")
@pytest.mark.parametrize(("n", "shared"), [(3, False), (2_000_000, True)])
def test_a_thread_runs_meanwhile_only_where_both_parts_take_long(n: int, shared: bool) -> None:
    staged = snek.stage(two_loops, backend="lantern", threads=2)
    x = np.array([0.5, 0.7])
    staged(x, x, many(n))
    before, most, over = len(os.listdir("/proc/self/task")), 0, threading.Event()
    run = threading.Thread(target=lambda: ([staged(x, x, many(n)) for _ in range(5)], over.set()))
    run.start()
    while not over.is_set():
        most = max(most, len(os.listdir("/proc/self/task")))
    run.join()
    assert (most >= before + 2) == shared


def raises(x, y, limit, n, at, step):
    a, b = x[0], y[0]
    for _ in range(n):
        a = np.sin(a) + 0.5
        if a > limit:
            raise ValueError("the first part")
    between = x[at]
    i = n * 0
    while i < n:
        b = np.cos(b) + between
        if b > limit + 1:
            raise KeyError("the second part")
        i = i + step
    return a * b


@pytest.mark.parametrize(
    ("limit", "at", "raised"),
    [(0.6, 99, ValueError), (1.6, 99, IndexError), (1.6, 10, None), (0.6, 0, ValueError), (-0.5, 10, ValueError)],
)
def test_exceptions_come_in_pythons_order(limit: float, at: int, raised: type[Exception] | None) -> None:
    n = 50_000
    staged = snek.stage(raises, backend="lantern", threads=2)
    good = (X, Y, np.float64(9), many(n), many(0), many(1))
    assert "lantern::both<2>" in staged.trace(*good).lower().as_text("cpp")
    want = [staged(*good) for _ in range(3)]
    args = (X, Y, np.float64(limit), many(n), many(at), many(1))
    if raised is not None:
        with pytest.raises(raised):
            staged(*args)
    else:
        staged(*args)
    assert [staged(*good)] * 3 == want


def deep(n):
    if n < 1:
        return 0.5
    here = np.float64(0.5)
    for _ in range(50):
        here = np.sin(here) + 0.1
    return here + deep(n - 1)


def goes_deep(n):
    return deep(n) + deep(n)


def test_a_part_goes_as_deep_as_python_and_no_deeper() -> None:
    staged, alone = (snek.stage(goes_deep, backend="lantern", threads=n) for n in (2, 1))
    limit = sys.getrecursionlimit()
    assert [staged(many(limit - 10)) for _ in range(3)] == [alone(many(limit - 10))] * 3
    for one in (staged, alone):
        with pytest.raises(RecursionError):
            one(many(limit + 10))


@pytest.mark.parametrize("what", ["endless", "interrupted"])
def test_a_part_that_would_never_end_is_stopped(what: str) -> None:
    done = subprocess.run([sys.executable, str(SCRIPT), what], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert (
        done.stdout.split() == {"endless": ["ValueError", "True"], "interrupted": ["KeyboardInterrupt", "True"]}[what]
    )
