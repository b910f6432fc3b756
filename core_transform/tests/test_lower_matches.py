"""`match` as `if`s takes the case that Python takes, binds what Python binds, and raises what Python raises."""

from __future__ import annotations

import collections
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from snek_core_transform.operators import Operators
from snek_core_transform.virtualize import virtualize


class Staging(Operators):
    """Stages nothing, by tests."""

    inline: ClassVar[bool] = False
    stages_matches: ClassVar[bool] = True


@dataclass
class Point:
    """Two fields, one of which may be missing."""

    x: object
    y: object


class Named:
    """No positional patterns."""

    name = "n"


class Wrong:
    """A class that tells its patterns wrongly."""

    __match_args__ = ["name"]  # noqa: RUF012 - that is what is wrong


class Whole(int):
    """A subclass of a class whose pattern takes the whole value."""


LIMIT = 7


class Limits:
    """A name with a dot in it is a value."""

    low = 3


def of_values(v):
    match v:
        case 0 | "zero" | -1:
            return "nothing"
        case Limits.low:
            return "low"
        case None | True:
            return "single"
        case 2.5 as half:
            return half
        case _:
            return v


def of_sequences(v):
    match v:
        case []:
            return "empty"
        case [one]:
            return ("one", one)
        case [1, *rest]:
            return ("starts with one", rest)
        case [first, *_, 0]:
            return ("ends with zero", first)
        case (a, [b, c], *rest, d) if a != b:
            return (a, b, c, rest, d)
        case [*everything]:
            return everything
    return "no sequence"


def of_mappings(v):
    match v:
        case {"kind": "add", "of": [a, b]}:
            return ("add", a, b)
        case {"kind": kind, **rest} if kind:
            return (kind, rest)
        case {}:
            return "any mapping"
    return "none"


def of_classes(v):
    match v:
        case Point(0, 0):
            return "origin"
        case Point(x, y=0):
            return ("on the axis", x)
        case Point(x=Point(x=inner), y=y):
            return ("nested", inner, y)
        case Point():
            return "a point"
        case Named(name=n):
            return n
        case int(n) | float(n):
            return ("kept", n)
        case str(text):
            return text
        case list([a, b]):
            return (a, b)
    return "other"


def wholes(v):
    match v:
        case bool(b):
            return ("bool", b)
        case int(n):
            return ("int", n)
        case dict({"a": a}):
            return a
    return None


def guards(v):
    found = []
    match v:
        case n if found.append(n):
            found.append("never")
        case int(n) if n > LIMIT:
            found.append("large")
        case n:
            found.append("rest")
    return found, n


def in_a_loop(v):
    total = 0
    for one in v if isinstance(v, list) else [v]:
        match one:
            case 0:
                continue
            case 9:
                break
            case int(n):
                total += n
            case _:
                return "no number"
    else:
        total += 100
    return total


def class_that_tells_wrongly(v):
    match v:
        case Wrong(n):
            return n
    return "no"


def too_many(v):
    match v:
        case Point(a, b, c):  # type: ignore[misc]
            return a, b, c
    return "no"


def no_class(v):
    kind: Any = "text"
    match v:
        case kind():
            return 1
    return "no"


SUBJECTS: list[Any] = [
    0, -1, 1, 3, 2.5, 8, None, True, False, "zero", "text", "", b"x", Whole(4),
    [], [1], [1, 2, 3], [5, 6, 0], [5, [6, 7], 8, 9], (4, [4, 4], 1), [2, 3], (0, 9), [0, 9, 4], ["q"], range(3),
    {}, {"kind": "add", "of": [1, 2]}, {"kind": "mul", "of": 1}, {"kind": ""}, {"a": 5}, collections.deque([1, 2]),
    collections.defaultdict(list), Point(0, 0), Point(1, 0), Point(Point(3, 4), 2), Point(1, 1), Named(), Wrong(),
    {1, 2}, object,
]  # fmt: skip


def outcome(function: Callable[[Any], object], subject: object) -> object:
    try:
        return function(subject)
    except TypeError as error:
        return str(error)


@pytest.mark.parametrize(
    "program",
    [of_values, of_sequences, of_mappings, of_classes, wholes, guards, in_a_loop, class_that_tells_wrongly, too_many,
     no_class],
)  # fmt: skip
def test_it_takes_the_case_that_python_takes(program: Callable[[Any], object]) -> None:
    lowered = virtualize(program, Staging())
    for subject in SUBJECTS:
        assert outcome(lowered, subject) == outcome(program, subject), subject


def test_the_subject_of_a_lowered_match_is_asked_once() -> None:
    asked = []

    def subject() -> int:
        asked.append(1)
        return 3

    def program():
        match subject():
            case 1 | 2:
                return "few"
            case 3:
                return "three"
        return None

    assert virtualize(program, Staging())() == "three"
    assert len(asked) == 1


def test_its_tests_are_operators() -> None:
    class Counting(Staging):
        count = 0

        def if_stmt(self, *arguments: Any) -> Any:
            self.count += 1
            return super().if_stmt(*arguments)

    operators = Counting()
    assert virtualize(of_values, operators)(3) == "low"
    assert operators.count >= 2
