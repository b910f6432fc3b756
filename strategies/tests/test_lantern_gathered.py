"""Sums of products that loops and recursions add up: which are gathered, and that the answers stay what they were."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import snek
from snek_strategies.backends.lantern import compiler
from snek_strategies.ir.interpret import Interpreter
from snek_strategies.ir.passes.gather_products import gather_products
from snek_strategies.ir.passes.optimize import looped, optimized
from snek_strategies.ir.show import show
from snek_strategies.ir.verify import verify

RNG = np.random.default_rng(3)
N = np.int64(90)
X, Y = (RNG.standard_normal((90, 3, size)).astype(np.float32) for size in (20, 30))
START = RNG.standard_normal((20, 30)).astype(np.float32)
ARGS = (X, Y, START, N)


def in_a_loop(x, y, start, n):
    total = start
    for i in range(n):
        total = total + x[i].T @ y[i]
    return total


def not_turned_round(x, y, start, n):
    total = np.zeros((20, 30), np.float32)
    columns = x.transpose(0, 2, 1) * 2
    for i in range(n):
        total = columns[i] @ y[i] + total
    return total


def in_one_branch(x, y, start, n):
    total = start * 0.5
    for i in range(n):
        if x[i, 0, 0] > 0:
            total = total + x[i].T @ y[i]
    return total


def in_both_branches(x, y, start, n):
    total = start
    for i in range(n):
        common = x[i].T @ y[0]
        if x[i, 0, 0] > 0:
            total = total + x[i].T @ y[i] + common
        elif x[i, 0, 1] > 0:
            total = common + total
    return total


def no_trips(x, y, start, n):
    total = start
    for i in range(n - n):
        total = total + x[i].T @ y[i]
    return total


def nested(x, y, start, n):
    total = start
    for i in range(3):
        for j in range(n):
            total = total + x[j].T @ y[i]
    return total


def of_several_heights(x, y, start, n):
    total = start
    for i in range(n):
        total = total + x[i].T @ y[i] + x[i, :1].T @ y[i, 1:2]
    return total


def recursive(x, y, start, n):
    def tree(at):
        if 2 * at + 2 >= n:
            return x[at, :1].T @ y[at, :1], 1.0
        left, one = tree(2 * at + 1)
        right, other = tree(2 * at + 2)
        return left + (x[at, :1].T @ y[at, :1] + right), one + other

    made, leaves = tree(n - n)
    return made * leaves + start


def recursion_in_a_loop(x, y, start, n):
    def go(i, n):
        if n < 1:
            return np.zeros((20, 30), np.float32)
        return x[i].T @ y[n] + go(i, n - 1)

    total = start
    for i in range(9):
        total = total + go(i, n // 3)
    return total


GATHERED = [
    in_a_loop, not_turned_round, in_one_branch, in_both_branches, no_trips, nested, of_several_heights, recursive,
    recursion_in_a_loop,
]  # fmt: skip


def read_on_the_way(x, y, start, n):
    total = start
    for i in range(n):
        total = total + x[i].T @ y[i]
        if total[0, 0] > 1e6:
            total = total * 0
    return total


def scaled(x, y, start, n):
    total = start
    for i in range(n):
        total = total * 0.5 + x[i].T @ y[i]
    return total


def twice(x, y, start, n):
    total = start
    for i in range(5):
        total = total + total + x[i].T @ y[i]
    return total


def of_another_dtype(x, y, start, n):
    total = np.zeros((20, 30))
    for i in range(n):
        total = total + x[i].T @ y[i]
    return total


def small(x, y, start, n):
    total = np.zeros((2, 3), np.float32)
    for i in range(n):
        total = total + x[i, :, :2].T @ y[i, :, :3]
    return total


def of_many_rows(x, y, start, n):
    total = start
    for i in range(n - 30):
        total = total + x[i].T @ y[i] + x[:, 0, :].T @ y[:, 1, :]
    return total


def dropped_in_a_branch(x, y, start, n):
    def go(n):
        if n < 1:
            return START * 0 + 1
        below = go(n - 1)
        if x[n, 0, 0] > 0:
            return x[n, :1].T @ y[n, :1]
        return below + x[n, :1].T @ y[n, :1]

    return go(n - 1) + start


OTHERS = [read_on_the_way, scaled, twice, of_another_dtype, small, of_many_rows, dropped_in_a_branch]


@pytest.mark.parametrize("function", GATHERED + OTHERS, ids=lambda one: one.__name__)
def test_what_is_a_sum_of_products_is_gathered_and_means_the_same(function: Callable[..., Any]) -> None:
    program = optimized(snek.stage(function, unroll=1).trace(*ARGS).staged.program)
    made = verify(gather_products(program))
    assert ("tape_gather" in show(made)) == (function in GATHERED), show(made)
    for one in (made, verify(looped(program))):
        (found,) = Interpreter(one)(*ARGS)
        np.testing.assert_allclose(found, function(*ARGS), rtol=1e-4, atol=1e-3)  # type: ignore[arg-type]


@pytest.mark.skipif(compiler.compiler() is None, reason="there is no C++ compiler")
def test_gathered_products_in_native_code() -> None:
    def all_of_them(*args):
        return tuple(function(*args) for function in GATHERED)

    staged = snek.stage(all_of_them, backend="lantern", unroll=1)
    for _ in range(2):
        for mine, theirs in zip(staged(*ARGS), all_of_them(*ARGS), strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-3)
    assert ".gather<float, 20, 30, 3>" in staged.trace(*ARGS).lower().as_text("cpp")


@pytest.mark.skipif(compiler.compiler() is None, reason="there is no C++ compiler")
@pytest.mark.parametrize("order", [1, 2])
def test_the_gradient_of_a_layer_in_loops_and_recursion(order: int) -> None:
    def go(h, n, w):
        return h if n < 1 else go(np.tanh(h @ w), n - 1, w)

    def loss(w, x, n):
        h = x[0]
        for i in range(n):
            h = np.tanh(h @ w + x[i]) if x[i, 0, 0] > 0 else go(h, i % 3, w)
        return np.sum(h * h)

    def steep(w, x, n):
        return np.sum(snek.grad(loss)(w, x, n) ** 2)

    w, x = RNG.standard_normal((20, 20)) / 5, RNG.standard_normal((7, 2, 20))
    given = (w, x, np.int64(7))
    function = loss if order == 1 else steep
    native = snek.grad(function, backend="lantern", unroll=1)
    assert ".gather<double, 20, 20, 2>" in native.trace(*given).lower().as_text("cpp")
    np.testing.assert_allclose(native(*given), snek.grad(function, unroll=1)(*given), rtol=1e-9, atol=1e-12)
