"""Exceptions where data decides: the user's class and message at run time, or a refusal where a handler would miss."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import snek
from snek_strategies.backends.raising import Sites

f64 = np.float64
X = np.array([1.0, 2.0])


class Bad(Exception):
    pass


class Keeps(Exception):
    def __init__(self, text: str) -> None:
        super().__init__("fixed")
        self.text = text


pytestmark = pytest.mark.usefixtures("checked")


def guard(x):
    if x < 0:
        raise ValueError("negative", 3)
    return x * 2


def either(x):
    if x < 0:
        raise ValueError("negative")
    elif x > 10:
        raise Bad("large")
    else:
        y = x + 1
    return y


def always(x):
    if x > 0:
        raise ValueError("positive")
    else:
        raise Bad


def holds_a_value(x):
    if x < 0:
        raise Bad("value", x * 2)
    return x


def in_a_loop(x, n):
    i = 0
    while i < n:
        if i > 3:
            raise StopAsyncIteration("too far")
        x = x + i
        i = i + 1
    return x


def loop_that_raises_at_once(x, n):
    while x < n:
        raise Bad("entered")
    return x


def after_early_return(x):
    if x > 0:
        return x
    raise KeyError("not positive")


def in_a_called_function(x):
    def check(y):
        if y < 0:
            raise Bad("called")

    check(x)
    return x + 1


def recursive(x):
    if x > 100:
        raise Bad("deep")
    if x < 10:
        return x
    return recursive(x - 3)


def handled_in_the_same_path(x):
    y = x
    if x > 0:
        try:
            raise ValueError
        except ValueError:
            y = x * 3
    return y


def in_one_comprehension(x):
    return [guard(x + i) for i in range(2)]


def order(x, y):
    if y > 0:
        raise ValueError("second")
    if x > 0:
        raise Bad("never first")
    return x + y


def outcome(function: Callable[..., Any], args: tuple[Any, ...]) -> object:
    try:
        return function(*args)
    except Exception as error:
        return (type(error), error.args)


@pytest.mark.parametrize(
    ("program", "calls"),
    [
        (guard, [(f64(1),), (f64(-1),)]),
        (either, [(f64(1),), (f64(-1),), (f64(11),)]),
        (always, [(f64(1),), (f64(-1),)]),
        (holds_a_value, [(f64(1),), (f64(-1),)]),
        (in_a_loop, [(f64(0), f64(3)), (f64(0), f64(9)), (f64(0), f64(0))]),
        (loop_that_raises_at_once, [(f64(1), f64(0)), (f64(0), f64(1))]),
        (after_early_return, [(f64(1),), (f64(-1),)]),
        (in_a_called_function, [(f64(1),), (f64(-1),)]),
        (recursive, [(f64(1),), (f64(50),), (f64(1000),)]),
        (handled_in_the_same_path, [(f64(1),), (f64(-1),)]),
        (in_one_comprehension, [(f64(1),), (f64(-0.5),), (f64(-3),)]),
        (order, [(f64(1), f64(1)), (f64(1), f64(0)), (f64(0), f64(1)), (f64(0), f64(0))]),
    ],
)
def test_what_is_raised_is_the_users_class_and_arguments(
    program: Callable[..., Any], calls: list[tuple[Any, ...]]
) -> None:
    staged = snek.stage(program)
    for call in (*calls, *calls):
        assert outcome(staged, call) == outcome(program, call)
    assert len(staged.stagings()) == 1


def test_a_path_that_raises_leaves_the_callers_containers_as_they_were() -> None:
    def program(items, x):
        if x < 0:
            raise Bad("before")
        items.append(x)

    staged = snek.stage(program)
    items: list[Any] = []
    staged(items, f64(1))
    with pytest.raises(Bad):
        staged(items, f64(-1))
    assert items == [1]


def caught(x):
    try:
        if x < 0:
            raise ValueError("negative")
    except ValueError:
        return x * 0
    return x


def caught_by_the_caller(x):
    try:
        return guard(x)
    except ValueError:
        return x * 0


def finally_runs(x):
    try:
        if x < 0:
            raise ValueError("negative")
    finally:
        x = x + 1
    return x


def suppressed(x):
    with contextlib.suppress(ValueError):
        if x < 0:
            raise ValueError("negative")
    return x


def index_caught(x, i):
    try:
        return x[i]
    except IndexError:
        return x[0]


def power_caught(x, n):
    try:
        return x**n
    except ValueError:
        return x


def keeps(x):
    if x < 0:
        error = Keeps("more")
        error.text = "other"
        raise error
    return x


def from_a_call(x):
    if x < 0:
        return [][3]
    return x


@pytest.mark.parametrize(
    ("program", "args", "match"),
    [
        (power_caught, (np.array([2, 3]), np.array([2, 2])), "whose handler would take it"),
        (keeps, (f64(1),), "holds more"),
        (from_a_call, (f64(1),), "raises IndexError: list index out of range"),
    ],
)
def test_what_no_handler_could_take_is_refused(program: Callable[..., Any], args: Any, match: str) -> None:
    with pytest.raises(snek.StagingError, match=match) as caught:
        snek.stage(program)(*args)
    assert caught.value.place is not None
    assert caught.value.place.filename == __file__


def test_the_ir_says_what_is_raised() -> None:
    text = snek.stage(guard).trace(f64(1)).as_text("ir")
    assert "raise[exception=ValueError, arguments=('negative', 3)]" in text
    assert '"builtins:ValueError"' in snek.stage(guard).trace(f64(1)).as_text("sexpr")


def test_a_back_end_makes_the_exception_with_its_text_and_its_cause() -> None:
    def program(x):
        if x < 0:
            raise ValueError(f"x is {x:.1f}", x) from KeyError(x * 2)
        return x

    block = snek.stage(program).trace(f64(1)).staged.program.body
    choice = next(node for node in block.nodes if node.primitive == "if")
    failing = next(node for one in choice.blocks for node in one.nodes if node.primitive == "raise")
    sites = Sites("some")
    made = sites.error(sites.number(failing), (-1.0, -1.0, -2.0))
    assert type(made) is ValueError
    assert made.args == ("x is -1.0", -1.0)
    assert repr(made.__cause__) == "KeyError(np.float64(-2.0))"
