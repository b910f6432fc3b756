"""Lists whose length depends on data mean what Python's lists mean, on every back-end."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import snek
from snek_strategies.backends.registry import BACKENDS
from snek_strategies.ir.reader import read
from snek_strategies.ir.show import show

sys.path.append(str(Path(__file__).parent))
from construct_rows import xs  # noqa: E402
from python_outcome import check_calls  # noqa: E402

f64, i64 = np.float64, np.int64
D = snek.dynamic


pytestmark = pytest.mark.usefixtures("checked")


def grows_and_sums(a):
    items = []
    for v in a:
        if v > 0:
            items.append(v * 2)
    t = a[0] * 0
    for one in items:
        t = t + one
    return t, len(items), items


def stack_machine(x):
    st = [x]
    n = 0
    while st:
        v = st.pop()
        n = n + 1
        if v > 1:
            st.append(v / 2)
            st.append(v / 4)
    return n


def pop_empty(x):
    st = [x]
    i = 0
    while i < x:
        st.pop()
        i = i + 1
    return len(st)


def pop_caught(x):
    st = [x, x]
    i = 0
    try:
        while i < x:
            st.pop()
            i = i + 1
    except IndexError as e:
        return str(e) == "pop from empty list", i
    return False, i


def index_dyn(x, i):
    st = [x]
    if x > 0:
        st.append(x * 2)
    return st[i]


def negative(x):
    st = [x]
    while x > 0:
        st.append(x)
        x = x - 1
    st[-1] = f64(100)
    st[0] = f64(7)
    return st, st[-1] + st[0]


def caller_list(items, x):
    n = len(items)
    while x > 0:
        items.append(x)
        x = x - 1
    return n, len(items)


def arrays(a, n):
    rows = []
    for i in range(n):
        rows.append(a * i)
    t = a * 0
    for r in rows:
        t = t + r
    return t, rows


def alias(x):
    a = [x]
    b = a
    while x > 0:
        a.append(x)
        x = x - 1
    b.append(f64(5))
    return a, b, len(a)


def two_lists(x):
    a = []
    b = []
    while x > 0:
        if x > 2:
            a.append(x)
        else:
            b.append(x)
        x = x - 1
    a.extend([x, x])
    return a, b


def extend_dyn(x):
    a = [x]
    b = [x * 2]
    while x > 0:
        a.append(x)
        x = x - 1
    for v in a:
        b.append(v)
    return b


def while_grows(x):
    a = [x]
    for v in a:
        if v > 0:
            a.append(v - 1)
    return a


def ints(n):
    out = []
    i = 0
    while i < n:
        out.append(i)
        i = i + 1
    return out, sum(out)


def returned_early(a):
    out = []
    for v in a:
        out.append(v)
        if v > 3:
            return out
    out.append(f64(-1))
    return out


def try_append(a):
    out = []
    for v in a:
        try:
            if v < 0:
                raise ValueError
            out.append(v)
        except ValueError:
            out.append(-v)
            out.append(v)
    return out


def at_raise(x):
    out = [x]
    try:
        out.append(x)
        if x < 0:
            raise ValueError
        out.append(x * 2)
    except ValueError:
        out.append(x * 3)
        out.append(x)
    return out


def store_raise(items, x):
    while x > 0:
        items.append(x)
        if x > 5:
            raise ValueError("big")
        x = x - 1
    return x


def fib(n):
    a = [f64(0), f64(1)]
    for i in range(n):
        a.append(a[-1] + a[-2])
    return a


def sorts(a):
    out = [a[0]]
    for v in a:
        i = len(out)
        out.append(v)
        while i > 0 and out[i - 1] > out[i]:
            t = out[i - 1]
            out[i - 1] = out[i]
            out[i] = t
            i = i - 1
    return out


def cleared(x):
    a = [x]
    while x > 0:
        a.append(x)
        if x > 3:
            a.clear()
        x = x - 1
    return a


def primes(n):
    found = []
    k = 2
    while k < n:
        ok = True
        for p in found:
            if k % p == 0:
                ok = False
                break
        if ok:
            found.append(k)
        k = k + 1
    return found


CASES: list[tuple[Callable[..., Any], list[tuple[Any, ...]]]] = [
    (grows_and_sums, [(xs(*range(-5, 25)),), (xs(*([-1] * 30)),), (xs(1, -1),)]),
    (stack_machine, [(f64(9),), (f64(0),)]),
    (pop_empty, [(f64(1),), (f64(0),), (f64(4),)]),
    (pop_caught, [(f64(1),), (f64(4),)]),
    (index_dyn, [(f64(1), i64(1)), (f64(-1), i64(0)), (f64(-1), i64(1)), (f64(-1), i64(-1)), (f64(1), i64(-3))]),
    (negative, [(f64(3),), (f64(-1),)]),
    (caller_list, [([f64(2)], f64(3)), ([f64(2)], f64(-1))]),
    (arrays, [(xs(1, 2), i64(3)), (xs(1, 2), i64(0))]),
    (alias, [(f64(3),), (f64(-1),)]),
    (two_lists, [(f64(4),), (f64(-1),)]),
    (extend_dyn, [(f64(4),), (f64(-1),)]),
    (while_grows, [(f64(4),), (f64(-1),)]),
    (ints, [(D(4),), (D(0),)]),
    (returned_early, [(xs(*range(20)),), (xs(*[1] * 20),)]),
    (try_append, [(xs(*[1, -1] * 10),)]),
    (at_raise, [(f64(4),), (f64(-1),)]),
    (store_raise, [([f64(2)], f64(3)), ([f64(2)], f64(8))]),
    (fib, [(i64(10),), (i64(0),)]),
    (sorts, [(xs(3, 1, 2),), (xs(*range(20, 0, -1)),)]),
    (cleared, [(f64(6),), (f64(2),)]),
    (primes, [(D(30),), (D(1),)]),
]


def grows_after_a_return_in_a_try(x, rows):
    grown = [x]
    for row in rows:
        try:
            if row > 5:
                return row
        except ValueError:
            pass
        trips = 0
        while trips < 4 and row > 0:
            trips = trips + 1
            grown.append(row)
    total = x
    for one in grown:
        total = total + one
    return total


@pytest.mark.parametrize(("program", "calls"), CASES, ids=[case[0].__name__ for case in CASES])
def test_a_list_grows_as_pythons(program: Callable[..., Any], calls: list[tuple[Any, ...]]) -> None:
    check_calls(program, calls, "interpret")


NATIVE = (grows_and_sums, stack_machine, index_dyn, alias, store_raise, sorts, primes)


@pytest.mark.parametrize("program", NATIVE, ids=[one.__name__ for one in NATIVE])
def test_machine_code_keeps_lists_in_arrays(program: Callable[..., Any]) -> None:
    reason = BACKENDS["lantern"].missing()
    if reason:
        pytest.skip(reason)
    check_calls(program, dict(CASES)[program], "lantern")


def test_a_list_grows_in_every_arm_of_what_is_left_early() -> None:
    staged = snek.stage(grows_after_a_return_in_a_try)
    rows = xs(*[1, -1] * 10)
    assert staged(f64(2), rows) == grows_after_a_return_in_a_try(f64(2), rows)
    rows[4] = 6
    assert staged(f64(2), rows) == 6


def test_a_list_that_needs_more_room_gets_it() -> None:
    reason = BACKENDS["lantern"].missing()
    if reason:
        pytest.skip(reason)
    check_calls(ints, [(D(10),), (D(1000),), (D(63),), (D(64),), (D(65),)], "lantern")


def test_a_gradient_flows_through_a_list() -> None:
    def program(x):
        items = [x]
        while x > 1:
            x = x / 2
            items.append(x * x)
        total = x * 0
        for one in items:
            total = total + one
        return total

    step = 1e-6
    expected = (program(5 + step) - program(5 - step)) / (2 * step)
    np.testing.assert_allclose(snek.grad(program)(f64(5.0)), expected, rtol=1e-6)


def test_the_ir_of_lists_reads_back() -> None:
    traced = snek.stage(stack_machine).trace(f64(3))
    text = traced.as_text("ir")
    assert "list_append" in text
    assert "list of float64[]" in text
    assert show(read(traced.as_text("sexpr"))) == text


def stores_into_an_item(x, a):
    rows = [a]
    while x > 0:
        rows.append(a * x)
        x = x - 1
    one = rows[0]
    one += 1
    return rows


def of_two_types(x):
    items = []
    while x > 0:
        items.append(x)
        items.append(1)
        x = x - 1
    items.append(np.ones(2))
    return items


def repeated(x):
    items = []
    while x > 0:
        items.append(x)
        x = x - 1
    return items * 2


@pytest.mark.parametrize(
    ("program", "args", "match"),
    [
        (stores_into_an_item, (f64(2), xs(1, 2)), "an item of a list whose length depends on data"),
        (of_two_types, (f64(2),), "float64"),
        (repeated, (f64(2),), "of a list whose length depends on data"),
    ],
)
def test_what_a_list_cannot_do_is_refused_at_its_place(program: Callable[..., Any], args: Any, match: str) -> None:
    with pytest.raises(snek.StagingError, match=match) as caught:
        snek.stage(program)(*args)
    assert caught.value.place is not None
    assert caught.value.place.filename == __file__
