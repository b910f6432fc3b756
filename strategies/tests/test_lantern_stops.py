"""What goes wrong in a Lantern program is an exception of Python's, and the process lives."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import snek
from snek_core_transform.errors import StagingError
from snek_strategies.backends.lantern import compiler

pytestmark = pytest.mark.skipif(compiler.compiler() is None, reason="there is no C++ compiler")
SCRIPT = Path(__file__).parent / "run_lantern_stops.py"
ROW = np.arange(3.0)


def item(x: np.ndarray, at: np.int64) -> np.ndarray:
    return x[at]


def gathered(x: np.ndarray, at: np.ndarray) -> np.ndarray:
    return x[at]


def stored(x: np.ndarray, at: np.int64) -> np.ndarray:
    made = x.copy()
    made[at] = 9.0
    return made


def deeper(n: int) -> int:
    return 0 if n == 0 else 1 + deeper(n - 1)


def deeper_rows(x: np.ndarray, n: int) -> np.ndarray:
    return x if n == 0 else deeper_rows(np.cumsum(x), n - 1) + 1.0


@pytest.mark.parametrize("function", [item, stored])
@pytest.mark.parametrize("at", [3, -4, 2**62, -(2**63)])
def test_an_index_out_of_range_is_an_index_error(function: Callable[..., object], at: int) -> None:
    staged = snek.stage(function, backend="lantern")
    assert np.array_equal(staged(ROW, np.int64(-3)), function(ROW, -3))
    with pytest.raises(IndexError, match=f"index {at} is out of bounds for axis 0 with size 3"):
        staged(ROW, np.int64(at))


@pytest.mark.parametrize("bad", [3, -4])
def test_one_bad_index_among_many_is_an_index_error(bad: int) -> None:
    staged = snek.stage(gathered, backend="lantern")
    assert staged(ROW, np.array([0, -1, 2])).tolist() == [0.0, 2.0, 2.0]
    with pytest.raises(IndexError, match=f"index {bad} is out of bounds"):
        staged(ROW, np.array([0, bad, 2]))


def test_shapes_that_do_not_fit_are_refused_where_they_meet() -> None:
    with pytest.raises(StagingError, match=r"test_lantern_stops.py:\d+: add of"):
        snek.stage(lambda x, y: x + y, backend="lantern")(np.ones(3), np.ones(4))
    with pytest.raises(StagingError, match="compiled for others"):
        snek.stage(item, backend="lantern").trace(ROW, np.int64(0)).lower().compile()(np.ones(4), np.int64(0))


LEAVING: dict[str, tuple[Callable[..., object], tuple[int, ...], tuple[int, ...]]] = {
    "a sum": (lambda a, b: a + b, (2**62, 2**62 - 1), (2**62, 2**62)),
    "a difference": (lambda a, b: a - b, (-(2**62), 2**62), (-(2**63), 1)),
    "a product": (lambda a, b: a * b, (2**31, 2**31), (2**32, 2**31)),
    "a negative": (lambda a: -a, (-(2**63) + 1,), (-(2**63),)),
    "an absolute value": (lambda a: abs(a), (-(2**63) + 1,), (-(2**63),)),
    "a quotient": (lambda a, b: a // b, (-(2**63) + 1, -1), (-(2**63), -1)),
    "a shift": (lambda a, b: a << b, (3, 61), (3, 62)),
    "a square": (lambda a: a**2, (3 * 10**9,), (4 * 10**9,)),
}


@pytest.mark.parametrize("name", list(LEAVING))
def test_an_int_that_leaves_64_bits_is_an_overflow_error_and_the_last_one_inside_is_right(name: str) -> None:
    function, inside, outside = LEAVING[name]
    staged = snek.stage(function, backend="lantern")
    for _ in range(2):
        assert staged(*map(snek.dynamic, inside)) == function(*inside)
    with pytest.raises(OverflowError, match="leaves the 64 bits"):
        staged(*map(snek.dynamic, outside))


def test_numbers_of_numpy_wrap_around_as_numpy_has_them() -> None:
    staged = snek.stage(lambda a: a * a, backend="lantern")
    assert staged(np.array([2**33], np.int64)).tolist() == (np.array([2**33], np.int64) ** 2).tolist()


def test_recursion_that_runs_away_is_a_recursion_error() -> None:
    staged, rows = snek.stage(deeper, backend="lantern"), snek.stage(deeper_rows, backend="lantern")
    for _ in range(2):
        with pytest.raises(RecursionError, match="maximum recursion depth exceeded in staged program deeper"):
            staged(snek.dynamic(10**9))
        assert staged(snek.dynamic(900)) == 900
        with pytest.raises(RecursionError):
            rows(np.ones(1000), snek.dynamic(10**9))
        assert rows(np.ones(1), snek.dynamic(20)).tolist() == [21.0]


def test_recursion_stops_before_a_threads_small_stack_ends() -> None:
    staged = snek.stage(deeper, backend="lantern")
    staged(snek.dynamic(3))
    seen: list[str] = []

    def run() -> None:
        try:
            staged(snek.dynamic(10**9))
        except RecursionError:
            seen.append("RecursionError")
        seen.append(str(staged(snek.dynamic(10))))

    before = threading.stack_size(256 * 1024)
    try:
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    assert seen == ["RecursionError", "10"]


@pytest.mark.parametrize("name", ["fib", "count", "products"])
def test_ctrl_c_ends_a_long_program_with_keyboard_interrupt(name: str) -> None:
    assert said("interrupted", name) == "KeyboardInterrupt True"


@pytest.mark.skipif("-fsanitize" in os.environ.get("CXX", ""), reason="AddressSanitizer reserves all addresses")
@pytest.mark.parametrize("name", ["made", "inside"])
def test_a_program_without_memory_is_a_memory_error(name: str) -> None:
    assert said("no_memory", name) == "MemoryError True"


def said(*words: str) -> str:
    done = subprocess.run([sys.executable, str(SCRIPT), *words], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
