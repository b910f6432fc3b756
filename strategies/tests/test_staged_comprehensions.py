"""A comprehension means what the loop that it stands for means, over arrays and under conditions that data decide."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import snek

sys.path.append(str(Path(__file__).parent))
from construct_rows import FEW_AND_MANY  # noqa: E402

f64 = np.float64


pytestmark = pytest.mark.usefixtures("checked")


def outcome(program: Callable[..., object], a: object) -> tuple[object, ...]:
    try:
        return ("gives", program(a))
    except snek.SnekError:
        raise
    except Exception as error:  # noqa: BLE001 - what Python raises is what is compared
        return (type(error), str(error))


def elements(a):
    return [row * 2 if row > 0 else row for row in a]


def filtered(a):
    return [row * 2 for row in a if row > 0 if row < 3]


def two_loops(a):
    return [x * y for x in a[:3] for y in a if y > x]


def nested(a):
    return [[v + i for v in a[:3] if v > 0] for i in range(2)]


def over_a_range(a):
    return [i * a[i] for i in range(len(a)) if a[i] > 0]


def long_and_static(a):
    ids = [i for i in range(40)]
    return sum(ids) + a[0], {i: a[0] * i for i in range(3)}, len({i % 2 for i in range(30)})


def over_a_list(a):
    weights = [a[i] * i for i in range(4)]
    return [w for w in weights if w > 0]


def measured(a):
    return len([row for row in a if row > 0])


def summed(a):
    return a[0] * 0 + sum(row * 2 for row in a if row > 0)


def asked(a):
    return any(row > 2 for row in a), all(row > -2 for row in a)


def extremes(a):
    return max(row for row in a if row > 0), min(row * 2 for row in a)


def with_a_default(a):
    return max((row for row in a if row > 2), default=f64(-7.0))


def in_a_for(a):
    total = a[0]
    for row in (row + 1 for row in a if row > 0):
        total = total + row
    return total


def listed(a):
    return list(row + 1 for row in a if row > 0)  # noqa: C400 - a generator is what is tested


def taken_one_by_one(a):
    it = (row for row in [a[1], a[0], a[2]])
    return next(it), list(it), list(it)


def several_parts(a):
    return [x + 2 * y for x, y in [(a[0], a[1]), (a[2], a[3])]]


@pytest.mark.parametrize(
    "program",
    [
        elements,
        filtered,
        two_loops,
        nested,
        over_a_range,
        long_and_static,
        over_a_list,
        measured,
        summed,
        asked,
        extremes,
        with_a_default,
        in_a_for,
        listed,
        taken_one_by_one,
        several_parts,
    ],
)
def test_it_gives_what_python_gives(program: Callable[..., object]) -> None:
    staged = snek.stage(program)
    for a in FEW_AND_MANY:
        assert outcome(staged, a) == outcome(program, a)


def test_over_many_rows_it_is_one_loop() -> None:
    for program in (elements, filtered, summed, asked):
        text = snek.stage(program).trace(np.ones(1000)).as_text("ir")
        assert "while" in text
        assert text.count("\n") < 60


def test_any_asks_no_further_than_python() -> None:
    places = np.r_[np.zeros(20, int), 99]

    def some(given):
        return any(given[0][at] > 0 for at in given[1])

    def every(given):
        return all(given[0][at] < 0 for at in given[1])

    for one in (some, every):
        found = [outcome(snek.stage(one), (a, places)) for a in FEW_AND_MANY]
        assert found == [outcome(one, (a, places)) for a in FEW_AND_MANY]
        assert {"gives", IndexError} == {kind for kind, _ in found}


def test_functions_that_outlive_a_trip_keep_pythons_variable() -> None:
    def program(a):
        made = [lambda: a[i] for i in range(3)]
        return made[0]() + made[1]()

    assert snek.stage(program)(FEW_AND_MANY[0]) == program(FEW_AND_MANY[0])


def test_a_generator_whose_condition_data_decide_is_not_taken_one_by_one() -> None:
    def program(a):
        return next(row for row in [a[0], a[1]] if row > 0)

    with pytest.raises(snek.StagingError, match="a generator whose condition") as caught:
        snek.stage(program)(FEW_AND_MANY[0])
    assert caught.value.code == "SNK0201"


def test_gradients_flow_through_a_comprehension() -> None:
    def loss(a):
        return sum(row * row for row in a if row > 0) + a[0] * 0

    np.testing.assert_array_equal(
        snek.grad(loss)(FEW_AND_MANY[2]), np.where(FEW_AND_MANY[2] > 0, 2 * FEW_AND_MANY[2], 0)
    )
