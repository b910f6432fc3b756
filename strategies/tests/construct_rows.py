"""One small program for each construct that staging must take, with calls on both sides of every choice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

import snek

f64 = np.float64


def dyn(number: int) -> Any:
    """Return a Python number that is known only in the next stage."""
    return snek.dynamic(number)


class Row(NamedTuple):
    """A program, and the calls that take every side of its choices."""

    program: Callable[..., Any]
    calls: tuple[Callable[[], tuple[Any, ...]], ...]


def _calls(*arguments: Any) -> tuple[Callable[[], tuple[Any, ...]], ...]:
    return tuple(lambda one=one: tuple(v.copy() if isinstance(v, np.ndarray) else v for v in one) for one in arguments)


def xs(*values: float) -> Any:
    return np.array(values, dtype=np.float64)


FEW_AND_MANY = (xs(1, -2, 3, -1), xs(-1, -1, -1, -1), xs(1, -2, 3, -1, *[-1] * 20))
"""Arrays with a few rows, over which a loop is unrolled, and with many."""


def if_elif_else(x):
    if x > 10:
        y = x * 2
    elif x > 0:
        y = x + 1
    else:
        y = -x
    return y


def bound_in_one_branch(x):
    if x > 0:
        y = x * 2
    return y


def while_loop(x):
    n = 0
    while x > 1:
        x = x / 2
        n += 1
    return x, n


def for_over_an_array(a):
    total = 0.0
    for row in a:
        total = total + row * row
    return total


def for_over_a_range(x, n):
    for i in range(n):
        x = x + i
    return x


def for_else(a):
    for row in a:
        if row < 0:
            found = row
            break
    else:
        found = f64(1.0)
    return found


def while_else(x):
    while x > 0:
        if x == 3:
            break
        x = x - 1
    else:
        x = x + 100
    return x


def continue_(a):
    total = 0.0
    for row in a:
        if row < 0:
            continue
        total = total + row
    return total


def early_return_in_loop(a):
    for row in a:
        if row > 5:
            return row
    return f64(-1.0)


def early_return_in_nested_loops(x):
    for i in range(20):
        j = 0
        while j < x:
            if i * j > 12:
                return i * 100 + j
            j = j + 1
    return -1


def short_circuits(x, y):
    return (x and y) + (x or y) + (not x)


def short_circuit_that_guards(a, i):
    return i < 3 and a[i] > 0


def chained_comparison(x):
    return 0 < x < 10


def ternary(x):
    return x * 2 if x > 0 else -x


def recursion(x):
    if x < 2:
        return x
    return recursion(x - 1) + recursion(x - 2)


def even(x):
    if x == 0:
        return True
    return odd(x - 1)


def odd(x):
    if x == 0:
        return False
    return even(x - 1)


def closure(x):
    k = x * 2

    def inner(y):
        if y > k:
            return y - k
        return k - y

    return inner(x * x)


def nonlocal_(x):
    count = 0.0

    def bump(by):
        nonlocal count
        if by > 0:
            count = count + by

    bump(x)
    bump(x - 2)
    return count


def list_in_a_branch(x):
    items = [x]
    if x > 0:
        items.append(x * 2)
    else:
        items.append(-x)
    return items


def list_that_grows_in_a_loop(x):
    items = []
    i = 0
    while i < x:
        items.append(x * i)
        i = i + 1
    return items


def list_read_back(a):
    items = []
    for row in a:
        if row > 0:
            items.append(row)
    total = 0.0
    for one in items:
        total = total + one
    return total, len(items)


def dict_item_in_a_branch(x):
    d = {"a": x, "b": x}
    if x > 0:
        d["a"] = x * 2
    return d


def attribute_in_a_branch(x):
    p = Point(x, x)
    if x > 0:
        p.x = x * 2
    return p.x + p.y


def attribute_in_a_loop(x):
    p = Point(x, 0.0)
    while p.x > 1:
        p.x = p.x / 2
        p.y = p.y + 1.0
    return p.y


def item_in_a_loop(x):
    a = np.zeros(4)
    i = 0
    while i < x:
        a[i % 4] = a[i % 4] + i
        i = i + 1
    return a


def item_in_a_for(a):
    out = np.zeros(20)
    for i in range(20):
        if a[i] > 0:
            out[i] = a[i] * 2
    return out


@dataclass
class Point:
    x: Any
    y: Any


@dataclass(frozen=True)
class Pair:
    a: Any
    b: Any


def dataclass_in_a_branch(x):
    if x > 0:
        p = Pair(x, x * 2)
    else:
        p = Pair(-x, x)
    return p.a - p.b


@dataclass
class Tree:
    value: Any
    left: Any = None
    right: Any = None


def tree_sum(tree):
    if tree is None:
        return 0.0
    here = tree.value
    if here < 0:
        here = -here
    return here + tree_sum(tree.left) + tree_sum(tree.right)


def assert_(x):
    assert x > 0, "must be positive"
    return x + 1


def assert_with_a_value(x):
    assert x > 0, x
    return x + 1


def raise_(x):
    if x < 0:
        raise ValueError("negative")
    return x * 2


def raise_from(x):
    if x < 0:
        raise ValueError("negative") from KeyError("k")
    return x * 2


def try_around_raise(x):
    try:
        if x < 0:
            raise ValueError("negative")
        y = x * 2
    except ValueError:
        y = -x
    return y


def try_else_finally(x):
    log = 0
    try:
        log = log + 1
        if x < 0:
            raise ValueError("negative")
    except ValueError:
        log = log + 10
    else:
        log = log + 100
    finally:
        log = log + 1000
    return log + x


def try_state_at_the_raise(x):
    y = x
    try:
        y = x + 1
        if x < 0:
            raise ValueError
        y = x + 2
        if x > 10:
            raise KeyError
        y = x + 3
    except ValueError:
        y = y * 100
    except KeyError:
        y = y * 1000
    return y


def try_uses_the_exception(x):
    try:
        if x < 0:
            raise ValueError("negative", x * 2)
        return x
    except ValueError as error:
        return error.args[1]


def try_in_a_loop(a):
    total = 0.0
    for row in a:
        try:
            if row < 0:
                raise ValueError
            if row > 100:
                break
            total = total + row
        except ValueError:
            continue
        finally:
            total = total + 1000
    return total


def try_around_a_call(x):
    def check(v):
        if v < 0:
            raise ValueError("bad")
        return v * 3

    try:
        y = check(x)
    except ValueError:
        y = x
    return y


def try_around_an_index(a, i):
    try:
        return a[i]
    except IndexError:
        return f64(-1.0)


def try_around_a_division(n, d):
    try:
        return n / d
    except ZeroDivisionError:
        return 0.0


def try_that_does_not_match(x):
    try:
        if x < 0:
            raise KeyError("k")
        y = x
    except ValueError:
        y = x * 2
    return y


def try_reraises(x):
    try:
        if x < 0:
            raise ValueError("first")
        y = x
    except ValueError:
        if x < -10:
            raise
        y = -x
    return y


def try_raises_another(x):
    try:
        if x < 0:
            raise ValueError("first")
        y = x
    except ValueError as error:
        raise KeyError("second") from error
    return y


def finally_when_it_raises(a, x):
    try:
        if x < 0:
            raise ValueError("negative")
        y = x * 2
    finally:
        a[0] = 7.0
    return y


def nested_try(x):
    y = 0.0
    try:
        try:
            if x < 0:
                raise ValueError
            if x > 10:
                raise KeyError
            y = y + 1
        except ValueError:
            y = y + 10
            if x < -10:
                raise KeyError from None
        finally:
            y = y + 100
    except KeyError:
        y = y + 1000
    return y


def with_a_static_manager(x):
    with Scale(3.0) as k:
        if x > 0:
            y = x * k
        else:
            y = x
    return y


class Scale:
    def __init__(self, k):
        self.k = k

    def __enter__(self):
        return self.k

    def __exit__(self, *error):
        return None


def with_and_raise(x):
    with Scale(3.0) as k:
        if x < 0:
            raise ValueError("negative")
        y = x * k
    return y


def prints(x):
    print("start", x)
    if x > 0:
        print("positive", x * 2, sep=": ")
    else:
        print("not positive", end="!\n")
    return x


def prints_in_a_loop(x):
    i = 0
    while i < x:
        print(i, "of", x)
        i = i + 1
    return i


def prints_then_raises(x):
    print("before")
    if x < 0:
        raise ValueError("negative")
    print("after")
    return x


def prints_an_array(a):
    print(a, a.sum(), f"mean {a.mean():.2f} of {len(a)}")
    return a


def widens_none(x):
    best = None
    i = 0
    while i < x:
        if best is None or i * (5 - i) > best:
            best = i * (5 - i)
        i = i + 1
    return best


def widens_int(x):
    total = 0
    while x > 1:
        total = total + x / 3
        x = x - 1
    return total


def aliasing(a):
    b = a
    b += 1
    return a * 2


def del_in_a_branch(x):
    y = x
    if x > 0:
        del y
        z = x
    else:
        z = y + 1
    return z


def match_(x, k):
    match k:
        case "a":
            y = x * 2
        case _:
            y = x
    if y > 3:
        y = y - 3
    return y


def comprehension(a):
    return sum([row * 2 if row > 0 else row for row in a])


def comprehension_with_a_filter(a):
    return [row * 2 for row in a if row > 0 if row < 5]


def nested_comprehension(a):
    return [x * y for x in a for y in a[:2] if x > y], [[y + 1 for y in a[:2]] for _ in range(2)]


def generators(a):
    found = any(row > 3 for row in a), all(row > -5 for row in a)
    return found, max(row for row in a if row > 0)


def walrus(x):
    if (y := x * 2) > 4:
        return y
    return -y


def star_targets(a):
    first, *rest = [a[0], a[1], a[2]]
    if first > 0:
        first, rest = rest[0], [first, rest[1]]
    return first + rest[1]


def min_max(x, y):
    return max(x, y) - min(x, y, 0.0)


ROWS: Mapping[str, Row] = {
    row.program.__name__: row
    for row in (
        Row(if_elif_else, _calls((f64(20),), (f64(5),), (f64(-5),))),
        Row(bound_in_one_branch, _calls((f64(1),), (f64(-1),))),
        Row(while_loop, _calls((f64(9),), (f64(0.5),))),
        Row(for_over_an_array, _calls((np.arange(30.0),), (np.arange(3.0),))),
        Row(for_over_a_range, _calls((f64(2), np.int64(4)), (f64(2), np.int64(0)))),
        Row(for_else, _calls((xs(*range(20)),), (xs(1, 2, -3, *range(17)),))),
        Row(while_else, _calls((f64(2),), (f64(7),), (f64(0),))),
        Row(continue_, _calls((xs(1, -2, 3),), (xs(*([1, -1] * 10)),))),
        Row(early_return_in_loop, _calls((xs(*range(20)),), (xs(*([1] * 20)),))),
        Row(early_return_in_nested_loops, _calls((np.int64(5),), (np.int64(0),))),
        Row(short_circuits, _calls((f64(0), f64(3)), (f64(2), f64(3)))),
        Row(short_circuit_that_guards, _calls((xs(1, -1, 1), np.int64(0)), (xs(1, -1, 1), np.int64(9)))),
        Row(chained_comparison, _calls((f64(5),), (f64(-5),), (f64(50),))),
        Row(ternary, _calls((f64(5),), (f64(-5),))),
        Row(recursion, _calls((f64(9),), (f64(1),))),
        Row(even, _calls((np.int64(4),), (np.int64(5),))),
        Row(closure, _calls((f64(3),), (f64(1),))),
        Row(nonlocal_, _calls((f64(3),), (f64(1),), (f64(-1),))),
        Row(list_in_a_branch, _calls((f64(3),), (f64(-1),))),
        Row(list_that_grows_in_a_loop, _calls((f64(3),), (f64(-1),))),
        Row(list_read_back, _calls((xs(*range(-5, 25)),), (xs(*([-1] * 20)),))),
        Row(dict_item_in_a_branch, _calls((f64(3),), (f64(-1),))),
        Row(attribute_in_a_branch, _calls((f64(3),), (f64(-1),))),
        Row(attribute_in_a_loop, _calls((f64(30),), (f64(-1),))),
        Row(item_in_a_loop, _calls((np.int64(9),), (np.int64(0),))),
        Row(item_in_a_for, _calls((xs(*range(-9, 11)),),)),
        Row(dataclass_in_a_branch, _calls((f64(3),), (f64(-1),))),
        Row(tree_sum, tuple(lambda t=t: (t(),) for t in (
            lambda: Tree(f64(1), Tree(f64(-2)), Tree(f64(3), Tree(f64(4)))), lambda: Tree(f64(-1))))),
        Row(assert_, _calls((f64(3),), (f64(-1),))),
        Row(assert_with_a_value, _calls((f64(3),), (f64(-1),))),
        Row(raise_, _calls((f64(3),), (f64(-1),))),
        Row(raise_from, _calls((f64(3),), (f64(-1),))),
        Row(try_around_raise, _calls((f64(3),), (f64(-1),))),
        Row(try_else_finally, _calls((f64(3),), (f64(-1),))),
        Row(try_state_at_the_raise, _calls((f64(3),), (f64(-1),), (f64(11),))),
        Row(try_uses_the_exception, _calls((f64(3),), (f64(-1),))),
        Row(try_in_a_loop, _calls(
            (xs(*([1, -1] * 10)),), (xs(1, 2, 200, *range(20)),), (xs(1, 2, 3),), (xs(1, 200, 3),))),
        Row(try_around_a_call, _calls((f64(3),), (f64(-1),))),
        Row(try_around_an_index, _calls((xs(1, 2, 3), np.int64(1)), (xs(1, 2, 3), np.int64(7)))),
        Row(try_around_a_division, tuple(lambda d=d: (dyn(6), dyn(d)) for d in (3, 0))),
        Row(try_that_does_not_match, _calls((f64(3),), (f64(-1),))),
        Row(try_reraises, _calls((f64(3),), (f64(-1),), (f64(-11),))),
        Row(try_raises_another, _calls((f64(3),), (f64(-1),))),
        Row(finally_when_it_raises, _calls((xs(1, 2), f64(3)), (xs(1, 2), f64(-1)))),
        Row(nested_try, _calls((f64(3),), (f64(-1),), (f64(11),), (f64(-11),))),
        Row(with_a_static_manager, _calls((f64(3),), (f64(-1),))),
        Row(with_and_raise, _calls((f64(3),), (f64(-1),))),
        Row(prints, _calls((f64(3),), (f64(-1),))),
        Row(prints_in_a_loop, _calls((np.int64(3),), (np.int64(0),))),
        Row(prints_then_raises, _calls((f64(3),), (f64(-1),))),
        Row(prints_an_array, _calls((xs(1, 2),), (xs(3, 4),))),
        Row(widens_none, _calls((np.int64(5),), (np.int64(0),))),
        Row(widens_int, _calls((f64(3),), (f64(-1),))),
        Row(aliasing, _calls((xs(1, 2),), (xs(3, 4),))),
        Row(del_in_a_branch, _calls((f64(3),), (f64(-1),))),
        Row(match_, _calls((f64(3), "a"), (f64(-1), "b"))),
        Row(comprehension, _calls((xs(1, -2),), (xs(-3, 4),), (xs(*range(-9, 11)),))),
        Row(comprehension_with_a_filter, _calls((xs(*range(-9, 11)),), (xs(*([-1] * 20)),), (xs(1, -2),))),
        Row(nested_comprehension, _calls((xs(*range(-9, 11)),), (xs(3, 1),))),
        Row(generators, _calls((xs(*range(-9, 11)),), (xs(*([-1] * 20)),))),
        Row(walrus, _calls((f64(3),), (f64(-1),))),
        Row(star_targets, _calls((xs(1, 2, 3),), (xs(-1, 2, 3),))),
        Row(min_max, _calls((f64(3), f64(4)), (f64(-1), f64(-2)))),
    )
}  # fmt: skip
"""Every row by its program's name."""

WIDENED = frozenset({"nonlocal_", "widens_int", "list_read_back"})
"""Rows whose number has one type on all paths, the widest: its value is Python's, its class need not be."""
