"""A loop whose counter alone decides whether an index is in its axis is asked before it; others at each trip."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import snek
from snek_strategies.backends.core_primitives import core_primitives
from snek_strategies.backends.errors_as_values import errors_as_values
from snek_strategies.backends.explicit_checks import explicit_checks
from snek_strategies.backends.raising import Sites
from snek_strategies.ir.interpret import Interpreter
from snek_strategies.ir.passes.optimize import optimized
from snek_strategies.ir.syntax import Program, every_node
from snek_strategies.ir.verify import verify

ROW, LONG = np.linspace(-2.0, 3.0, 8), np.linspace(0.0, 1.0, 11)


def walk(x: np.ndarray, y: np.ndarray, n: np.int64) -> np.ndarray:
    total, t = y[0], 0 * n
    while t < n:
        total = total + y[t] * x[t]
        t = t + 1
    return total


def store(x: np.ndarray, y: np.ndarray, n: np.int64) -> np.ndarray:
    made, t = x.copy(), 0 * n + 2
    while t < n:
        made[t] = y[t]
        t = t + 1
    return made


def until_it_is_large(x: np.ndarray, y: np.ndarray, n: np.int64) -> np.ndarray:
    total, t = y[0], 0 * n
    while t < n and total > -100.0:
        total = total + x[t]
        t = t + 1
    return total


def in_a_branch(x: np.ndarray, y: np.ndarray, n: np.int64) -> np.ndarray:
    total, t = y[0], 0 * n
    while t < n:
        if total < 0.5:
            total = total + x[t]
        t = t + 1
    return total


def by_twos(x: np.ndarray, y: np.ndarray, n: np.int64) -> np.ndarray:
    total, t = y[0], 0 * n
    while t < n:
        total = total + x[t]
        t = t + 2
    return total


def beside_another(x: np.ndarray, y: np.ndarray, n: np.int64) -> np.ndarray:
    """The other index may be the first to leave its axis."""
    total, t, at = y[0], 0 * n, 0 * n
    while t < n:
        total = total + x[t] + x[at]
        at = at + t
        t = t + 1
    return total


def checked(function: Callable[..., object]) -> tuple[Program, Program]:
    staged = snek.stage(function, unroll=4).trace(ROW, LONG, np.int64(5)).staged
    program = core_primitives(optimized(staged.program))
    return program, verify(explicit_checks(program, goes_on=True))


def asked_in_loops(program: Program) -> bool:
    loops = [node for node in every_node(program.body) if node.primitive == "while"]
    return any(node.primitive == "raise" for loop in loops for one in loop.blocks for node in every_node(one))


@pytest.mark.parametrize("function", [walk, store])
def test_a_loop_that_its_counter_alone_ends_asks_nothing(function: Callable[..., object]) -> None:
    made = checked(function)[1]
    assert sum(node.primitive == "raise" for node in every_node(made.body)) == 1
    assert not asked_in_loops(made)


@pytest.mark.parametrize("function", [until_it_is_large, in_a_branch, by_twos, beside_another])
def test_a_loop_that_may_end_before_or_asks_more_asks_at_each_trip(function: Callable[..., object]) -> None:
    assert asked_in_loops(checked(function)[1])


@pytest.mark.parametrize("function", [walk, store, until_it_is_large, in_a_branch, by_twos, beside_another])
def test_every_length_ends_as_the_text_does(function: Callable[..., object]) -> None:
    program, made = checked(function)
    for n in (-3, 0, 2, 7, 8, 9, 12):
        assert outcome(made, n) == outcome(program, n)


def test_a_counting_loop_makes_no_trips_where_there_is_an_error_and_does_not_ask() -> None:
    _, made = checked(walk)
    carried = errors_as_values(made, Sites("jax"))
    assert carried is not None
    program = carried.program
    (loop,) = (node for node in every_node(program.body) if node.primitive == "while")
    assert [node.primitive for node in loop.blocks[0].nodes] == ["less", "bool"]
    for n, number in ((3, 0), (8, 0), (9, 1)):
        total, met, *_ = Interpreter(program)(ROW, LONG, np.int64(n))
        assert met == number
        assert total == (LONG[0] if number else walk(ROW, LONG, np.int64(n)))


def test_a_loop_that_may_end_before_asks_whether_there_is_an_error() -> None:
    carried = errors_as_values(checked(until_it_is_large)[1], Sites("jax"))
    assert carried is not None
    program = carried.program
    assert Interpreter(program)(ROW, LONG, np.int64(9))[1] == 1
    (loop,) = (node for node in every_node(program.body) if node.primitive == "while")
    assert "equal" in [node.primitive for node in every_node(loop.blocks[0])]


def outcome(program: Program, n: int) -> object:
    try:
        return Interpreter(program)(ROW, LONG, np.int64(n))[0].tobytes()  # type: ignore[attr-defined]
    except IndexError as error:
        return str(error)


def by_name(x: np.ndarray, order: np.ndarray) -> np.ndarray:
    total = 0 * x[0]
    for k in order:
        total = total * 0.5 + x[k] * x[-1 - k]
    return total


def twice_by_name(x: np.ndarray, order: np.ndarray) -> np.ndarray:
    total, made = 0 * x[0], x.copy()
    for k in order:
        made[k] = total
        total = total * 0.5 + x[k]
    return total + made


def until_it_is_named(x: np.ndarray, order: np.ndarray) -> np.ndarray:
    total = 0 * x[0]
    for k in order:
        if total > 3:
            break
        total = total * 0.5 + x[k]
    return total


def of_two_lengths(x: np.ndarray, order: np.ndarray) -> np.ndarray:
    total = 0 * x[0]
    for k in order:
        total = total * 0.5 + x[k] - x[1:][k]
    return total


def named(function: Callable[..., object]) -> tuple[Program, Program]:
    staged = snek.stage(function, unroll=4).trace(ROW, np.arange(6)).staged
    program = core_primitives(optimized(staged.program))
    return program, verify(explicit_checks(program, goes_on=True))


def test_what_an_array_names_for_each_trip_is_asked_before_the_loop() -> None:
    made = named(twice_by_name)[1]
    assert sum(node.primitive == "raise" for node in every_node(made.body)) == 1
    assert not asked_in_loops(made)


@pytest.mark.parametrize("function", [by_name, until_it_is_named, of_two_lengths])
def test_what_is_asked_of_several_or_not_at_each_trip_is_asked_in_the_loop(function: Callable[..., object]) -> None:
    assert asked_in_loops(named(function)[1])


@pytest.mark.parametrize("function", [by_name, twice_by_name, until_it_is_named, of_two_lengths])
@pytest.mark.parametrize("order", [[0, -8, 7, 3, 3, -1], [1, 2, 8, 4, -9, 5], [0, 0, -9, 99, 1, 1], [7, 6, 5, 4, 3, 8]])
def test_every_name_ends_as_the_text_does(function: Callable[..., object], order: list[int]) -> None:
    ends = []
    for program in named(function):
        try:
            ends.append([one.tobytes() for one in map(np.asarray, Interpreter(program)(ROW, np.array(order)))])
        except IndexError as error:
            ends.append([str(error)])
    assert ends[0] == ends[1]
