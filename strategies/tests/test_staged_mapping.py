"""`map`, `filter` and `reduce` call the user's function as a loop would; NumPy's and operators' functions compose."""

from __future__ import annotations

import functools
import operator
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import snek

sys.path.append(str(Path(__file__).parent))
from construct_rows import FEW_AND_MANY  # noqa: E402

pytestmark = pytest.mark.usefixtures("checked")


def doubled(v):
    if v > 0:
        return v * 2
    return v


def over_rows(a):
    return list(map(doubled, a))


def over_two(a):
    return sum(map(lambda x, y: x * y, a, a[1:]))


def over_numbers(a):
    return list(map(lambda n: doubled(a[0] * n), (1, 2, 3)))


def kept(a):
    return list(filter(lambda v: v > 0, a))


def kept_of_numbers(a):
    return list(filter(lambda n: n > a[0], (0.5, 1.5, 2.5)))


def that_are_true(a):
    return sum(filter(None, a))


def in_a_for(a):
    total = 0.0
    for v in filter(lambda v: v > 0, map(doubled, a)):
        total = total + v
    return total


def reduced(a):
    return functools.reduce(lambda t, v: t * 0.5 + doubled(v), a)


def reduced_from(a):
    return functools.reduce(operator.add, a, 10.0)


def reduced_numbers(a):
    return functools.reduce(lambda t, n: t * a[0] + n, [1, 2, 3])


def by_operators(a):
    return operator.mul(a[0], 3) + operator.neg(a[1]), operator.lt(a[0], a[1])


def rounded(a):
    return round(a[0] / 7, 2)


@pytest.mark.parametrize(
    "program",
    [over_rows, over_two, over_numbers, kept, kept_of_numbers, that_are_true, in_a_for, reduced, reduced_from,
     reduced_numbers, by_operators, rounded],
)  # fmt: skip
def test_it_gives_what_python_gives(program: Callable[..., object]) -> None:
    staged = snek.stage(program)
    for a in (*FEW_AND_MANY, *FEW_AND_MANY):
        np.testing.assert_equal(staged(a), program(a))


def test_over_many_rows_it_is_one_loop() -> None:
    assert snek.stage(in_a_for).trace(np.arange(100.0)).as_text("ir").count("while") == 1


def test_reducing_nothing_raises_as_python_does() -> None:
    with pytest.raises(TypeError, match="empty iterable"):
        snek.stage(lambda a: functools.reduce(lambda t, v: t + v, a[:0]))(np.ones(3))


@pytest.mark.parametrize("kind", [float, np.float64])
def test_a_python_float_is_not_rounded_as_numpys(kind: type) -> None:
    def program(x):
        return round(x, 2)

    x = snek.dynamic(2.675) if kind is float else np.float64(2.675)
    if kind is float:
        with pytest.raises(snek.StagingError, match="round"):
            snek.stage(program)(x)
    else:
        assert snek.stage(program)(x) == round(np.float64(2.675), 2)
