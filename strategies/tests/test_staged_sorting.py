"""`sort`, `sorted`, `min` and `max` with a key: Python's answer where keys are known, by name or staged where not."""

from __future__ import annotations

import numpy as np
import pytest

import snek

pytestmark = pytest.mark.usefixtures("checked")

GIVEN = [(np.float64(3), np.float64(2)), (np.float64(-1), np.float64(2)), (np.float64(2), np.float64(2))]


def by_rank(pair):
    return pair[0]


def sorts_by_what_is_known(x, y):
    items = [(2, x), (1, y), (2, y), (1, x)]
    items.sort(key=by_rank, reverse=True)
    return (
        [one for _, one in items],
        sorted(items, key=lambda pair: -pair[0]),
        sorted([3, 1, 2]),
        sorted({"b": x, "a": y}),
    )


def least_by_key(x, y):
    return min([x, y, x * y], key=lambda one: -one), max(x, y, x - y, key=abs), max([(x, y), (y, x)], key=by_rank)


def first_of_equals(x, y):
    return min([(x, 1.0), (y, 2.0)], key=by_rank)[1], max([(x, 1.0), (y, 2.0)], key=by_rank)[1]


def key_that_branches(x, y):
    def far(one):
        if one > 0:
            return one
        return -one * 3

    return max([x, y], key=far)


@pytest.mark.parametrize("program", [sorts_by_what_is_known, least_by_key, first_of_equals, key_that_branches])
@pytest.mark.parametrize("given", GIVEN)
def test_the_order_is_pythons(program, given) -> None:
    assert repr(snek.stage(program)(*given)) == repr(program(*given))


def test_the_default_of_nothing_is_pythons() -> None:
    def program(x):
        return max(x, default=3.0), max(x[:0], default=x[0])

    assert snek.stage(program)(np.arange(3.0)) == (2.0, 0.0)


def sorts(x, y):
    items = [x, y]
    items.sort()
    return items


def sorts_a_copy(x, y):
    return sorted([x, y * x])


def sorts_by_data(x, y):
    items = [(x, 1), (y, 2)]
    items.sort(key=by_rank)
    return items


def sorts_what_grew(x, y):
    items = [y]
    if x > 0:
        items.append(x)
    items.sort()
    return items


@pytest.mark.parametrize(
    ("program", "what", "code"),
    [
        (sorts, r"sort\(\) by values", "SNK0204"),
        (sorts_a_copy, r"sorted\(\) by values", "SNK0204"),
        (sorts_by_data, r"sort\(\) by values", "SNK0204"),
        (sorts_what_grew, r"sort\(\) of a list whose length", "SNK0211"),
    ],
)
def test_an_order_that_data_decide_is_refused_by_name_and_place(program, what, code) -> None:
    with pytest.raises(snek.StagingError, match=what) as caught:
        snek.stage(program)(*GIVEN[0])
    first = program.__code__.co_firstlineno
    assert caught.value.code == code
    assert caught.value.place is not None
    assert first < caught.value.place.line <= first + 5
    assert "dynamic since line" in str(caught.value)
