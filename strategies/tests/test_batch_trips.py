"""A loop whose trips need nothing of each other but sums is its body over all trips at once; others stay loops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import snek
from snek_strategies.backends.core_primitives import core_primitives
from snek_strategies.ir.interpret import Interpreter
from snek_strategies.ir.passes.batch_trips import batch_trips
from snek_strategies.ir.passes.drop_dead import drop_dead
from snek_strategies.ir.passes.optimize import optimized
from snek_strategies.ir.reader import read
from snek_strategies.ir.syntax import Program, every_node
from snek_strategies.ir.verify import verify

pytestmark = pytest.mark.usefixtures("checked")
Function = Callable[..., object]

RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((30, 4, 3)), RNG.standard_normal((30, 4, 5))
W, B = RNG.standard_normal((3, 6)), RNG.standard_normal(6)
ORDER = RNG.integers(-30, 30, 20)
GIVEN = (X, Y, W, B, ORDER)


def losses(x, y, w, b, order):
    total = 0 * b[0]
    for k in order:
        z = np.tanh(x[k] @ w + b)
        total = total + np.mean(z * z)
    return total / order.shape[0]


def slopes(x, y, w, b, order):
    total, least = 0 * (x[0].T @ y[0]), 0 * b[0]
    for k in order:
        total = total + x[k].T @ y[k] - 2 * (x[k].T @ np.sin(y[k]))
        least = least - np.min(y[k], axis=0)[1]
    return total, least


def rows(x, y, w, b, order):
    """The counter itself walks the stacks, of which it takes a part."""
    total = 0 * w[0]
    for i in range(2, 25):
        z = x[i] @ w
        total = np.sum(z, axis=0) + total
    return total


def joined(x, y, w, b, order):
    total, last = 0 * np.concatenate([x[0, 0], y[0, 0]]), 0 * b
    for k in order:
        last = x[k][0] @ w + b
        total = total + np.concatenate([x[k][1], np.where(y[k] > 0, y[k], 0)[2]]) * last[0]
    return total, last


def vectors(x, y, w, b, order):
    total, found = 0 * b, 0 * order[0]
    for k in order:
        row = x[k, 1] @ w
        total = total + np.cumsum(row * np.broadcast_to(b[2], (6,))) / (row @ b)
        found = found + np.argmax(np.reshape(y[k], (2, 10)), axis=1)[0]
    return total, found


def neighbours(x, y, w, b, order):
    total = 0 * b[0]
    for i in range(20):
        total = total + y[i + 1, 1, 2] * x[i, 1, 2]
    return total


AT_ONCE = (losses, slopes, rows, joined, vectors, neighbours)


def reads_its_sum(x, y, w, b, order):
    total = 0 * b[0]
    for k in order:
        total = total + x[k, 0, 0] * np.tanh(total)
    return total


def grows(x, y, w, b, order):
    total = b
    for k in order:
        total = total * 1.5 + x[k, 0, 0]
    return total


def stops(x, y, w, b, order):
    total = 0 * b[0]
    for k in order:
        if total > 2:
            break
        total = total + x[k, 0, 0]
    return total


def asks_twice(x, y, w, b, order):
    total = 0 * b[0]
    for k in order:
        total = total + x[k, 0, 0] + b[k % 7 - 7]
    return total


def prints(x, y, w, b, order):
    total = 0 * b[0]
    for k in order:
        print(k)
        total = total + x[k, 0, 0]
    return total


def stores(x, y, w, b, order):
    made = np.zeros(20)
    for i in range(20):
        made[i] = x[i, 0, 0]
    return made


def is_large(x, y, w, b, order):
    total = np.zeros((100, 100))
    for k in order:
        total = total + np.outer(np.full(100, 1.0), np.full(100, 2.0)) * x[k, 0, 0]
    return total


STAYS = (reads_its_sum, grows, stops, asks_twice, prints, stores, is_large)


def program_of(function: Function, *given: Any) -> Program:
    traced = snek.stage(function, backend="interpret", unroll=4).trace(*given)
    return core_primitives(optimized(read(traced.as_text("sexpr"))))


def loops(program: Program) -> int:
    return sum(node.primitive == "while" for node in every_node(program.body))


def batched(program: Program) -> Program:
    return verify(drop_dead(verify(batch_trips(program))))


@pytest.mark.parametrize("function", AT_ONCE)
def test_trips_that_only_add_are_made_at_once_and_give_the_same(function: Function) -> None:
    before = program_of(function, *GIVEN)
    after = batched(before)
    assert (loops(before), loops(after)) == (1, 0)
    for wanted, made in zip(Interpreter(before)(*GIVEN), Interpreter(after)(*GIVEN), strict=True):
        np.testing.assert_allclose(made, wanted, rtol=1e-12, atol=1e-12)
        assert np.asarray(made).dtype == np.asarray(wanted).dtype


@pytest.mark.parametrize("function", STAYS)
def test_a_loop_whose_trips_need_each_other_act_or_are_large_stays(function: Function) -> None:
    before = program_of(function, *GIVEN)
    assert loops(batched(before)) == loops(before) == 1


def test_products_that_trips_add_up_are_one_product() -> None:
    program = batched(program_of(slopes, *GIVEN))
    products = [one.operands for one in every_node(program.body) if one.primitive == "matmul"]
    assert ((3, 80), (80, 5)) in [tuple(atom.type.dims for atom in one) for one in products]


@settings(max_examples=40, deadline=None)
@given(order=st.lists(st.integers(-33, 32), min_size=8, max_size=8))
def test_the_first_index_that_is_not_there_is_the_one_that_is_told(order: list[int]) -> None:
    program = program_of(losses, *GIVEN[:4], ORDER[:8])
    given = (*GIVEN[:4], np.array(order))

    def outcome(one: Program) -> str:
        try:
            (made,) = Interpreter(one)(*given)
        except IndexError as error:
            return str(error)
        return f"{made:.9f}"

    assert outcome(batched(program)) == outcome(program)
