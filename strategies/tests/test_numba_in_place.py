"""Numba's programs store into a loop's own state without copying it, and answer as Python does."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import snek
from snek_strategies.backends.registry import BACKENDS

pytestmark = [
    pytest.mark.usefixtures("checked"),
    pytest.mark.skipif(bool(BACKENDS["numba"].missing()), reason="Numba is not installed"),
]

COPIES, IN_PLACE = "out = x.copy()", "out = x\n"


def filled(x, n):
    i = 0 * n
    while i < n:
        x[i] = i * i
        i = i + 1
    return x


def filled_by_rows(x, n):
    i = 0 * n
    while i < n:
        j = 0 * n
        while j < n:
            x[i, j] = i * 10 + j
            j = j + 1
        i = i + 1
    return x


def counted(x, n):
    i = 0 * n
    while i < n:
        if i % 3 == 0:
            x[i] += 5
        else:
            x[i] = -1
        i = i + 1
    return x


def read_in_the_trip(x, n):
    i = 1 + 0 * n
    while i < n:
        x[i] = x[i - 1] + x[i]
        i = i + 1
    return x


def read_before_the_store(x, n):
    i = 0 * n
    total = 0.0
    while i < n:
        old = x[0]
        x[0] = x[i] + 1
        total = total + old * 2
        i = i + 1
    return total


def read_after_the_store(x, n):
    i = 0 * n
    total = 0.0
    while i < n:
        x[0] = x[i] + 1
        total = total + x[0]
        x[1] = total
        i = i + 1
    return total


def stored_in_branches(x, n):
    i = 0 * n
    while i < n:
        if x[5] > 1:
            x[i] = x[5]
            x[i] = -1.0
        else:
            x[4] = i
        i = i + 1
    return x


def kept_from_before(x, n):
    before = x + 0
    made = x + 1
    i = 0 * n
    while i < n:
        before = made + 0
        made[i] = x[i]
        i = i + 1
    return made, before


def asked_in_the_test(x, n):
    while x[0] < n:
        x[0] = x[0] + 1
    return x


def rows_read_in_the_trip(x, n):
    i = 1 + 0 * n
    while i < n:
        x[i] = x[i - 1] * 2 + 1
        i = i + 1
    return x


def rows_read_in_an_inner_loop(x, n):
    i = 0 * n
    total = x[0] * 0
    while i < n:
        x[i] = total + i
        k = i
        while k >= 0:
            total = total + x[k] * 0.5
            k = k - 1
        total = total + np.sum(x)
        i = i + 1
    return x, total


def rows_computed_before_and_used_after(x, n):
    i = 0 * n
    total = x[0] * 0
    while i < n:
        old = x[0] * 2
        whole = x + 1
        x[0] = x[i] + 1
        total = total + old + whole[0]
        i = i + 1
    return x, total


def rows_turned_around(x, n):
    i = 0 * n
    while i < n:
        x[i] = x[i] + i + 0.5 * np.arange(4.0)
        x[i] = x[i][::-1]
        i = i + 1
    return x


def two_that_begin_alike(x, n):
    y = x + 0
    z = y + 0
    i = 0 * n
    while i < n:
        y[i] = i
        z[i] = -i
        i = i + 1
    return x, y, z


def swapped(x, n):
    y = x + 1
    i = 0 * n
    while i < n:
        x, y = y + 0, x + 0
        x[i] = i
        i = i + 1
    return x, y


LINE, SQUARE = np.arange(6.0), np.zeros((4, 4))
PROGRAMS: list[tuple[Callable[..., Any], Any, str]] = [
    (filled, LINE, IN_PLACE),
    (filled_by_rows, SQUARE, IN_PLACE),
    (counted, LINE, IN_PLACE),
    (two_that_begin_alike, LINE, IN_PLACE),
    (read_in_the_trip, LINE, IN_PLACE),
    (read_before_the_store, LINE, IN_PLACE),
    (read_after_the_store, LINE, IN_PLACE),
    (stored_in_branches, LINE, IN_PLACE),
    (kept_from_before, LINE, IN_PLACE),
    (asked_in_the_test, LINE, IN_PLACE),
    (rows_read_in_the_trip, SQUARE, IN_PLACE),
    (rows_read_in_an_inner_loop, SQUARE, IN_PLACE),
    (rows_computed_before_and_used_after, SQUARE, IN_PLACE),
    (rows_turned_around, SQUARE, COPIES),
    (swapped, LINE, COPIES),
]


@pytest.mark.parametrize(("program", "x", "store"), PROGRAMS, ids=[one[0].__name__ for one in PROGRAMS])
def test_stores_into_a_loops_own_state_mean_what_python_means(
    program: Callable[..., Any], x: np.ndarray, store: str
) -> None:
    staged = snek.stage(program, backend="numba")
    for n in (np.int64(0), np.int64(1), np.int64(4)):
        ours, theirs = copy.deepcopy(x), copy.deepcopy(x)
        np.testing.assert_equal(staged(ours, n), program(theirs, n))
        np.testing.assert_array_equal(ours, theirs)
    text = staged.trace(x, np.int64(1)).lower().as_text("python")
    assert store in text
    assert (COPIES in text) == (store == COPIES)


def test_a_transposed_factor_is_read_where_it_lies_also_if_a_loop_shares_it() -> None:
    def program(x, y, n):
        while n > 0:
            y = y + x.T @ y
            n = n - 1
        return y

    arguments = np.arange(9.0).reshape(3, 3), np.ones((3, 2)), np.int64(3)
    staged = snek.stage(program, backend="numba")
    np.testing.assert_allclose(staged(*arguments), program(*arguments))
    assert "np.dot(v0.T, " in staged.trace(*arguments).lower().as_text("python")


def stepped(x, n):
    y, t = x * 2, x
    while n > 0:
        t = t + y * 0.5
        y = np.where(t > 4, y - t, np.cos(y) + t)
        n = n - 1
    return x, y, t


def stepped_and_kept(x, n):
    y, kept, before = x + 1, x, x
    while n > 0:
        before = kept
        kept = np.reshape(y, (2, 3))
        y = y * 2 + np.sum(np.reshape(before, (6,)))
        n = n - 1
    return y, kept, before


@pytest.mark.parametrize(("program", "states"), [(stepped, 2), (stepped_and_kept, 0)])
def test_a_trip_writes_its_state_over_that_of_the_last_where_nothing_else_knows_it(
    program: Callable[..., Any], states: int
) -> None:
    staged = snek.stage(program, backend="numba")
    for n in (np.int64(0), np.int64(1), np.int64(3)):
        x = LINE.copy() if program is stepped else LINE.reshape(2, 3).copy()
        np.testing.assert_equal(staged(x, n), program(x.copy(), n))
    text = staged.trace(x, np.int64(1)).lower().as_text("python")
    assert text.count("out0 = x") + text.count("out1 = x") == states
