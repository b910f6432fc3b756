"""Arrays take beside them what NumPy takes: members of enumerations, lists; a comparison with a text is refused."""

from __future__ import annotations

import enum
from collections.abc import Callable

import numpy as np
import pytest

import snek

pytestmark = pytest.mark.usefixtures("checked")


class Op(enum.IntEnum):
    """Numbers with names."""

    ADD = 0
    MUL = 1
    NEG = 2


class Color(enum.Enum):
    """Names."""

    RED = "red"
    BLUE = "blue"


def chosen(ops, x):
    for op in ops:
        if op == Op.ADD:
            x = x + 1
        elif Op.MUL == op:
            x = x * 2
        else:
            x = -x
    return x


def counted(n, x):
    total = 0
    for i in range(n):
        if i == Op.MUL:
            total = total + Op.NEG * i
    return total, x + Op.NEG


def small(n, x):
    return n.astype(np.int8) + Op.NEG, n.astype(np.float32) * Op.MUL, x < Op.NEG


def lists(n, x):
    return n + [1, 2], (1, 2) - n, n == [1, 3], n < [3, n[1]], x == [1.0, 2.0]


def of_functions(n, x):
    scales = [x]
    for one in n:
        scales.append(scales[-1] * one + 1)
    return np.log(scales).sum(), np.maximum([x, 2.0], (n[0], n[1])), np.add([x, x], n)


TWO = np.array([1, 2])


@pytest.mark.parametrize("backend", ["interpret", "lantern"])
@pytest.mark.parametrize(
    ("program", "args"),
    [
        (chosen, (np.array([0, 1, 2, 1]), np.float64(3))),
        (counted, (snek.dynamic(30), np.int64(1))),
        (small, (TWO, np.float64(1))),
        (lists, (TWO, np.float64(1))),
        (of_functions, (TWO, np.float64(1))),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_arrays_take_numbers_of_derived_classes_and_lists(
    program: Callable[..., object], args: tuple[object, ...], backend: str
) -> None:
    plain = tuple(30 if isinstance(one, type(snek.dynamic(1))) else one for one in args)
    expected, found = program(*plain), snek.stage(program, backend=backend)(*args)
    for one, other in zip(_all(expected), _all(found), strict=True):
        assert type(one) is type(other)
        np.testing.assert_array_equal(one, other)
        assert getattr(one, "dtype", None) == getattr(other, "dtype", None)


def _all(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else (value,)


def test_a_member_of_an_enumeration_is_a_static_argument() -> None:
    def program(x, color):
        return x * 2 if color is Color.RED else x

    staged = snek.stage(program)
    assert [staged(np.float64(3), color) for color in (Color.RED, Color.BLUE, Color.RED)] == [6, 3, 6]
    assert len(staged.stagings()) == 2


def test_an_array_compared_with_what_is_no_number_is_refused() -> None:
    with pytest.raises(snek.StagingError, match="an array compared with a str, 'a'"):
        snek.stage(lambda x: x == "a")(TWO)
