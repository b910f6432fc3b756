"""Run programs under `autograph/snek` beside TensorFlow run as written, and print what came out as JSON.

Run as a process of its own, because PyTorch and TensorFlow must not share one: `python -P run_autograph_snek.py`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from snek_strategies.autograph_snek import AutographSnek

f32, i64 = np.float32, np.int64
LOG: list[object] = []


def both_sides(x):
    if x > 0:
        return x * 2
    return x - 1


def chained(x):
    if 0 < x < 5 or x == 9:
        return x
    return -x


def ternary_and_not(x):
    return (x * 2 if not x > 1 else x) + 0


def swapped(n):
    a, b = n * 0, n * 0 + 1
    while n > 0:
        a, b = b, a + b
        n = n - 1
    return a


def python_counter(n):
    i = 0
    while n > 0:
        n = n - 1
        i = i + 1
    return i


def early(xs, limit):
    total = xs[0] * 0
    for x in xs:
        if x > limit:
            if total > 3:
                return total
            total = total + x
        else:
            continue
        total = total + 1
    return -total


def static_with_break(x):
    for i in range(5):
        if x > 10:
            break
        x = x + i
    return x


def loop_else(x):
    while x < 10:
        x = x * 3
        if x == 9:
            break
    else:
        return x + 100
    return x


def counted(n, x):
    for i in tf.range(n):
        x = x + tf.cast(i, tf.float32)
    return x


def static_power(x, n):
    if n == 0:
        return tf.ones_like(x)
    return x * static_power(x, n - 1)


def grows(n):
    x = tf.zeros([1])
    while n > 0:
        x = tf.concat([x, x], axis=0)
        n = n - 1
    return x


def after_static_return(x):
    if tf.__name__ == "tensorflow":
        return x
    return x * 100


def value_of_or(x, y):
    return x or y


def extremes(x, y):
    return max(x, y) + min(x, y) * 2 + abs(y)


def factorial(n):
    if n <= 1:
        return n * 0 + 1
    return n * factorial(n - 1)


def endless_static(x, n):
    if x > 0:
        return endless_static(x, n + 1)
    return x


def none_before(n):
    best = None
    while n > 0:
        best = n
        n = n - 1
    return best


def bound_once(x):
    if x > 0:
        y = x
    return y


def truncating(x):
    y = x
    if x > 0:
        y = tf.constant(0.1, tf.float64)
    return y


def truncating_number(x):
    y = x
    if x > 0:
        y = 0.1
    return y


def appends(x):
    kept = []
    if x > 0:
        kept.append(1)
    return x + len(kept)


def appends_outside(x):
    if x > 0:
        LOG.append(1)
    return x


def raises(x):
    try:
        if x > 0:
            raise ValueError("positive")
    except ValueError:
        return x * 0
    return x


def prints(x):
    print(x)
    return x


def writes_nonlocal(x):
    n = 0

    def bump():
        nonlocal n
        n = n + 1

    if x > 0:
        bump()
    return x + n


RIGHT: dict[Callable[..., object], list[tuple[object, ...]]] = {
    both_sides: [(f32(2),), (f32(-2),)],
    chained: [(i64(1),), (i64(7),), (i64(9),), (i64(-2),)],
    ternary_and_not: [(f32(2),), (f32(0),)],
    swapped: [(i64(0),), (i64(1),), (i64(30),)],
    python_counter: [(i64(0),), (i64(5),)],
    early: [(np.array([1, 5, 6, 7], f32), f32(2)), (np.array([1, 5, 6, 7], f32), f32(6)), (np.zeros(4, f32), f32(2))],
    static_with_break: [(f32(0),), (f32(8),), (f32(50),)],
    loop_else: [(i64(1),), (i64(2),), (i64(50),)],
    counted: [(i64(0), f32(1)), (i64(9), f32(1))],
    static_power: [(np.arange(3, dtype=f32), 4), (np.ones(3, f32), 4)],
    grows: [(i64(0),), (i64(3),)],
    after_static_return: [(f32(3),)],
    extremes: [(f32(3), f32(4)), (f32(4), f32(-3))],
    value_of_or: [(i64(0), i64(4)), (i64(3), i64(4))],
}
REFUSED: dict[Callable[..., object], tuple[tuple[object, ...], str]] = {
    factorial: ((i64(3),), "calls itself where data decides"),
    endless_static: ((i64(3), 0), "calls itself where data decides"),
    none_before: ((i64(3),), "'best' is NoneType"),
    bound_once: ((f32(3),), "'y' has a value on one path only"),
    truncating: ((f32(3),), "'y' is"),
    truncating_number: ((f32(3),), "'y' is"),
    appends: ((f32(3),), "changes a list"),
    appends_outside: ((f32(3),), "changes a list"),
    raises: ((f32(3),), "raises ValueError: positive"),
    prints: ((f32(3),), "print()"),
    writes_nonlocal: ((f32(3),), "nonlocal"),
}


def answer(program: Callable[..., object], sets: list[tuple[object, ...]]) -> str:
    """Return an empty text where the staged program answers as Python on all sets, else what differs."""
    strategy = AutographSnek()
    staged = strategy.stage(program, sets[0])
    run = staged.compile()
    for args in (*sets, *sets):
        given = [strategy.from_host(one) for one in args]
        expected, got = strategy.to_host(program(*given)), strategy.to_host(run(*given))
        a, b = np.asarray(expected), np.asarray(got)
        if a.shape != b.shape or not np.array_equal(a, b) or (hasattr(program(*given), "dtype") and a.dtype != b.dtype):
            return f"{args}: Python {a!r}, staged {b!r}"
    counted = dict(staged.counters())
    return "" if counted == {"stagings": 1, "graphs": 1, "breaks": 0} else f"counters {counted}"


def main() -> None:
    """Print the answers."""
    found: dict[str, str] = {}
    for program, sets in RIGHT.items():
        try:
            found[program.__name__] = answer(program, sets)
        except Exception as error:  # noqa: BLE001 - the test reads it
            found[program.__name__] = f"{type(error).__name__}: {error}"
    for refused, (args, _) in REFUSED.items():
        LOG.clear()
        try:
            AutographSnek().stage(refused, args)
            found[refused.__name__] = "captured"
        except Exception as error:  # noqa: BLE001 - the test reads it
            found[refused.__name__] = f"{type(error).__name__}: {error}"
    json.dump({"found": found, "wanted": {one.__name__: text for one, (_, text) in REFUSED.items()}}, sys.stdout)


if __name__ == "__main__":
    main()
