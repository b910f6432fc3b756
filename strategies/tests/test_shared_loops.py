"""Loops that stand in a program several times are there once, and do in each place what they did."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import snek
from snek_strategies.backends.lantern import compiler
from snek_strategies.ir.interpret import Interpreter
from snek_strategies.ir.passes.optimize import looped, optimized
from snek_strategies.ir.syntax import Block, Program
from snek_strategies.ir.verify import verify


def loops(block: Block) -> int:
    return sum((node.primitive == "while") + sum(map(loops, node.blocks)) for node in block.nodes)


def made(function: Callable[..., Any], *args: object) -> Program:
    return verify(looped(optimized(snek.stage(function).trace(*args).staged.program)))


def settled(x: Any, w: Any, n: Any) -> Any:
    for _ in range(n):
        y = np.tanh(x @ w) * 0.5 + np.sin(x) * np.cos(x @ w.T)
        z = np.exp(-y * y) + y * 0.25 - np.sqrt(np.abs(x) + 1.0)
        u = np.where(y > z, y @ w, z + y)
        x = (x + y * z + u) / (1.0 + np.sum(x * x)) + np.max(u) * 0.125 - np.min(y @ w) * np.mean(z)
    return x


def thrice(x: Any, w: Any, n: Any) -> Any:
    for step in range(3):
        x = settled(x + step, w, n) - 0.5
    return x


RNG = np.random.default_rng(0)
X, W, N = RNG.standard_normal((2, 4)), RNG.standard_normal((4, 4)) / 3, np.int64(5)


def test_a_loop_in_a_loop_that_is_written_out_is_there_once() -> None:
    program = made(thrice, X, W, N)
    assert loops(program.body) == 1
    assert [node.primitive for node in program.body.nodes].count("call") == 3
    np.testing.assert_array_equal(Interpreter(program)(X, W, N)[0], snek.stage(thrice)(X, W, N))


@pytest.mark.parametrize("numbers", [(0.5, 0.25), (0.0, -0.0)])
def test_loops_with_other_constants_stay_apart(numbers: tuple[float, float]) -> None:
    def both(x: Any, w: Any, n: Any) -> Any:
        answers = []
        for number in numbers:
            y = x
            for _ in range(n):
                y = settled(y, w, n) * number
            answers.append(y)
        return tuple(answers)

    program = made(both, X, W, N)
    assert loops(program.body) == 3  # the two outer ones, and once what both have in them
    for mine, theirs in zip(Interpreter(program)(X, W, N), snek.stage(both)(X, W, N), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_loops_that_use_one_value_where_others_use_two_stay_apart() -> None:
    def mixed(x: Any, a: Any, b: Any, n: Any) -> Any:
        answers = []
        for left, right in ((a, b), (a, a)):
            y = x
            for _ in range(n):
                y = settled(y, left, 3) @ right
            answers.append(y)
        return tuple(answers)

    program = made(mixed, X, W, W + 1, N)
    for mine, theirs in zip(Interpreter(program)(X, W, W + 1, N), snek.stage(mixed)(X, W, W + 1, N), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert loops(program.body) == 2


def test_short_loops_stay_where_they_are() -> None:
    def short(x: Any, n: Any) -> Any:
        for _ in range(3):
            for _ in range(n):
                x = np.sin(x)
        return x

    assert loops(made(short, X, N).body) == 3


class Escaped(Exception):
    pass


def watched(x: Any, w: Any, n: Any, limit: Any) -> Any:
    for step in range(3):
        x = x + step
        for at in range(n):
            x = settled(x, w, 2)
            total = np.sum(x * x)
            print("trip", at, "under", limit)
            if total > limit:
                raise Escaped(at, total)
    return x


native = pytest.mark.skipif(compiler.compiler() is None, reason="there is no C++ compiler")


@native
@pytest.mark.parametrize("limit", [1e9, 0.6])
def test_prints_and_exceptions_of_shared_loops_come_in_their_order(
    limit: float, capsys: pytest.CaptureFixture[str]
) -> None:
    def outcome(function: Callable[..., Any]) -> tuple[str, str]:
        try:
            answer = repr(np.round(function(X, W, N, np.float64(limit)), 6))
        except Escaped as error:
            answer = f"{error.args[0]} {error.args[1]:.6f}"
        return answer, capsys.readouterr().out

    wanted = outcome(watched)
    assert wanted[0].startswith("array") == (limit > 1)
    assert outcome(snek.stage(watched, backend="lantern")) == wanted
    assert loops(made(watched, X, W, N, np.float64(limit)).body) == 1


@native
def test_gradients_of_loops_that_are_written_out_share_what_goes_forward_and_what_comes_back() -> None:
    def loss(x: Any, w: Any, n: Any) -> Any:
        return np.sum(thrice(x, w, n) ** 2)

    slopes: Any = snek.grad(loss, (0, 1), backend="lantern")
    text = slopes.trace(X, W, N).lower().as_text("cpp")
    line = settled.__code__.co_firstlineno + 1
    assert text.count(f"    loop_of_line_{line}_(") == 3
    # The first way back stays apart: what it adds to begins with zeros that are known.
    assert text.count(f"    loop_of_line_{line}_2_(") == 2
    assert text.count("for (std::uint32_t ticks") == 3
    wanted: Any = snek.grad(loss, (0, 1))(X, W, N)
    for mine, theirs in zip(slopes(X, W, N), wanted, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-9, atol=1e-12)
