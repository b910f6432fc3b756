"""A variable that is None on some paths means what it means in Python: what is done to None is done to None."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import snek

f64 = np.float64
GIVEN = (np.array([3.0, -1.0, 5.0, -2.0]), np.array([-3.0, -1.0, -5.0, -2.0]))
"""Arguments for which the variable has a value at the end, and for which it has none."""


pytestmark = pytest.mark.usefixtures("checked")


def last_positive(a):
    found = None
    for row in a:
        if row > 0:
            found = row
    return found


def outcome(program: Callable[..., object], *args: object) -> str:
    try:
        return repr(program(*args))
    except snek.SnekError:
        raise
    except Exception as error:  # noqa: BLE001 - what Python raises is what is compared
        return repr(error)


def same(program: Callable[..., object], *sets: object) -> None:
    staged = snek.stage(program)
    for one in sets or GIVEN:
        assert outcome(staged, one) == outcome(program, one)


def arithmetic(a):
    return 1 - last_positive(a)


def two_of_them(a):
    return last_positive(a) + last_positive(-a - 4)


def comparison(a):
    found = last_positive(a)
    return bool(found == 5.0), bool(found != 5.0), found is None, found is not None


def ordering(a):
    return last_positive(a) < 2


def mathematics(a):
    return math.sqrt(last_positive(a))


def a_ufunc(a):
    return np.tanh(last_positive(a))


def a_conversion(a):
    return int(last_positive(a))


def unpacked(a):
    pair = None
    for row in a:
        if row > 0:
            pair = (row, a)
    x, y = pair
    return x, y.sum()


def a_method(a):
    kept = None
    for row in a:
        if row > 0:
            kept = a * row
    return kept.sum()


def indexed(a):
    kept = None
    for row in a:
        if row > 0:
            kept = a * row
    return kept[1]


def in_containers(a):
    found = last_positive(a)
    return [found, {"it": (found, 1)}]


@pytest.mark.parametrize(
    "program",
    [
        last_positive,
        arithmetic,
        two_of_them,
        comparison,
        ordering,
        mathematics,
        a_ufunc,
        a_conversion,
        unpacked,
        a_method,
        indexed,
        in_containers,
    ],
)
def test_what_is_done_to_it_is_done_to_the_value_or_to_none(program: Callable[..., object]) -> None:
    same(program)


def test_either_of_two_may_be_none() -> None:
    same(two_of_them, *GIVEN, np.array([3.0, -9.0]), np.array([-1.0, -2.0]), np.array([3.0, 2.0]))


def test_print_says_none_where_there_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    def program(a):
        print("last:", last_positive(a))
        return a[0]

    staged = snek.stage(program)
    for one in GIVEN:
        staged(one)
    assert capsys.readouterr().out == "last: 5.0\nlast: None\n"


def test_a_handler_takes_what_none_raises() -> None:
    def program(a):
        try:
            return last_positive(a) * 2
        except TypeError:
            return f64(-1.0)

    same(program)


def test_a_recursive_function_gives_it() -> None:
    def search(a, i):
        if i == 4:
            return None
        if a[i] > 3:
            return a[i]
        return search(a, i + 1)

    def program(a):
        found = search(a, np.int64(0))
        return f64(0.0) if found is None else found + 1

    same(program)


def raises_in(program: Any) -> int:
    def inside(nodes: Any) -> int:
        return sum((node.primitive == "raise") + sum(inside(block.nodes) for block in node.blocks) for node in nodes)

    return inside(snek.stage(program).trace(GIVEN[0]).staged.program.body.nodes)


def asked_by_if(a):
    found = last_positive(a)
    if found is None:
        return f64(0.0)
    return found * 2


def asked_by_or(a):
    best = None
    for row in a:
        if best is None or row > best:
            best = row
    return best is None or best > 3


def asked_before_a_raise(a):
    found = last_positive(a)
    if found is None:
        raise ValueError("none is positive")
    return found * 2


def asked_by_a_loop(a):
    found, i = None, 0
    while found is None and i < 4:
        found = a[i] if a[i] > 3 else None
        i = i + 1
    return f64(i) if found is None else i * found


def untested(a):
    return last_positive(a) * 2


@pytest.mark.parametrize(
    ("program", "count"),
    [(asked_by_if, 0), (asked_by_or, 0), (asked_before_a_raise, 1), (asked_by_a_loop, 0), (untested, 1)],
)
def test_what_a_test_has_told_is_not_asked_again(program: Callable[..., object], count: int) -> None:
    same(program)
    assert raises_in(program) == count


def test_a_test_tells_nothing_behind_its_branch() -> None:
    def program(a):
        found = last_positive(a)
        y = a[0]
        if found is not None:
            y = found * 2
        return y + found

    same(program)


def test_a_text_of_what_may_be_none_is_refused() -> None:
    def program(a):
        print(f"last: {last_positive(a)}")
        return a[0]

    with pytest.raises(snek.StagingError, match="None where data decide") as caught:
        snek.stage(program)(GIVEN[0])
    assert caught.value.code == "SNK0201"


def test_gradients_flow_through_the_value() -> None:
    def loss(a):
        best = None
        for row in a:
            if row > 0:
                best = row * row if best is None else best + row
        return a[0] if best is None else best

    value, gradient = snek.value_and_grad(loss)(GIVEN[0])
    assert value == 14.0
    np.testing.assert_array_equal(gradient, [6.0, 0.0, 1.0, 0.0])
    np.testing.assert_array_equal(snek.grad(loss)(GIVEN[1]), [1.0, 0.0, 0.0, 0.0])


def test_closures_over_different_values_are_different_functions() -> None:
    def program(x):
        def count(n, pair):
            def down(k):
                return pair[0] if k < 1 else down(k - 1) + 1

            return down(n)

        return count(x, (x, 1)), count(x, (x * 10, 1))

    same(program, np.int64(3))
