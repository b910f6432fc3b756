"""One small program for each construct, with argument sets that take every side of its choices."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np

import snek

f32, f64, i32, i64 = np.float32, np.float64, np.int32, np.int64
D = snek.dynamic
XS = np.array([3.0, 1.0, 4.0, 1.0, 5.0])
M = np.linspace(-1, 2, 12).reshape(3, 4)
S = np.linspace(-1, 2, 9).reshape(3, 3)
N = np.array([[5, -3, 7], [2, 0, -9]])

Case = tuple[Callable[..., object], list[tuple[object, ...]]]


# Choices.


def if_elif_else(x):
    if x > 0:
        r = 1.0
    elif x < 0:
        r = -1.0
    else:
        r = 0.0
    return r * x


def ternary(x):
    return x * 2 if x > 1 else x - 1


def short_circuits(x, y):
    return (x > 0 and y > 0), (x > 5 or y), not x


def value_of_and(x, y):
    return x and y


def chained_comparison(x, y):
    if 0 < x < y <= 10:
        return x
    return y + 1


def bound_in_one_branch(x):
    if x > 0:
        y = x * 2
    return y


def early_return(x, n):
    for i in range(100):
        if i > n:
            if x > 10:
                return x
            x = x + i
        else:
            x = x * 2
    return -x


def membership(x):
    return x in (1, 2, 3), x not in [2, 5]


def extremes(x, y):
    return max(x, y), min(x, y, 3.0), abs(x)


def branch_of_arrays(x):
    if np.sum(x) > 0:
        a, b = x, x[0]
    else:
        a, b = -x, x[1]
    return a * b


# Loops.


def while_loop(n):
    a, b = 0 * n, 0 * n + 1
    while n > 0:
        a, b = b, a + b
        n = n - 1
    return a


def while_with_break(xs, wanted):
    at = -1
    i = 0
    while True:
        if i >= len(xs):
            break
        if xs[i] == wanted:
            at = i
            break
        i = i + 1
    return at


def while_else(xs, wanted):
    i = 0
    while i < 5:
        if xs[i] == wanted:
            break
        i = i + 1
    else:
        return i + 100
    return i


def for_over_array(xs):
    total = 0.0
    for x in xs:
        if x % 2 == 0:
            continue
        total = total + x
    return total


def for_over_range(n, x):
    for i in range(n):
        x = x + i
    return x


def range_backwards(n, x):
    for i in range(n, -3, -2):
        x = x * 2 + i
    return x


def nested_loops(n):
    total = 0
    for i in range(n):
        for j in range(i):
            if j % 3 == 1:
                continue
            total += j
    return total


def int_then_float(n):
    x = 64
    i = 0
    while i < n:
        x = x / 2
        i += 1
    return x


def none_then_value(x, n):
    best = None
    for i in range(4):
        best = x if best is None else best + x
    return best + n


def none_or_a_value(a):
    best, place = None, None
    for i in range(20):
        if a[i] > 0 and (best is None or a[i] > best):
            best, place = a[i], (i, a * a[i])
    if place is None:
        return best, place, a[0]
    return best, place, best * 2 + place[1].sum()


def none_where_a_value_is_needed(a):
    best = None
    for row in a:
        if row > 0:
            best = row
    return best + 1


def loop_over_rows(x, w):
    h = x[0] * 0
    for row in x:
        h = np.tanh(row @ w + h)
    return h


def python_counter(n):
    total = 0
    for i in range(n):
        total = total + i * i
    return total


# Functions.


def factorial(n):
    return n * 0 + 1 if n <= 1 else n * factorial(n - 1)


def is_even(n):
    return True if n == 0 else is_odd(n - 1)


def is_odd(n):
    return False if n == 0 else is_even(n - 1)


def tree_sum(left, right, value, node):
    if left[node] < 0:
        return value[node]
    return tree_sum(left, right, value, left[node]) + tree_sum(left, right, value, right[node])


def deep(n):
    return n if n <= 0 else 1 + deep(n - 1)


def inner_recursion(x, n):
    def go(k, y):
        return y if k == 0 else go(k - 1, y * x)

    return go(n, x + 1)


def closures(x):
    scale = x * 2

    def apply(y):
        return y + scale

    return apply(x) + apply(1.0)


# State.


def written_by_a_callee(x):
    best, count = None, 0

    def see(value):
        nonlocal best, count
        if best is None or value > best:
            best, count = value, count + 1

    if x[0] > 0:
        see(x[0])
    for row in x:
        see(row * 2)
    return best, count


def list_of_static_length(x):
    items = []
    for i in range(3):
        items.append(x * i)
    items[1] = items[1] + 10
    return items, items[-1]


def dict_state(x):
    state = {"a": x}
    b = state["a"] + 1 if x > 0 else 0 * x
    state["b"] = b
    return state


@dataclasses.dataclass
class Point:
    x: Any
    y: Any


def dataclass_state(p):
    y = p.x * 2 if p.x > 0 else p.y
    p.y = y
    return p


def stores_into_array(x, n):
    y = x.copy()
    for i in range(n):
        y[i] = y[i] * 2 + i
    y[1:3] = 7
    return y


def augmented_assignment(x):
    y = x * 1
    y += 3
    y *= x
    return y


def changes_its_argument(x, k):
    x[k] = 5
    return x.sum()


# Exceptions.


class TooLarge(Exception):
    pass


def raises(x):
    if x > 9:
        raise ValueError("much too large", 9)
    if x > 3:
        raise TooLarge("too large", x, x * 2)
    return x + 1


def raises_in_loop(xs):
    total = 0.0
    for x in xs:
        if x < 0:
            raise TooLarge(x)
        total = total + x
    return total


def raises_in_recursion(n):
    if n > 100:
        raise TooLarge("above", n)
    return 1 if n <= 0 else n + raises_in_recursion(n - 7 if n < 50 else n + 30)


def index_out_of_bounds(x, i):
    return x[i], x[i - 1]


def index_arrays(x, at):
    return x[at], x[:, at % 3], x[at, at % 4]


def divides_by_zero(a, b):
    return a / b, a // b, a % b


def error_in_loop_test(xs):
    i = 0
    while xs[i] > 0:
        i = i + 1
    return i


def goes_on_after_a_raise(x, n):
    if x < 0:
        raise KeyError("negative")
    while x != n:
        x = x + 1
    return x


def math_domain(x):
    return math.sqrt(x), math.log(x + 1)


def int_of_float(x):
    return int(x), float(int(x))


def python_powers(a, b):
    return a**b, a**2


def int_overflow(n):
    return n * n, n + n


# Arithmetic.


def integer_division(a, b):
    return a // b, a % b, -a // b, -a % b


def bits(a, b):
    return a & b, a | b, a ^ b, ~a, a << 2, a >> 1


def dtypes(a, b):
    return a + b, a * 2, a / 2, b - 1.5, (a > b).astype(np.int8), a.astype(np.float32) + b


def small_ints(a):
    return a + a, a * a, -a, a // 3, a.sum()


def rounding(x):
    return np.floor(x), np.ceil(x), np.trunc(x), np.rint(x), np.round(x, decimals=1), np.sign(x)


def transcendental(x):
    return np.exp(x), np.log1p(np.abs(x)), np.sin(x), np.cos(x), np.tanh(x), np.sqrt(np.abs(x)), np.arctan2(x, x + 1)


def not_a_number(x):
    return np.maximum(x, 0), np.max(x), np.argmax(x), np.isnan(x), np.any(np.isinf(x)), np.fmax(x, 0)


def denied_comparisons(x, y):
    if not x > 0:
        y = y + 1
    return not x < 1, ~(x >= y), np.logical_not(x <= y), y


def complex_numbers(x):
    z = x + 2j
    return z * z, np.abs(z), np.real(z), np.conjugate(z)


# Arrays.


def reductions(x):
    return np.sum(x), np.sum(x, axis=0), np.prod(x, axis=1), np.max(x, axis=-1), np.min(x), np.all(x > -5, axis=1)


def statistics(x):
    return np.mean(x), np.mean(x, axis=0, keepdims=True), np.var(x), np.std(x, axis=1)


def arguments_of_extremes(x):
    return np.argmax(x), np.argmin(x, axis=1), np.argsort(x, axis=1), np.sort(x, axis=0)


def manipulation(x):
    return x.T, x.reshape(2, 6), np.flip(x, 1), np.roll(x, 1), np.tile(x, 2), np.stack([x, x]), np.expand_dims(x, 0)


def joins(x, y):
    return np.concatenate([x, x], axis=1), np.concatenate([x, y], axis=None), np.split(x, 2, axis=1)


def slices(x):
    return x[1:, ::2], x[..., -1], x[::-1], x[:, None, 1], x[0, 0]


def where(x, y):
    return np.where(x > 0, x, y), np.where(x > 0, 1, 0), np.clip(x, -0.5, 1)


def products(a, b):
    return a @ b, a @ b[0], a[0] @ b[0], np.outer(a[0], b[1]), np.dot(a, b), np.stack([a, b]) @ b


def integer_products(a):
    return a @ a.T, a[0] @ a[1]


def cumulative(x):
    return np.cumsum(x), np.cumsum(x, axis=1), np.cumprod(x, axis=0), np.diff(x, axis=1)


def broadcasting(x, y):
    return x + y[:, None], x * y[0], np.broadcast_to(y[0], (2, 2))


def constants(x):
    return x + np.arange(4.0), np.zeros_like(x), np.array([1, 2, 3]), np.full((2, 2), x[0, 0]), 3, None, "text"


def constants_unchanged(x, n):
    kept = np.array([1.0, 2.0])
    chosen = kept if n > 0 else x
    while n < 0:
        kept = kept + x
        n = n + 1
    return kept, kept[::-1], chosen, np.array([3.0, 4.0])


def scalars_in_and_out(n, y, b):
    return n + 1, y * 2, not b, n > 2, n


def state_at_the_raise(x):
    y = x
    try:
        y = x + 1
        if x < 0:
            raise ValueError("negative", y)
        y = x + 2
        if x > 10:
            raise KeyError("large")
        y = x + 3
    except ValueError as error:
        y = y * 100 + error.args[1]
    except KeyError:
        y = y * 1000
    return y


def try_in_a_loop(a):
    total, trips = 0.0, 0
    for row in a:
        try:
            if row < 0:
                continue
            if row > 100:
                raise ValueError
            total = total + row
        except ValueError:
            total = -total
            break
        finally:
            trips = trips + 1
    return total, trips


def finally_and_else(x):
    log = 0
    try:
        try:
            if x < 0:
                raise ValueError("negative")
        finally:
            log = log + 1
            if x < -5:
                raise KeyError("more")
    except (ValueError, KeyError) as error:
        log = log + (10 if isinstance(error, KeyError) else 20)
    else:
        log = log + 100
    return log + x


def handles_what_operations_raise(a, i, n, d):
    try:
        return a[i] + n // d
    except (IndexError, ZeroDivisionError) as error:
        return f64(-1) if isinstance(error, IndexError) else f64(-2)


def recursion_in_a_try(x):
    try:
        y = raises_in_recursion(x)
    except ValueError:
        y = -x
    return y


def raises_after_stores(items, a, x):
    items[0] = x
    a[0] = x * 2
    if x < 0:
        raise ValueError("negative", x)
    a[1] = x
    return x


def list_that_grows(a):
    kept = []
    for row in a:
        if row > 0:
            kept.append(row * 2)
    total = a[0] * 0
    for one in kept:
        total = total + one
    return total, len(kept), kept


def list_as_a_stack(x):
    waiting, trips = [x], 0
    while waiting:
        top = waiting.pop()
        trips = trips + 1
        if top > 1:
            waiting.append(top / 2)
            waiting.append(top / 4)
    return trips


def list_arithmetic(x):
    kept = [row for row in x if row > 2]
    both = kept + [x[0]] + kept[1:]
    return both, both[:-1], x[1] in kept, x[2] in both


def array_of_a_list(x):
    made = []
    for row in x:
        made.append(row * 2)
    made.append(x[0])
    return np.array(made).sum(), np.stack([row * x[:2] for row in x]), len(made)


def comprehensions(x):
    doubled = [row * 2 if row > 1 else row for row in x]
    kept = [row for row in x if row > 2]
    return doubled[3], kept, len(kept)


def generator_expressions(x):
    best = max((row for row in x if row > 2), default=x[0])
    return sum(row * 2 for row in x), any(row > 4 for row in x), all(row > -9 for row in x), best


def star_targets(x):
    first, *middle, last = x
    if first > 0:
        first, middle = middle[0], [last, first]
    return first - middle[1], middle


def list_by_path(x):
    if x[0] > 0:
        items = [x[1], x[2]]
    else:
        items = [x[1] * 2, x[0]]
    items.append(x[2])
    kept = None
    for row in x:
        if row > 3:
            kept = [row, row * 2]
    return items, kept


def list_indexed(items, i, x):
    if x > 0:
        items.append(x)
    items[0] = x * 3
    return items[i]


@dataclasses.dataclass
class Twig:
    value: Any
    left: Any = None
    right: Any = None


def twigs(*values: float) -> Twig | None:
    """Return a tree with the first value at its root and the others left and right of it."""
    if not values:
        return None
    half = len(values) // 3 + 1
    return Twig(f64(values[0]), twigs(*values[1:half]), twigs(*values[half:]))


def tree_of_objects(tree, scale):
    if tree is None:
        return scale * 0
    here = tree.value if tree.value > 0 else -tree.value
    return here * scale + tree_of_objects(tree.left, scale) * 2 + tree_of_objects(tree.right, scale)


# Gradients, whose tapes are arrays where a system has none.


def gradient_of_while(x):
    def grown(x):
        s = x.sum()
        while s < 50:
            s = s + s * x[0] if s > 5 else s * (1 + x[1] * x[0])
        return s * x[2]

    return snek.value_and_grad(grown)(x)


def gradient_of_for(x):
    def walked(x):
        s = x
        for i in range(40):
            s = np.sin(s) * x + i * x[0]
            if s.sum() > 9:
                break
        return (s * s).mean()

    return snek.value_and_grad(walked)(x)


def gradient_in_segments(x):
    def trained(x):
        w, trips = x, 0
        while w.sum() < 20:
            for i in range(20):
                w = w + np.sin(w * x) * 0.1 + 0.01 * i * x[0]
                if w[0] > 3:
                    break
            w = w * 1.2
            trips = trips + 1
        return (w * w).mean() * trips

    return snek.value_and_grad(trained, memory="sqrt")(x)


def gradient_of_branch(x):
    def chosen(x):
        y = x * 2 * x[1] if x.sum() > 0 else x**3
        return (y * x).sum()

    return snek.grad(chosen)(x)


def gradient_of_recursion(x):
    def halved(v, n):
        return v * x[2] if n < 1 else halved(np.sin(v) * x[0], n - 1) + v

    return snek.grad(lambda v: halved(v, x.sum() * 4))(x[1])


def matched(n, x):
    for i in range(n):
        match i % 5:
            case 0 | 1:
                x = x + i
            case k if x > 9:
                x = x - k
            case 4:
                break
    match (n, x):
        case (2, y) if y > 3:
            z = y * 2
        case [_, *rest]:
            z = rest[0] + 1
    return z


def says(x, n):
    for i in range(n):
        print("at", i)
        x = x + i
    return x


class Running:
    def __init__(self, first):
        self.total, self.count = first, 0

    def add(self, value):
        self.total = self.total + value
        self.count += 1


def made_in_a_loop(x, n):
    y = x
    for i in range(n):
        mean, last = Running(y), [y]
        mean.add(x)
        if i % 2 == 0:
            mean.add(i)
            last.append(x)
        y = mean.total / 2 + last[0] * 0.25 + mean.count
    return y


def walks(x, n):
    best, at, total = x[0], 0, x[0] * 0
    for i, v in enumerate(x):
        if v > best:
            best, at = v, i
    for a, b in zip(x, x[1:]):
        if b < a:
            break
        total = total + a * b
    for i in reversed(range(n)):
        total = total * 0.5 + i
    return best, at, total


def rows_in_place(m):
    u = m.copy()
    low = np.eye(3)
    for i in range(3):
        for j in range(i + 1, 3):
            low[j, i] = u[j, i] / u[i, i]
            u[j] -= low[j, i] * u[i]
    u[0][1:] *= 2
    return low, u


PROGRAMS: dict[str, Case] = {
    "if, elif, else": (if_elif_else, [(f64(2),), (f64(-3),), (f64(0),)]),
    "ternary": (ternary, [(f32(2),), (f32(0.5),)]),
    "and, or, not": (short_circuits, [(i64(1), np.bool_(True)), (i64(0), np.bool_(False)), (i64(9), np.bool_(True))]),
    "value of and": (value_of_and, [(i64(0), i64(4)), (i64(3), i64(4)), (i64(3), i64(0))]),
    "chained comparison": (chained_comparison, [(i64(1), i64(2)), (i64(3), i64(2)), (i64(1), i64(20))]),
    "name bound in one branch": (bound_in_one_branch, [(f32(2),), (f32(-2),)]),
    "early return": (early_return, [(f64(1), i64(3)), (f64(50), i64(0)), (f64(1), i64(1000))]),
    "in": (membership, [(i64(2),), (i64(1),), (i64(7),)]),
    "max, min, abs": (extremes, [(f64(1), f64(2)), (f64(9), f64(-2))]),
    "branch of arrays": (branch_of_arrays, [(XS,), (-XS,)]),
    "while": (while_loop, [(i64(0),), (i64(1),), (i64(50),)]),
    "break": (while_with_break, [(XS, f64(4)), (XS, f64(3)), (XS, f64(99))]),
    "while else": (while_else, [(XS, f64(4)), (XS, f64(99))]),
    "for over an array": (for_over_array, [(np.arange(30.0),), (np.arange(30.0) * 2 + 1,)]),
    "for over a range": (for_over_range, [(i64(5), f32(1)), (i64(0), f32(1))]),
    "range backwards": (range_backwards, [(i64(9), f32(1)), (i64(-7), f32(1))]),
    "nested loops": (nested_loops, [(i64(0),), (i64(12),)]),
    "int, then float": (int_then_float, [(i64(3),), (i64(1),)]),
    "None, then value": (none_then_value, [(f64(2), i64(1)), (f64(-1), i64(0))]),
    "None or a value": (none_or_a_value, [(np.r_[XS, -np.arange(15.0)],), (-np.arange(20.0),)]),
    "None where a value is needed": (none_where_a_value_is_needed, [(np.tile(XS, 4),), (np.tile(-XS, 4),)]),
    "loop over rows": (
        loop_over_rows,
        [(np.tile(M, (10, 1)), np.ones((4, 4))), (np.tile(-M, (10, 1)), np.ones((4, 4)))],
    ),
    "Python's ints": (python_counter, [(D(10),), (D(0),)]),
    "recursion": (factorial, [(i64(5),), (i64(0),)]),
    "mutual recursion": (is_even, [(i64(5),), (i64(4),), (i64(0),)]),
    "recursion over a tree": (
        tree_sum,
        [
            (np.array([1, 2, -1, -1, -1]), np.array([4, 3, -1, -1, -1]), np.arange(5.0), i64(0)),
            (np.array([1, 2, -1, -1, -1]), np.array([4, 3, -1, -1, -1]), np.arange(5.0), i64(3)),
        ],
    ),
    "recursion over objects": (tree_of_objects, [(twigs(*XS), f64(2)), (twigs(*-XS[:2]), f64(3)), (twigs(1), f64(1))]),
    "recursion too deep": (deep, [(i64(5),), (i64(900),), (i64(100000),)]),
    "recursive inner function": (inner_recursion, [(f64(2), i64(3)), (f64(2), i64(0))]),
    "closures": (closures, [(f64(3),), (f64(-3),)]),
    "nonlocal, in callees": (written_by_a_callee, [(np.tile(XS, 4),), (np.tile(-XS, 4),)]),
    "list of static length": (list_of_static_length, [(f64(2),), (f64(-2),)]),
    "dict": (dict_state, [(f64(2),), (f64(-2),)]),
    "dataclass": (dataclass_state, [(Point(f64(1), f64(5)),), (Point(f64(-1), f64(5)),)]),
    "stores": (stores_into_array, [(np.arange(6.0), D(4)), (np.arange(6.0), D(0))]),
    "augmented assignment": (augmented_assignment, [(XS,), (N,)]),
    "changed argument": (changes_its_argument, [(XS.copy(), D(1)), (XS.copy(), D(4)), (XS.copy(), D(5))]),
    "raise": (raises, [(f64(1),), (f64(4),), (f64(10),)]),
    "raise in a loop": (raises_in_loop, [(np.arange(20.0),), (np.arange(20.0) - 3,)]),
    "raise in recursion": (raises_in_recursion, [(i64(20),), (i64(70),)]),
    "try": (state_at_the_raise, [(f64(1),), (f64(-1),), (f64(11),)]),
    "try in a loop": (
        try_in_a_loop,
        [(np.arange(20.0),), (np.arange(20.0) - 3,), (np.arange(20.0) * 10,), (np.arange(20.0) * 10 - 5,)],
    ),
    "finally, else": (finally_and_else, [(f64(1),), (f64(-1),), (f64(-9),)]),
    "try around operations": (
        handles_what_operations_raise,
        [(XS, D(1), D(7), D(2)), (XS, D(9), D(7), D(2)), (XS, D(1), D(7), D(0))],
    ),
    "recursion in a try": (recursion_in_a_try, [(i64(20),), (i64(70),)]),
    "raise after stores": (raises_after_stores, [([f64(0)], XS.copy(), f64(1)), ([f64(0)], XS.copy(), f64(-1))]),
    "list that grows": (list_that_grows, [(np.arange(30.0) - 5,), (-np.arange(30.0),)]),
    "list as a stack": (list_as_a_stack, [(f64(9),), (f64(0),)]),
    "list, indexed": (
        list_indexed,
        [([f64(5)], D(at), f64(x)) for at, x in ((0, 2), (1, 2), (-1, -2), (1, -2), (-3, 2))],
    ),
    "list, added, sliced": (list_arithmetic, [(np.tile(XS, 4),), (np.tile(-XS, 4),)]),
    "array of a list": (array_of_a_list, [(np.tile(XS, 4),), (np.tile(-XS, 4),)]),
    "comprehension": (comprehensions, [(np.tile(XS, 4),), (np.tile(-XS, 4),)]),
    "generator expression": (generator_expressions, [(np.tile(XS, 4),), (np.tile(-XS, 4),)]),
    "star targets": (star_targets, [(XS[:4],), (-XS[:4],)]),
    "list by path": (list_by_path, [(np.tile(XS, 4),), (np.tile(-XS, 4),)]),
    "index out of bounds": (index_out_of_bounds, [(XS, D(2)), (XS, D(-4)), (XS, D(5)), (XS, D(-5))]),
    "index arrays": (index_arrays, [(M, np.array([0, 2, 1])), (M, np.array([0, -3, 1])), (M, np.array([0, 3, 1]))]),
    "division by zero": (divides_by_zero, [(D(7), D(2)), (D(7), D(0)), (D(-7), D(2))]),
    "error in a loop's test": (error_in_loop_test, [(np.array([1.0, 2.0, 0.0]),), (np.array([1.0, 2.0, 3.0]),)]),
    "raise before a loop": (goes_on_after_a_raise, [(i64(1), i64(5)), (i64(-1), i64(-5))]),
    "math": (math_domain, [(D(4.0),), (D(-0.5),), (D(-1.0),)]),
    "int of float": (int_of_float, [(D(2.7),), (D(-2.7),), (D(float("nan")),)]),
    "powers": (python_powers, [(D(2.0), D(0.5)), (D(0.0), D(-1.0)), (D(1e200), D(2.0))]),
    "integer division": (integer_division, [(D(7), D(2)), (D(-7), D(3)), (D(7), D(-2))]),
    "bits": (bits, [(i64(12), i64(10)), (N, N + 3)]),
    "match": (matched, [(i64(2), f64(4)), (i64(9), f64(1)), (i64(9), f64(30)), (i64(0), f64(1))]),
    "print": (says, [(f64(1), i64(3)), (f64(1), i64(0))]),
    "objects made in a loop": (made_in_a_loop, [(f64(2), i64(5)), (f64(-1), i64(0))]),
    "enumerate, zip, reversed": (walks, [(np.arange(30.0), i64(4)), (-np.arange(30.0), i64(0)), (XS, i64(3))]),
    "rows in place": (rows_in_place, [(np.eye(3) * 4 + 1,), (np.arange(9.0).reshape(3, 3) + np.eye(3),)]),
    "dtypes": (dtypes, [(N.astype(i32), N), (N.astype("u1"), N.astype(i64)), (i32(7), i64(3))]),
    "small ints": (small_ints, [(N.astype(np.int8),), (np.int8(5),), ((N * 20).astype(np.int8),)]),
    "rounding": (rounding, [(M,), (f32(-2.5),)]),
    "transcendental": (transcendental, [(M,), (f32(-2.5),), (M.astype(f32),)]),
    "NaN": (not_a_number, [(M,), (np.array([1, np.nan, 3]),), (np.array([np.inf, np.nan, np.nan]),)]),
    "not, of NaN": (denied_comparisons, [(f64(2), f64(1)), (f64(np.nan), f64(1)), (f64(-2), f64(1))]),
    "complex numbers": (complex_numbers, [(M,), (f64(2),)]),
    "reductions": (reductions, [(M,), (N,)]),
    "statistics": (statistics, [(M,), (N,), (M.astype(f32),)]),
    "sorting": (arguments_of_extremes, [(M,), (-M,), (N,)]),
    "manipulation": (manipulation, [(M,), (-M,)]),
    "joins": (joins, [(M, S), (-M, S)]),
    "slices": (slices, [(M,), (N,)]),
    "where": (where, [(M, -M), (-M, M)]),
    "products": (products, [(S, S + 1), (S.astype(f32), S.astype(f32) + 1)]),
    "integer products": (integer_products, [(N,), (N.astype(i32),)]),
    "cumulative": (cumulative, [(M,), (N,)]),
    "broadcasting": (broadcasting, [(M, XS[:3]), (M, np.arange(3))]),
    "constants": (constants, [(M,), (-M,)]),
    "constants_unchanged": (
        constants_unchanged,
        [(np.array([5.0, 6.0]), D(0)), (np.array([5.0, 6.0]), D(1)), (np.ones(2), D(-2))],
    ),
    # The second set makes more trips than a tape has room for at first.
    "gradient of while": (gradient_of_while, [(np.array([0.5, 1.5, 0.7]),), (np.array([0.05, 1.5, 0.7]),)]),
    "gradient of for": (gradient_of_for, [(np.array([0.5, 1.5, 0.7]),), (np.array([0.05, 1.5, 0.7]),)]),
    "gradient of loops in segments": (
        gradient_in_segments,
        [(np.array([0.5, 1.5, 0.7]),), (np.array([0.05, 1.5, 0.7]),)],
    ),
    "gradient of branch": (gradient_of_branch, [(np.array([0.5, 1.5, 0.7]),), (np.array([0.5, -1.5, 0.7]),)]),
    "gradient of recursion": (gradient_of_recursion, [(np.array([0.5, 1.5, 0.7]),), (np.array([0.2, -1.5, 0.7]),)]),
    "scalars": (scalars_in_and_out, [(D(3), D(1.5), D(True)), (D(2), D(-1.5), D(False))]),
}

OVERFLOWING: Case = (int_overflow, [(D(2**31),), (D(2**62),)])
"""What plain Python computes and a machine's integers cannot hold; a compiled program must say so."""
