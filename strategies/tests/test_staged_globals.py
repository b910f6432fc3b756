"""Globals and attributes of functions that staged code writes: refused by name, and nothing has happened."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest

import snek

COUNT = 0
LAST: Any = None
OLD = 1
X = np.float64(3)

other = ModuleType("other")
other.__file__ = __file__  # one without is Python's own


def count(x):
    global COUNT
    COUNT += 1
    return x * COUNT


def keep(x):
    global LAST
    LAST = x
    return x


def make(x):
    global NEW
    NEW = x * 2
    return x


def drop(x):
    global OLD
    del OLD
    return x


def give_a_module(x):
    other.held = x
    return x


def give_a_function(x):
    keep.last = x
    return x


def keep_in_a_branch(x):
    if x > 0:
        keep(x)
    return x


def make_where_data_decide(x):
    y = x
    while y < 10:
        y = make(y) * 2
    return y


TABLE = {"make": make}
WRITES = {
    "the global COUNT": [count, lambda x: count(x) + 1],
    "the global LAST": [keep, keep_in_a_branch, lambda x: keep(x) * 2],
    "the global NEW": [make, make_where_data_decide, lambda x: make(x), lambda x: TABLE["make"](x)],
    "the global OLD": [drop, lambda x: drop(x)],
    "the global held": [give_a_module, lambda x: give_a_module(x)],
    "a function that lives outside it": [lambda x: give_a_function(x)],
}


@pytest.mark.parametrize(("what", "program"), [(what, one) for what, programs in WRITES.items() for one in programs])
def test_a_write_is_refused_by_name_and_leaves_nothing_behind(what: str, program: Any) -> None:
    with pytest.raises(snek.StagingError, match=what) as caught:
        snek.stage(program)(X)
    assert caught.value.code == "SNK0210"
    assert (COUNT, LAST, OLD) == (0, None, 1)
    assert "NEW" not in globals()
    assert not hasattr(other, "held")
    assert not hasattr(keep, "last")


def test_other_globals_of_the_function_are_not_blamed() -> None:
    def program(x):
        global COUNT
        COUNT = COUNT + OLD
        return x

    with pytest.raises(snek.StagingError, match="changes the global COUNT;"):
        snek.stage(program)(X)


def test_a_global_that_holds_again_what_it_held_is_no_change() -> None:
    def program(x):
        global OLD
        OLD = 2
        y = x * OLD
        OLD = 1
        return y

    staged = snek.stage(program)
    assert (staged(X), staged(X), OLD) == (6, 6, 1)


def test_an_attribute_of_a_function_is_read_as_it_is_at_each_call() -> None:
    def rate(x):
        return x * rate.factor

    rate.factor = 2.0  # type: ignore[attr-defined]
    staged = snek.stage(lambda x: rate(x) + 1)
    assert staged(X) == 7
    rate.factor = 3.0  # type: ignore[attr-defined]
    assert staged(X) == 10
    rate.factor = 2.0  # type: ignore[attr-defined]
    assert staged(X) == 7


def writes_by_name(x):
    y = x + 1
    globals()["NEW"] = y
    return y


def reads_by_name(x):
    return [globals()["OLD"] for _ in range(2)][0] * x


@pytest.mark.parametrize(("program", "line"), [(writes_by_name, 2), (reads_by_name, 1)])
def test_the_dict_of_globals_is_refused_at_its_line(program: Any, line: int) -> None:
    with pytest.raises(snek.StagingError, match=r"globals\(\) in a staged program") as caught:
        snek.stage(lambda x: program(x) + 1)(X)
    assert caught.value.code == "SNK0206"
    assert caught.value.place is not None
    assert caught.value.place.line == program.__code__.co_firstlineno + line
    assert "NEW" not in globals()


class Counts:
    """Has attributes that programs change."""

    number = 0


@pytest.mark.parametrize(
    ("held", "change"),
    [
        ([0], lambda held, x: held.append(1)),
        ({"a": 0}, lambda held, x: held.update(a=x)),
        ({0}, lambda held, x: held.add(1)),
        (bytearray(b"a"), lambda held, x: held.append(1)),
        (np.arange(3.0), lambda held, x: held.fill(5)),
        (Counts(), lambda held, x: vars(held).update(number=x)),
        (Counts, lambda held, x: setattr(held, "number", 1)),  # noqa: B010 - an assignment is no expression
        (Counts, lambda held, x: setattr(held, "further", 1)),  # noqa: B010
    ],
    ids=lambda one: getattr(one, "__name__", type(one).__name__),
)
def test_what_lies_outside_holds_what_it_held_after_a_refusal(held: Any, change: Any) -> None:
    before = repr(held), dict(getattr(held, "__dict__", {}))

    def program(x):
        change(held, x)
        return x

    with pytest.raises(snek.StagingError) as caught:
        snek.stage(program)(X)
    assert caught.value.code == "SNK0210"
    assert (repr(held), dict(getattr(held, "__dict__", {}))) == before
