"""Linear algebra in compiled programs is LAPACK's, in float64 as NumPy's: answers, signs and errors."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import snek

sys.path.append(str(Path(__file__).parent))
from linear_cases import compare  # noqa: E402

pytestmark = pytest.mark.usefixtures("checked")


def test_it_answers_as_numpy() -> None:
    compare("lantern", ("float64", "float32", "int64"))


@pytest.mark.parametrize(
    ("function", "bad"),
    [
        (np.linalg.inv, np.zeros((2, 2))),
        (lambda a: np.linalg.solve(a, a[0]), np.ones((2, 2))),
        (np.linalg.cholesky, -np.eye(2)),
        (np.linalg.svd, np.full((2, 2), np.nan)),
        (lambda a: np.linalg.inv(a), np.stack([np.eye(2), np.zeros((2, 2))])),
    ],
)
def test_what_numpy_raises_it_raises(function: Callable[[Any], Any], bad: np.ndarray) -> None:
    def program(a):
        return function(a)

    with pytest.raises(np.linalg.LinAlgError) as wanted:
        program(bad)
    with pytest.raises(np.linalg.LinAlgError) as got:
        snek.stage(program, backend="lantern")(bad)
    assert str(got.value) == str(wanted.value)


@pytest.mark.parametrize("shape", [(0, 0), (3, 0), (0, 3), (2, 0, 0)])
@pytest.mark.parametrize("function", [np.linalg.svd, np.linalg.qr, np.linalg.inv, np.linalg.det])
def test_matrices_without_elements_are_taken(function: Callable[[Any], Any], shape: tuple[int, ...]) -> None:
    if function in (np.linalg.inv, np.linalg.det) and shape[-1] != shape[-2]:
        return

    def program(a):
        return function(a)

    wanted, got = program(np.zeros(shape)), snek.stage(program, backend="lantern")(np.zeros(shape))
    for one, other in zip(wanted, got, strict=True) if isinstance(wanted, tuple) else [(wanted, got)]:
        np.testing.assert_array_equal(one, other)


def test_gradients_go_through_it() -> None:
    def loss(a):
        factor = np.linalg.cholesky(a @ a.T + np.eye(3))
        return np.linalg.solve(factor, np.ones(3)).sum() + np.log(np.linalg.det(a @ a.T + np.eye(3)))

    a = np.random.default_rng(1).normal(size=(3, 3))
    interpreted, native = (snek.grad(snek.stage(loss, backend=one))(a) for one in ("interpret", "lantern"))
    np.testing.assert_allclose(native, interpreted, rtol=1e-10, atol=1e-10)


def test_a_solve_in_a_loop_that_data_decide_about() -> None:
    def newton(a, x):
        steps = 0
        while np.abs(a @ x - 1).max() > 1e-9:
            x = x - 0.5 * np.linalg.solve(a, a @ x - 1)
            steps += 1
        return x, steps

    a = np.random.default_rng(2).normal(size=(3, 3)) + 3 * np.eye(3)
    wanted, got = newton(a, np.zeros(3)), snek.stage(newton, backend="lantern")(a, np.zeros(3))
    np.testing.assert_allclose(got[0], wanted[0], rtol=1e-10)
    assert got[1] == wanted[1]
