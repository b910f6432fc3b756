"""Special methods, properties and `__init__` of the user's classes are staged code, wherever Python calls them from."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import snek

f64 = np.float64

pytestmark = pytest.mark.usefixtures("checked")


class Interval:
    """Two numbers, and arithmetic that data decide."""

    def __init__(self, low: Any, high: Any) -> None:
        if low > high:
            low, high = high, low
        self.low, self.high = low, high

    def __add__(self, other: Any) -> Any:
        print("add")
        return Interval(self.low + other.low, self.high + other.high) if isinstance(other, Interval) else NotImplemented

    def __rmul__(self, k: Any) -> Any:
        return Interval(self.low * k, self.high * k)

    def __neg__(self) -> Any:
        print("neg")
        return Interval(-self.high, -self.low)

    def __iadd__(self, k: Any) -> Any:
        if k > 0:
            self.high = self.high + k
        else:
            self.low = self.low + k
        return self

    def __bool__(self) -> bool:
        return not (self.low <= 0 and self.high >= 0)

    def __eq__(self, other: object) -> bool:
        return bool(self.low == other.low and self.high == other.high)  # type: ignore[attr-defined]

    __hash__ = None  # type: ignore[assignment]

    def __lt__(self, other: Any) -> Any:
        return self.high < other.low

    def __contains__(self, x: Any) -> bool:
        return self.low <= x and x <= self.high

    def __getitem__(self, at: int) -> Any:
        print("item", at)
        return self.high if at else self.low

    def __setitem__(self, at: int, value: Any) -> None:
        print("store", at)
        self.low = value

    def __len__(self) -> int:
        print("len")
        return 2

    def __iter__(self) -> Any:
        print("iter")
        yield self.low
        yield self.high

    def __abs__(self) -> Any:
        return self.high if self.high > -self.low else -self.low

    def __str__(self) -> str:
        return f"[{self.low}, {self.high}]"

    @property
    def width(self) -> Any:
        print("width")
        return self.high - self.low

    @width.setter
    def width(self, value: Any) -> None:
        if value < 0:
            raise ValueError(f"a width of {value}")
        self.high = self.low + value

    @functools.cached_property
    def middle(self) -> Any:
        print("middle")
        return (self.low + self.high) / 2


class Shifted(Interval):
    """An interval whose width is another."""

    @property
    def width(self) -> Any:
        return super().width + 1


@dataclasses.dataclass
class Checked:
    """Refuses what is not positive."""

    value: Any

    def __post_init__(self) -> None:
        if self.value <= 0:
            raise ValueError(f"{self.value} is not positive")
        print("checked")


class StepError(ValueError):
    """Holds more than its text."""

    def __init__(self, text: str, step: int, value: Any) -> None:
        super().__init__(text)
        self.step, self.value = step, value


@contextlib.contextmanager
def announced(x):
    print("begin")
    yield x * 2
    print("end")


@functools.singledispatch
def size_of(x):
    return 0.0


@size_of.register
def _(x: np.ndarray):
    print("array")
    return x.sum()


def operators(x, y):
    a = Interval(x, y)
    b = 2 * (a + a) + -a
    return b.low, b.high


def in_place(x, y):
    a = Interval(x, x)
    a += y
    return a.low, a.high


def compared(x, y):
    a, b = Interval(x, y), Interval(y, x)
    return a == b, a != b, (1.0 if a < Interval(x + 9, y + 9) else 2.0)


def truth(x, y):
    if not Interval(x, y):
        return x
    return y if bool(Interval(x, 5.0)) else 0.0


def member(x, y):
    return 1.0 if 2.0 in Interval(x, y) else 0.0


def items(x, y):
    a = Interval(x, y)
    a[0] = a[1] * len(a)
    return a.low + abs(a)


def walked(x, y):
    low, high = Interval(x, y)
    return sum(Interval(x, y)) + low * 2 + high + list(Interval(x, y))[0] + sum([v for v in Interval(x, y)])


def properties(x, y):
    a = Shifted(x, y)
    a_width = a.width + getattr(a, "width")  # noqa: B009 - that is what is tested
    return a_width + a.middle + a.middle


def stored(x, y):
    a = Interval(x, 1.0)
    a.width = y
    return a.high


def printed(x, y):
    print(Interval(x, y), f"{Interval(x, y)}", str(Interval(y, x)))
    return x


def checked_values(x, y):
    return Checked(x).value + y


def with_attributes(x, y):
    for i in range(3):
        if x > y:
            raise StepError(f"step {i}", i, x)
        x = x + 1
    return x


def attributes_caught(x, y):
    try:
        return with_attributes(x, y)
    except StepError as error:
        return error.value * 10 + error.step


def managed(x, y):
    with announced(x) as z:
        return z + y


def dispatched(x, y):
    return size_of(np.stack([x, y])) + size_of("a")


def in_order(x, y):
    return [n * x for n in sorted([3, 1, 2], key=lambda n: (print("key"), n)[1])]


PROGRAMS = (
    operators, in_place, compared, truth, member, items, walked, properties, stored, printed, checked_values,
    with_attributes, attributes_caught, managed, dispatched, in_order,
)  # fmt: skip
CALLS = ((f64(1), f64(3)), (f64(3), f64(-1)), (f64(-1), f64(-1.5)), (f64(1), f64(3)))


def outcome(program: Callable[..., object], args: tuple[object, ...]) -> tuple[str, object]:
    """Return what a call gives, with the attributes of what it raises."""
    try:
        return "gives", program(*args)
    except ValueError as error:
        return "raises", (type(error), str(error), vars(error))


@pytest.mark.parametrize("backend", ["interpret", "lantern"])
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_methods_of_classes_do_what_python_does_at_every_call(
    program: Callable[..., object], backend: str, capsys: pytest.CaptureFixture[str]
) -> None:
    staged = snek.stage(program, backend=backend)
    for args in CALLS:
        expected, said = outcome(program, args), capsys.readouterr().out
        assert outcome(staged, args) == expected
        assert capsys.readouterr().out == said
    assert len(staged.stagings()) == 1


def test_binding_times_and_verify_follow_methods_too() -> None:
    assert "self.high" in snek.stage(stored).binding_times(*CALLS[0])
    assert snek.stage(stored, verify=2)(*CALLS[0]) == stored(*CALLS[0])


def test_programs_without_classes_of_the_users_keep_their_operators() -> None:
    staged = snek.stage(lambda x: x * 2 + x[0])
    staged(np.ones(3))
    assert "for_objects" not in vars(staged._operators)


def test_an_order_of_objects_that_data_decide_is_refused() -> None:
    staged = snek.stage(lambda x: sorted([Interval(x, x), Interval(-x, -x)])[0].low)
    with pytest.raises(snek.StagingError, match=r"sorted\(\) by what the next stage says"):
        staged(f64(1))


def test_dispatch_by_the_class_of_a_numpy_scalar_is_refused() -> None:
    with pytest.raises(snek.StagingError, match="chooses a function"):
        snek.stage(lambda x: size_of(x))(f64(1))


def test_writing_to_a_stream_is_refused_as_it_would_happen_once() -> None:
    import sys

    def program(x):
        sys.stdout.write("said\n")
        return x

    with pytest.raises(snek.StagingError, match="would write once"):
        snek.stage(program)(f64(1))
