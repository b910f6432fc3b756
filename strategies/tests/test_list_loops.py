"""Slices, sums and arrays of lists whose length depends on data, or on a loop, are what they are in Python."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import snek

sys.path.append(str(Path(__file__).parent))
from construct_rows import FEW_AND_MANY  # noqa: E402

f64 = np.float64


pytestmark = pytest.mark.usefixtures("checked")


def kept(a):
    return [x for x in a if x > 0]


def added(a):
    return kept(a) + [a[0]] + kept(-a), [a[1]] + kept(a)


def extended(a):
    items = kept(a)
    items += kept(-a)
    items.extend([a[0]])
    items.extend(items)
    return items, len(items)


def sliced(a):
    items = [a[0]] + kept(a)
    return items, items[1:], items[:-1], items[::-1], items[-3:100:2], items[:0], items[5:1:-2]


def asked(a):
    return a[0] in kept(a), f64(3.0) in kept(a), f64(77.0) not in kept(a)


def made_array(a):
    out = []
    for x in a:
        out.append(x * 2)
        out.append(a[0])
    out[1] = a[1]
    return np.asarray(out), np.stack([x * a[:3] for x in a]), np.array([1 if x > 0 else 2 for x in a]), len(out)


@pytest.mark.parametrize("program", [added, extended, sliced, asked, made_array])
def test_it_is_what_it_is_in_python(program: Callable[..., object]) -> None:
    staged = snek.stage(program)
    for a in FEW_AND_MANY:
        assert repr(staged(a)) == repr(program(a))


def test_bounds_of_a_slice_may_be_data() -> None:
    def program(a, n, m):
        items = [a[0], a[1], a[2], a[3]]
        return items[n:], items[:n], items[n:m], items[m:n:-1]

    staged = snek.stage(program)
    for n in range(-6, 7):
        for m in range(-6, 7):
            args = FEW_AND_MANY[0], np.int64(n), np.int64(m)
            assert staged(*args) == program(*args)
    assert len(staged.stagings()) == 1


def grown_by_data(a):
    out = []
    for x in a:
        if x > 0:
            out.append(x)
    return np.array(out)


def left_early(a):
    out = []
    for x in a:
        if x < 0:
            break
        out.append(x)
    return np.array(out)


@pytest.mark.parametrize("program", [grown_by_data, left_early])
def test_an_array_whose_shape_would_depend_on_data_is_refused(program: Callable[..., object]) -> None:
    with pytest.raises(snek.StagingError, match="its shape would depend on data") as caught:
        snek.stage(program)(FEW_AND_MANY[2])
    assert caught.value.code == "SNK0205"


def test_the_length_of_one_loop_is_not_that_of_another() -> None:
    def program(a):
        out = [a[0]]
        for x in a:
            if x > 0:
                out.append(x)
        for _ in range(0, 0, 1):
            out.append(a[0])
        for i in range(20):
            out.append(a[i])
        return len(out), out[len(out) - 1]

    for a in (FEW_AND_MANY[2], -FEW_AND_MANY[2]):
        assert snek.stage(program)(a) == program(a)


def test_gradients_flow_through_an_array_of_a_list() -> None:
    def loss(a):
        return (np.array([x * x for x in a]) * a).sum()

    np.testing.assert_allclose(snek.grad(loss)(FEW_AND_MANY[2]), 3 * FEW_AND_MANY[2] ** 2)
