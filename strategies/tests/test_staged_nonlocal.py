"""A variable that inner functions write is state: after a choice or a loop it holds what it holds in Python."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import snek

f64 = np.float64
GIVEN = (f64(3.0), f64(-1.0), f64(0.5), f64(20.0))


pytestmark = pytest.mark.usefixtures("checked")


def called_in_a_branch(x):
    count = 0.0

    def bump():
        nonlocal count
        count = count + x

    if x > 0:
        bump()
    return count


def called_in_a_loop(x):
    count = 0.0

    def bump(by):
        nonlocal count
        if by > 0:
            count = count + by
        return by - 1

    while x > 0:
        x = bump(x)
    return count


def written_from_both_sides(x):
    count = 0.0

    def bump(by):
        nonlocal count
        count = count + by

    if x > 0:
        bump(x)
        count = count * 2
        bump(x)
    else:
        count = count - 1
    bump(1.0)
    return count


def none_at_first(x):
    best = None

    def see(value):
        nonlocal best
        if best is None or value > best:
            best = value

    for i in range(20):
        see(x * (7 - i))
    return best


def one_for_each_closure(x):
    def make():
        count = 0.0

        def up():
            nonlocal count
            count = count + x
            return count

        return up

    a, b = make(), make()
    if x > 1:
        a()
    b()
    return a(), b()


def written_before_an_early_return(x):
    y = 1.0

    def early():
        nonlocal y
        y = 2.0
        if x > 3:
            return 5.0
        y = 3.0
        return 6.0

    z = early() if x > 1 else 0.0
    return y, z


def written_before_an_exception(x):
    y = 1.0

    def check():
        nonlocal y
        y = x * 2
        if x < 0:
            raise ValueError("negative")
        y = x * 3

    try:
        if x < 10:
            check()
    except ValueError:
        y = y + 100
    return y


@pytest.mark.parametrize(
    "program",
    [
        called_in_a_branch,
        called_in_a_loop,
        written_from_both_sides,
        none_at_first,
        one_for_each_closure,
        written_before_an_early_return,
        written_before_an_exception,
    ],
)
def test_it_holds_what_it_holds_in_python(program: Callable[..., object]) -> None:
    staged = snek.stage(program)
    for x in GIVEN:
        assert staged(x) == program(x)


def test_a_dict_may_hold_none_at_first() -> None:
    def program(x):
        state = {"best": None}
        for i in range(20):
            if state["best"] is None or x * (7 - i) > state["best"]:
                state["best"] = x * (7 - i)
        return state

    for x in GIVEN:
        assert snek.stage(program)(x) == program(x)


def test_a_variable_of_around_the_program_is_refused_and_keeps_its_value() -> None:
    count = 0

    def program(x):
        nonlocal count
        if x > 0:
            count = count + 1
        return x

    def calls(x):
        if x > 0:
            program(x)
        return x

    for one in (program, calls):
        with pytest.raises(snek.StagingError, match="nonlocal") as caught:
            snek.stage(one)(GIVEN[0])
        assert caught.value.code == "SNK0210"
        assert count == 0


def summed_down(x):
    total = 0.0

    def go(n):
        nonlocal total
        total = total + n
        return go(n - 1) if n > 0 else total

    return go(x)


def kept_in_a_dict(x):
    sums = {"all": x * 0}

    def go(n):
        sums["all"] = sums["all"] + n
        return go(n - 1) if n > 0 else n

    return go(x) + sums["all"]


def changed_on_the_way_back(x):
    total = x * 0

    def go(n):
        nonlocal total
        found = go(n - 1) if n > 0 else n
        total = total + n
        return found

    return go(x) + total


@pytest.mark.parametrize(
    ("program", "what"),
    [
        (summed_down, "changed total, which it reads"),
        (kept_in_a_dict, "changed sums, which it reads"),
        (changed_on_the_way_back, "changes a variable of an enclosing function"),
    ],
)
def test_a_recursion_that_changes_what_is_around_it_is_refused_by_name(program, what) -> None:
    with pytest.raises(snek.StagingError, match=f"go calls itself .*{what}") as caught:
        snek.stage(program)(GIVEN[0])
    assert caught.value.code == "SNK0210"
    assert caught.value.place is not None
    assert program.__code__.co_firstlineno < caught.value.place.line < program.__code__.co_firstlineno + 9


def test_a_recursion_that_never_ends_while_staging_is_refused_by_name() -> None:
    def listed(x):
        found = []

        def go(n):
            found.append(n)
            return go(n - 1) if n > 0 else n

        return go(x)

    with pytest.raises(snek.StagingError, match=r"go calls itself with other .* at each of \d+ levels") as caught:
        snek.stage(listed)(GIVEN[0])
    assert caught.value.code == "SNK0209"


def test_a_recursion_that_ends_while_staging_may_change_what_is_around_it() -> None:
    def program(x):
        total = x * 0

        def go(n):
            nonlocal total
            total = total + x
            return go(n - 1) if n > 0 else total

        return go(12)

    assert snek.stage(program)(GIVEN[0]) == program(GIVEN[0])
