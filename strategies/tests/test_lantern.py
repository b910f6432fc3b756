"""Lantern's C++ answers as plain Python does: values, the user's exceptions, overflow and recursion that runs away."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pytest

import snek
from snek_strategies.backends.lantern import compiler

sys.path.append(str(Path(__file__).parent))
from backend_programs import PROGRAMS  # noqa: E402
from run_backends import overflow, verdict  # noqa: E402

pytestmark = pytest.mark.skipif(compiler.compiler() is None, reason="there is no C++ compiler")


@pytest.mark.parametrize("name", ["while", "recursion too deep", "raise", "stores", "products", "reductions"])
def test_a_program_in_cpp_answers_as_plain_python(name: str) -> None:
    assert verdict(*PROGRAMS[name], "lantern") == "right"


def test_an_int_that_leaves_64_bits_is_said() -> None:
    fits, leaves = overflow("lantern")
    assert fits == "True"
    assert "leaves the 64 bits" in leaves


def test_an_argument_that_is_given_back_is_the_very_object() -> None:
    def both(xs: np.ndarray, n: float) -> tuple[object, ...]:
        return xs, xs * n

    xs = np.arange(3.0)
    same, twice = snek.stage(both, backend="lantern")(xs, snek.dynamic(2.0))
    assert same is xs
    assert twice.tolist() == [0.0, 2.0, 4.0]


def test_names_that_cpp_has_for_itself_are_free_for_functions() -> None:
    def double(n: float) -> float:
        return double(n / 2.0) + 1.0 if n > 1.0 else n

    def constants(n: float) -> float:
        return double(n)

    assert snek.stage(constants, backend="lantern")(snek.dynamic(5.0)) == constants(5.0)


def test_an_array_takes_the_memory_that_its_elements_need() -> None:
    def chosen(xs: np.ndarray, n: float) -> np.ndarray:
        while n > 0.0:
            xs = np.cumsum(xs)
            n -= 1.0
        return xs

    text = (
        snek.stage(chosen, backend="lantern").trace(np.ones(1024, np.float32), snek.dynamic(2.0)).lower().as_text("cpp")
    )
    frame = int(re.findall(r"Frame frame\(context, (\d+)\)", text)[0])
    assert frame <= 3 * 4 * 1024


def test_elementwise_chains_are_one_loop_and_loops_copy_no_state() -> None:
    def walk(xs: np.ndarray, n: float) -> tuple[np.ndarray, np.ndarray]:
        ys = xs
        while n > 0.0 and np.max(np.abs(xs)) < 100.0:
            ys = xs * 2.0 - ys
            xs = np.where(ys > 3.0, ys - 1.0, xs + ys)
            n -= 1.0
        return xs, ys

    staged = snek.stage(walk, backend="lantern")
    text = staged.trace(np.ones(50), snek.dynamic(2.0)).lower().as_text("cpp")
    body = text[text.index("lantern::poll(context)") : text.index("std::swap")]
    assert body.count("for (std::int64_t") == 1
    assert (
        staged(np.linspace(-1, 5, 50), snek.dynamic(4.0))[0].tolist() == walk(np.linspace(-1, 5, 50), 4.0)[0].tolist()
    )


def test_a_store_in_a_branch_of_a_loop_copies_no_array() -> None:
    def bubbled(xs: np.ndarray) -> np.ndarray:
        for last in range(len(xs) - 1, 0, -1):
            for at in range(last):
                if xs[at] > xs[at + 1]:
                    left = xs[at] + 0.0
                    xs[at] = xs[at + 1]
                    xs[at + 1] = left
        return xs

    staged = snek.stage(bubbled, backend="lantern")
    given = np.random.default_rng(0).standard_normal(40)
    text = staged.trace(given.copy()).lower().as_text("cpp")
    assert text.count("for (std::int64_t") == 2, "one copy of the argument, one into the result"
    assert staged(given.copy()).tolist() == sorted(given.tolist())


def test_reductions_take_nan_and_every_axis_as_numpy_does() -> None:
    def reduced(xs: np.ndarray) -> tuple[object, ...]:
        names = ("max", "min", "sum", "any", "all", "argmax", "argmin")
        return tuple(getattr(np, name)(xs, axis=axis) for name in names for axis in (None, 0, 1, 2))

    staged = snek.stage(reduced, backend="lantern")
    xs = np.arange(-30.0, 30.0).reshape(3, 4, 5)
    broken = np.where(xs == 7, np.nan, xs)
    for one in (xs, -xs, np.abs(xs), broken, -broken, np.full_like(xs, -np.inf)):
        for mine, theirs in zip(staged(one), reduced(one), strict=True):
            np.testing.assert_array_equal(mine, theirs)


def test_totals_of_short_rows_are_those_of_all_their_elements() -> None:
    def scores(xs: np.ndarray, b: np.ndarray) -> tuple[object, ...]:
        ys = xs + b
        return np.exp(ys - np.max(ys)), np.sum(ys), np.min(xs * b), np.any(ys > 25.0), ys

    xs, b = np.arange(120.0).reshape(12, 10) / 4, np.arange(10.0)
    staged = snek.stage(scores, backend="lantern")
    for one in (xs, -xs, np.where(xs == 7, np.nan, xs)):
        for mine, theirs in zip(staged(one, b), scores(one, b), strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=1e-12)


def test_a_loop_in_a_branch_takes_over_an_array_that_the_other_branch_reads() -> None:
    def either(x: np.ndarray, n: np.int64) -> np.ndarray:
        y = np.cumsum(x) + np.sin(x)
        if y[0] > 0:
            for _ in range(n):
                y = np.cumsum(y) * 0.5
        else:
            y = np.cumsum(y) - y
        return y

    staged = snek.stage(either, backend="lantern")
    for x in (np.arange(1.0, 5.0), -np.arange(1.0, 5.0)):
        np.testing.assert_allclose(staged(x, np.int64(3)), either(x, np.int64(3)), rtol=1e-12)
