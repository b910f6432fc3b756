"""A name that is one list or another, as data decide, holds what it holds in Python; other names are never missed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import snek

GIVEN = (np.array([1.0, -2.0, 3.0, 4.0]), np.array([-1.0, -2.0, 3.0, 4.0]), np.tile([2.0, -2.0, 5.0, 4.0], 6))


pytestmark = pytest.mark.usefixtures("checked")


def one_length(a):
    items = [a[1], a[2]] if a[0] > 0 else [a[1] * 2, a[0]]
    return items, items[1], len(items), sum(items)


def two_lengths(a):
    items = [a[1], a[2]] if a[0] > 0 else [a[1] * 2]
    items.append(a[0])
    return items, len(items)


def changed_before(a):
    items, others = [a[0]], [a[1], a[2]]
    if a[0] > 0:
        items.append(a[1])
        chosen = items
    else:
        chosen = others
    return sum(chosen), chosen[1]


def rebound_in_a_loop(a):
    items, i = [a[0], a[1]], 0
    while i < a[0]:
        items = [items[1], items[0] + 1.0]
        i += 1
    return items


def found_in_a_loop(a):
    found = None
    for row in a:
        if row > 3:
            found = [row, row * 2]
    return found


def swapped(a):
    left, right, i = [a[0]], [a[1]], 0
    while i < a[0]:
        left, right = right, left
        i += 1
    return left[0] - right[0] * 2


def nested(a):
    pair = (a[0], [a[1], [a[2]]]) if a[0] > 0 else (a[1], [a[0], [a[0]]])
    return pair


def made_in_one_branch(a):
    if a[0] > 0:
        items = [a[1]]
        items.append(a[2])
    else:
        items = [a[0], a[0]]
    return items[0] * items[1]


def turned(items, n):
    if n < 1:
        return items
    return turned([items[1], items[0]], n - 1)


def given_by_recursion(a):
    return turned([a[0], a[1]], np.int64(3))[0]


def starred(a):
    first, *middle, last = a[:4]
    if first > 0:
        first, middle = middle[0], [last, first]
    return first - middle[1], middle


@pytest.mark.parametrize(
    "program",
    [
        one_length,
        two_lengths,
        changed_before,
        rebound_in_a_loop,
        found_in_a_loop,
        swapped,
        nested,
        made_in_one_branch,
        given_by_recursion,
        starred,
    ],
)
def test_it_holds_what_the_list_of_the_path_taken_holds(program: Callable[..., object]) -> None:
    staged = snek.stage(program)
    for a in GIVEN:
        assert repr(staged(a)) == repr(program(a))


def changed_under_its_own_name(a):
    items, others = [a[0]], [a[1]]
    chosen = items if a[0] > 0 else others
    items.append(a[2])
    return chosen[0]


def changed_under_the_joined_name(a):
    items, others = [a[0]], [a[1]]
    chosen = items if a[0] > 0 else others
    chosen.append(a[2])
    return items[0]


def changed_in_a_loop(a):
    items, chosen = [a[0]], [a[1]]
    for row in a:
        items.append(row)
        chosen = items
    return chosen[0]


def changed_under_one_of_two_names(a):
    first = second = [a[1]] if a[0] > 0 else [a[2]]
    if a[0] > 0:
        first = second = [a[3]]
    first.append(a[0])
    return second


def changed_argument_of_recursion(a):
    items = [a[0], a[1]]
    again = turned(items, np.int64(0) + (a[0] > 0))
    items.append(a[2])
    return again[0]


@pytest.mark.parametrize(
    "program",
    [
        changed_under_its_own_name,
        changed_under_the_joined_name,
        changed_in_a_loop,
        changed_under_one_of_two_names,
        changed_argument_of_recursion,
    ],
)
def test_a_change_that_another_name_may_see_is_refused(program: Callable[..., object]) -> None:
    with pytest.raises(snek.StagingError, match="list that is one of several") as caught:
        snek.stage(program)(GIVEN[2])
    assert caught.value.code == "SNK0212"


def test_a_list_of_pythons_own_that_changes_afterwards_is_refused() -> None:
    def program(a):
        items = sorted(["b", "a"])
        items[:] = [a[0], a[1]]
        chosen = items if a[0] > 0 else [a[1], a[2]]
        items[0] = a[3]
        return chosen[0]

    with pytest.raises(snek.StagingError, match="has been changed since"):
        snek.stage(program)(GIVEN[0])


def test_a_list_that_may_be_the_callers_is_not_given_back() -> None:
    def program(items: Any, a: Any) -> Any:
        return items if a[0] > 0 else [a[1]]

    with pytest.raises(snek.StagingError, match=r"return a copy: list\(x\)"):
        snek.stage(program)([GIVEN[0][0]], GIVEN[0])
    copied = snek.stage(lambda items, a: list(items if a[0] > 0 else [a[1]]))
    assert copied([GIVEN[0][0]], GIVEN[0]) == [1.0]
