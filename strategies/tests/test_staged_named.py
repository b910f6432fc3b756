"""`:=` in a test or a value binds what it binds in Python, where data decide whether it is evaluated."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import snek

f64 = np.float64

pytestmark = pytest.mark.usefixtures("checked")


def newton(x):
    r = x = np.abs(x)
    while abs(d := (r * r - x) / (2 * r)) > 1e-9:
        r = r - d
    return r, d


def loop_with_all(x):
    n = 0
    while n < 40 and (y := x * 0.5) > 1:
        n += 1
        if y > 50:
            continue
        if y < 1.5:
            break
        x = y
    else:
        n = n + 100
    return n, x, y


def choice(x):
    if (a := x + 1) < 0:
        return a
    elif x > 3 and (b := a * 2) > 10:
        return b
    elif not (x > 2 or (c := a - 5) > -4):
        return c
    return a * 100


def value(x):
    z = x and (y := x - 1)
    return (w if (w := x * x) > 2 else -w) + w, z, y


def bound_or_not(x):
    if x > 1 and (y := x * 2) > 3:
        x = y
    return y + x


def stack(x):
    held, total = [x, x + 1.0, x + 2.0], 0.0 * x
    while held and (v := held.pop()) > 1:
        total = total + v
    return total


CALLS = tuple((f64(one),) for one in (2, 90, 1, 0.5, -3, 6, 2))


@pytest.mark.parametrize("backend", ["interpret", "lantern"])
@pytest.mark.parametrize(
    "program", [newton, loop_with_all, choice, value, bound_or_not, stack], ids=lambda one: one.__name__
)
def test_what_a_test_binds_is_what_python_binds(program: Callable[..., object], backend: str) -> None:
    staged = snek.stage(program, backend=backend)
    for args in CALLS:
        try:
            expected = program(*args)
        except UnboundLocalError as error:
            with pytest.raises(UnboundLocalError, match=str(error)):
                staged(*args)
        else:
            np.testing.assert_allclose(staged(*args), expected, rtol=1e-12)
    assert len(staged.stagings()) == 1
