"""Stores of a loop write in place where nobody sees the versions between, and only there."""

from __future__ import annotations

import numpy as np
import pytest

import snek

pytest.importorskip("numba")

X = np.arange(5.0)
N = np.int64(4)


def fills(x, n):
    for i in range(n):
        x[i] = x[i - 1] * 0 + i
    return x


def stores(x, n):
    made = np.zeros(5)
    for i in range(n):
        made[i] = x[i] * i
        made[0] = 9.0
    return made, x


def stores_in_branches(x, n):
    made = np.zeros(5)
    for i in range(n):
        if x[i] > 1:
            made[i] = x[i]
            made[i] = -1.0
        else:
            made[4] = i
    return made


def stores_in_an_inner_loop(x, n):
    made = np.zeros(5)
    for i in range(n):
        for j in range(n):
            made[j] = x[i] + j
    return made


def keeps_a_version(x, n):
    made = before = np.zeros(5)
    for i in range(n):
        before = made + 0
        made[i] = x[i]
    return made, before


def asks(x, n):
    made = np.zeros(5)
    while made[2] < 3 and n > 0:
        made[2] = made[2] + n
    return made


ALONE = (stores, stores_in_branches, stores_in_an_inner_loop)
SEEN = (keeps_a_version, asks)


def text_of(function):
    return snek.stage(function, backend="numba").trace(X, N).lower().as_text("python")


@pytest.mark.parametrize("function", [*ALONE, *SEEN, fills], ids=lambda one: one.__name__)
def test_what_is_stored_is_right_on_every_call(function):
    staged = snek.stage(function, backend="numba")
    for n in (N, np.int64(0), np.int64(3), N):
        mine, plain = X.copy(), X.copy()
        np.testing.assert_array_equal(staged(mine, n), function(plain, n))
        np.testing.assert_array_equal(mine, plain)


@pytest.mark.parametrize("function", ALONE, ids=lambda one: one.__name__)
def test_a_loop_copies_once_what_only_it_stores_into(function):
    assert "out = x.copy()" not in text_of(function)


@pytest.mark.parametrize("function", SEEN, ids=lambda one: one.__name__)
def test_a_version_that_is_seen_is_not_written_over(function):
    assert "out = x.copy()" in text_of(function)
