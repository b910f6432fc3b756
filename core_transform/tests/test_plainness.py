"""A value of the next stage meets its operator however it came to its variable: what the text or a flag says holds."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest

from snek_core_transform.operators import Operators
from snek_core_transform.show import show
from snek_core_transform.virtualize import virtualize


class Later:
    """A value of the next stage, which Python itself must never compare."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def _refuse(self, _: object) -> bool:
        raise AssertionError("Python compared a staged value")

    __lt__ = __le__ = __gt__ = __ge__ = __eq__ = __ne__ = _refuse
    __hash__ = None

    def __add__(self, other: Any) -> Later:
        return Later(self.value + now(other))

    __radd__ = __add__


def now(value: Any) -> Any:
    return value.value if isinstance(value, Later) else value


class Counting(Operators):
    """Answers comparisons of staged values at once, so that inline code goes on with them, and counts."""

    def __init__(self) -> None:
        self.compared = 0

    def stages(self, value: object) -> bool:
        return isinstance(value, Later)

    def compare(self, symbol: str, left: Any, right: Any) -> Any:
        self.compared += 1
        return super().compare(symbol, now(left), now(right))


def assigned(x):
    n = 0
    found = [n < 1]
    n = x
    return [*found, n < 1, n < 2, n < 3]


def in_a_loop(x):
    found = []
    n = 0
    for value in (0, x, 1, x):
        n = value
        for _ in range(3):
            found.append(1 if n < 2 else 0)
    return found


def loop_target(x):
    found = []
    for n in [0, x, 2]:
        for _ in range(3):
            if n < 2:
                found.append(n < 1)
    return found


def swapped(x):
    a, b = 0, x
    found = []
    for _ in range(4):
        a, b = b, a
        for _ in range(2):
            found.append((1 if a < 1 else 0, 1 if b < 1 else 0))
    return found


def computed(x):
    n, found = 0, []
    for _ in range(3):
        found.append(1 if n < 2 else 0)
        n = n + x
        while n < 1:
            n = n + 1
    return found


def augmented(x):
    n, found = 0, []
    for _ in range(3):
        found.append(1 if n < 2 else 0)
        n += x
        found.append(1 if n < 2 else 0)
    return found


def walrus(x):
    n = 0
    found = [n < 1, (n := x) < 1]
    return [*found, n < 2]


def own_of_a_comprehension(x):
    n = 0
    return [n < 1 for n in [x, 2]] + [n < 1]


def changed_by_an_inner_function(x):
    n = 0

    def change():
        nonlocal n
        n = x

    found = [n < 1]
    change()
    return [*found, n < 1]


def after_an_error(x):
    n, found = 0, []
    for _ in range(2):
        try:
            n = x
            raise ValueError
        except ValueError:
            found.append(1 if n < 1 else 0)
    return found


def in_a_with(x):
    n, found = 0, []
    with contextlib.suppress(IndexError):
        n = found[0] = x
    for _ in range(3):
        found.append(1 if n < 1 else 0)
    return found


def unpacked(x):
    n, found = 0, []
    for _ in range(2):
        n, other = x, n
        found.append(1 if n < 1 else 0)
        [n, *_] = [x, other]
        found.append(1 if n < 1 else 0)
    return found


def captured(x):
    n = 0
    match [x]:
        case [n]:
            pass
    return n < 1


def chained(x, low=0):
    n = low
    return [n < x < 3, 0 <= n < x, 1 if 0 <= x <= 1 < 2 else 0, x < 1 < n]


def in_tests(x):
    n = x
    found = []
    if n < 3 and not n < 1:
        found.append("between")
    if n < 1 or n < 2 or n < 3:
        found.append("small")
    elif n < 9:
        found.append("large")
    while not n < 1 and len(found) < 4:
        found.append("again")
    return found


def parameter(x, again=True):
    found = []
    for _ in range(3):
        found.append(1 if x < 2 else 0)
    if again:
        x = 5
    return [*found, x < 2]


PROGRAMS = (
    assigned, in_a_loop, loop_target, swapped, computed, augmented, walrus, own_of_a_comprehension,
    changed_by_an_inner_function, after_an_error, in_a_with, unpacked, captured, chained, in_tests, parameter,
)  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
@pytest.mark.parametrize("value", [0, 1, 2])
def test_staged_values_are_compared_by_the_operator(program: Callable[[Any], Any], value: int) -> None:
    operators = Counting()
    assert virtualize(program, operators)(Later(value)) == program(value)
    assert operators.compared


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_plain_values_of_every_type_answer_as_python(program: Callable[[Any], Any]) -> None:
    for value in (1, 0.5, True, False, 2**70, -3):
        operators = Counting()
        assert virtualize(program, operators)(value) == program(value)
        assert not operators.compared


def numbered(limit):
    n = 0
    while n < 9:
        n = n + 1
    return n if n < limit else -n


def test_what_is_plain_by_the_text_is_not_asked() -> None:
    text = show(numbered)
    assert "while n < 9:" in text
    assert "type(limit)" in text


def nested(n, m):
    total = 0
    for _ in range(n):
        for _ in range(n):
            total = total + (1 if m < 3 else 2)
    return total


def test_what_is_asked_often_is_asked_once() -> None:
    text = show(nested)
    assert text.count("<plain m> = ") == 1
    assert "m < 3 if <plain m> else" in text


def chained(low, n, high):
    return low < n < high


def test_a_chain_of_parameters_is_asked_about_at_once() -> None:
    assert "return low < n < high if " in show(chained)


def unbound(n):
    found = []
    for _ in range(n):
        found.append(late < 3)  # noqa: F821 - it has no value yet
        late = n  # noqa: F841 - it would have one on the next trip
    return found


def test_a_variable_without_a_value_raises_what_python_raises() -> None:
    errors = []
    for function in (unbound, virtualize(unbound)):
        with pytest.raises(UnboundLocalError) as caught:
            function(2)
        errors.append(str(caught.value))
    assert errors[0] == errors[1]
