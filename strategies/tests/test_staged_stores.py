"""Stores into arrays: every name of the array sees them, the caller too, or the program is refused."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import snek

f64 = np.float64
TABLE = np.ones(3)


pytestmark = pytest.mark.usefixtures("checked")


def two_names(x):
    a = x + 0
    b = a
    b += 1
    return a


def argument(x):
    x += 1
    return x


def argument_without_return(x):
    x *= 3


def each_symbol(x):
    x += 1
    x -= 0.5
    x *= 3
    x /= 2
    x //= 0.25
    x %= 5
    x **= 2
    return x * 1


def one_branch(x, c):
    y = x * 2
    if c > 0:
        y += 10
    return y


def both_branches(x, c):
    if c > 0:
        x += 10
    else:
        x -= 10
    return None


def under_another_name_in_a_branch(x, c):
    y = x
    if c > 0:
        y += 10
        z = y
    else:
        z = x + 1
    return x + z


def in_a_loop(x, n):
    i = 0
    while i < n:
        x += i
        i = i + 1
    return i


def seen_through_another_name_in_a_loop(x, n):
    y = x
    total = np.float64(0)
    i = 0
    while i < n:
        x += i
        total = total + y.sum()
        i = i + 1
    return total


def kept_under_another_name_in_a_loop(x, n):
    i = 0
    y = x * 0
    while i < n:
        x += 1
        y = x
        i = i + 1
    return (x * 1, y * 1)


def in_a_branch_in_a_loop(x, n):
    i = 0
    while i < n:
        if x.sum() > 4:
            x -= 1
        else:
            x += 2
        i = i + 1
    return x * 1


def in_a_static_loop(x):
    for i in range(3):
        x += i
    return None


def in_a_called_function(x, c):
    def change(y):
        y += 1

    change(x)
    if c > 0:
        change(x)
    return None


def fresh_in_a_loop(x, n):
    i = 0
    total = x * 0
    while i < n:
        y = x + i
        y += 1
        total = total + y
        i = i + 1
    return total


def in_a_list(items, c):
    items[0] += 1
    if c > 0:
        items[1] += 1
    return None


def narrow(x, y):
    x += y
    return x


def after_a_view_has_gone(x):
    total = x[0:2].sum()
    x += 1
    return total


def advanced_index_is_a_copy(x):
    y = x[np.array([0, 1])]
    x += 1
    return y


def copied(x):
    y = x.copy()
    x += 1
    return y


def static_trips_then_staged(x, n):
    i = 0
    while i < n or i < 3:
        x += 1
        i = i + 1
    return None


def items(x, i, v):
    x[0] = v
    x[1:] = x[1:] * 2 + v
    x[i] += v
    x[np.array([0, 0])] = np.array([5.0, 6.0])
    return x.sum()


def rows(x, i, v):
    x[i] = v
    x[:, 0] = x[0, 1]
    x[..., -1] = np.array([1, 2])
    x[None] = x * 2
    return None


def bubble(x):
    for i in range(len(x)):
        for j in range(len(x) - 1 - i):
            if x[j] > x[j + 1]:
                x[j], x[j + 1] = x[j + 1], x[j]
    return x


def prefix_sums(x, n):
    i = 1
    while i < n:
        x[i] = x[i] + x[i - 1]
        i = i + 1
    return None


def masked(x, v):
    x[x > v] = v
    return x


ARRAY = np.array([1.0, 2.0, 3.0])


def item_of_a_view(x, v):
    y = x[0]
    y[1] = v
    return x * 1


def item_of_a_short_view(x, v):
    x[0][1] = v
    return x * 1


def view_of_a_row(x):
    for row in x:
        row += 1
    return None


def row_by_row(x):
    x[1] -= 2 * x[0]
    for i in range(len(x)):
        x[i] *= i
        x[i, 1:] += x[i, 0]
    x[0][1:] *= 3
    return x * 1


def rows_where_data_say(x, n):
    for i in range(n):
        x[i] += x[i - 1]
        if x[i, 0] > 2:
            x[i] /= 2
    return x * 1


def row_with_a_name(x):
    row = x[1]
    row -= x[0]
    return x + 0, row + 0


def item_that_was_read(x):
    first = x[0, 0]
    x[0, 0] = 9
    return first, x[0, 0]


def copy_by_an_index_of_data(x, n):
    some = x[np.array([0, 1]) * n]
    x[0] = 9
    return some


PROGRAMS: list[tuple[Callable[..., Any], list[tuple[Any, ...]]]] = [
    (two_names, [(ARRAY,)]),
    (argument, [(ARRAY,)]),
    (argument_without_return, [(ARRAY,)]),
    (each_symbol, [(ARRAY,)]),
    (one_branch, [(ARRAY, f64(1)), (ARRAY, f64(-1))]),
    (both_branches, [(ARRAY, f64(1)), (ARRAY, f64(-1))]),
    (in_a_loop, [(ARRAY, f64(4)), (ARRAY, f64(0))]),
    (seen_through_another_name_in_a_loop, [(ARRAY, f64(4)), (ARRAY, f64(0))]),
    (kept_under_another_name_in_a_loop, [(ARRAY, f64(4)), (ARRAY, f64(0))]),
    (in_a_branch_in_a_loop, [(ARRAY, f64(5)), (ARRAY, f64(0))]),
    (in_a_static_loop, [(ARRAY,)]),
    (in_a_called_function, [(ARRAY, f64(1)), (ARRAY, f64(-1))]),
    (fresh_in_a_loop, [(ARRAY, f64(3)), (ARRAY, f64(0))]),
    (items, [(ARRAY, np.int64(1), f64(9)), (ARRAY, np.int64(-1), f64(np.nan))]),
    (items, [(np.array([1, 2, 3]), np.int64(1), f64(9.7)), (np.array([1, 2, 3]), np.int64(-1), f64(-2.5))]),
    (rows, [(np.arange(6.0).reshape(2, 3), np.int64(1), f64(9)), (np.ones((2, 3)), np.int64(0), f64(1))]),
    (bubble, [(np.array([3.0, 1.0, 2.0, 0.5]),), (np.array([1.0, 2.0, 3.0, 4.0]),)]),
    (prefix_sums, [(ARRAY, np.int64(3)), (ARRAY, np.int64(0))]),
    (masked, [(ARRAY, f64(1.5)), (ARRAY[::-1], f64(0.5))]),
    (masked, [(np.array([3, 1, 2]), f64(1.5))]),
    (in_a_list, [([ARRAY, ARRAY * 2], f64(1)), ([ARRAY, ARRAY * 2], f64(-1))]),
    (narrow, [(np.ones(3, np.float32), np.array([1e-9, 1.0, 2.0]))]),
    (after_a_view_has_gone, [(ARRAY,)]),
    (advanced_index_is_a_copy, [(ARRAY,)]),
    (copied, [(ARRAY,)]),
    (static_trips_then_staged, [(ARRAY, f64(5)), (ARRAY, f64(1))]),
    (under_another_name_in_a_branch, [(ARRAY, f64(1)), (ARRAY, f64(-1))]),
    (item_of_a_view, [(np.ones((2, 2)), f64(3))]),
    (item_of_a_short_view, [(np.ones((2, 2)), f64(3))]),
    (view_of_a_row, [(np.ones((2, 3)),)]),
    (row_by_row, [(np.arange(9.0).reshape(3, 3),)]),
    (row_by_row, [(np.arange(60.0).reshape(20, 3),)]),
    (rows_where_data_say, [(np.ones((4, 2)), np.int64(3)), (np.ones((4, 2)), np.int64(0))]),
    (row_with_a_name, [(np.arange(9.0).reshape(3, 3),)]),
    (item_that_was_read, [(np.ones((2, 2)),)]),
    (copy_by_an_index_of_data, [(np.ones((3, 2)), np.int64(1))]),
]


def equal(a: object, b: object) -> bool:
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(equal, a, b))
    if isinstance(a, (np.ndarray, np.generic)) and isinstance(b, (np.ndarray, np.generic)):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    return a is b


@pytest.mark.parametrize(("program", "calls"), PROGRAMS, ids=[one.__name__ for one, _ in PROGRAMS])
def test_a_store_is_seen_wherever_python_shows_it(program: Callable[..., Any], calls: list[tuple[Any, ...]]) -> None:
    staged = snek.stage(program)
    for call in (*calls, *calls):
        mine, theirs = copy.deepcopy(call), copy.deepcopy(call)
        assert equal(staged(*mine), program(*theirs))
        assert equal(mine, theirs), "the arguments after the call"
    assert len(staged.stagings()) == 1


@pytest.mark.parametrize(
    ("index", "error"), [(np.int64(3), "index 3 is out of bounds"), (np.int64(-4), "index -4 is out of bounds")]
)
def test_an_index_out_of_bounds_raises_as_numpy_does(index: Any, error: str) -> None:
    def program(x, i):
        x[i] = 1.0
        return x

    staged = snek.stage(program)
    assert staged(np.zeros(3), np.int64(1)).tolist() == [0, 1, 0]
    for function in (program, staged):
        with pytest.raises(IndexError, match=error):
            function(np.zeros(3), index)


def test_the_callers_own_array_comes_back() -> None:
    x = np.ones(3)
    assert snek.stage(argument)(x) is x
    assert x.tolist() == [2, 2, 2]


def test_one_array_under_two_names_is_told_from_two() -> None:
    def program(x, y):
        x += 1
        return y * 1

    staged = snek.stage(program)
    for _ in range(2):
        one, other = np.zeros(2), np.zeros(2)
        assert staged(one, other).tolist() == [0, 0]
        assert staged(one, one).tolist() == [2, 2]
        assert (one.tolist(), other.tolist()) == ([2, 2], [0, 0])


def test_overlapping_arguments_are_refused_at_the_call() -> None:
    def program(x, y):
        x += 1
        return y * 1

    staged = snek.stage(program)
    staged(np.zeros(2), np.zeros(2))
    whole = np.zeros(3)
    with pytest.raises(snek.StagingError, match=r"at \[0\]\[1\]\) may share its memory"):
        staged(whole[:2], whole[1:])
    assert whole.tolist() == [0, 0, 0]


def test_a_read_only_argument_raises_as_numpy_does() -> None:
    x = np.ones(2)
    x.flags.writeable = False
    with pytest.raises(ValueError, match="output array is read-only"):
        argument(x)
    with pytest.raises(ValueError, match="output array is read-only"):
        snek.stage(argument)(x)


def live_view(x):
    y = x[0:2]
    x += 1
    return y


def through_a_view(x):
    y = x.T
    y += 1
    return x * 1


def either(x, c):
    y = x if c > 0 else x + 1
    y += 1
    return y


def either_seen_from_the_other_name(x, z, c):
    y = x if c > 0 else z * 1
    x += 1
    return y


def rebound_in_a_loop(x, n):
    i = 0
    while i < n:
        x += 1
        x = x * 2
        i = i + 1
    return x


def turned_in_a_loop(x, y, n):
    i = 0
    a, b = x * 1, y * 1
    while i < n:
        a, b = b, a
        i = i + 1
    a += 1
    return b


def leaves_as_a_view(x):
    x += 1
    return x[0:2]


def seen_through_a_transpose(x):
    turned = x.T
    turned[0] += 1
    return x * 1


def item_of_an_old_view(x, v):
    row = x[0]
    x[0] = v
    return row * 1


def too_many(x, v):
    x[0:2] = v
    return x


def an_object(x):
    x[0] = "text"
    return x


def by_mask(x, v):
    x[x > 1] = v
    return x


def recursive_store(x, n):
    def go(y, k):
        y += 1
        return y if k <= 0 else go(y, k - 1)

    return go(x, n)


def recursive_alias(x, n):
    def go(y, k):
        return y if k <= 0 else go(y, k - 1)

    y = go(x, n)
    y += 1
    return x * 1


def recursive_alias_seen(x, n):
    def go(y, k):
        return y if k <= 0 else go(y, k - 1)

    y = go(x, n)
    x += 1
    return y


def too_wide(x, y):
    x += y
    return x


def reads_it_outside(x):
    x += 1
    return TABLE * x


def matrix(x, y):
    x @= y
    return x


REFUSED: list[tuple[Callable[..., Any], tuple[Any, ...], str]] = [
    (live_view, (ARRAY,), "share its memory"),
    (through_a_view, (ARRAY,), "share its memory"),
    (either, (ARRAY, f64(1)), "share its memory"),
    (either_seen_from_the_other_name, (ARRAY, ARRAY * 2, f64(1)), "share its memory"),
    (rebound_in_a_loop, (ARRAY, f64(2)), "another array at each trip"),
    (turned_in_a_loop, (ARRAY, ARRAY * 2, f64(2)), "share its memory|another array"),
    (leaves_as_a_view, (ARRAY,), "returns a view"),
    (seen_through_a_transpose, (np.ones((2, 2)),), "share its memory"),
    (item_of_an_old_view, (np.ones((2, 2)), f64(1)), "share its memory"),
    (too_many, (ARRAY, np.ones(3)), "could not broadcast"),
    (too_many, (ARRAY, np.ones(2) * 1j), "real part"),
    (an_object, (ARRAY,), "store numbers and arrays"),
    (by_mask, (ARRAY, np.ones(2)), "by a mask"),
    (recursive_store, (ARRAY, f64(2)), "argument of a staged function"),
    (recursive_alias, (ARRAY, f64(2)), "staged function|share its memory"),
    (recursive_alias_seen, (ARRAY, f64(2)), "staged function|share its memory"),
    (too_wide, (np.ones(2, np.int64), np.ones(2)), "NumPy raises"),
    (too_wide, (np.ones(1), np.ones(2)), "NumPy raises"),
    (reads_it_outside, (TABLE,), "outside it too"),
    (reads_it_outside, (TABLE[::-1],), "outside it too"),
    (matrix, (np.eye(2), np.eye(2)), "@="),
]


@pytest.mark.parametrize(("program", "args", "match"), REFUSED)
def test_a_store_that_cannot_be_told_is_refused(program: Callable[..., Any], args: tuple[Any, ...], match: str) -> None:
    with pytest.raises(snek.StagingError, match=match) as caught:
        snek.stage(program)(*args)
    place = caught.value.place
    assert place is not None
    assert place.filename == __file__
    first = program.__code__.co_firstlineno
    assert first <= place.line <= first + 12
