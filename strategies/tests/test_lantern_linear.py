"""Linear algebra in compiled programs is LAPACK's, in float64 as NumPy's: answers, signs and errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import snek

pytestmark = pytest.mark.usefixtures("checked")


def symmetric(a: np.ndarray) -> np.ndarray:
    return a + np.swapaxes(a, -1, -2)


def positive(a: np.ndarray) -> np.ndarray:
    return a @ np.swapaxes(a, -1, -2) + 3 * np.eye(a.shape[-1])


def same(a: np.ndarray) -> np.ndarray:
    return a


CASES: dict[str, tuple[Callable[[Any], Any], Callable[[np.ndarray], np.ndarray]]] = {
    "inv": (lambda a: np.linalg.inv(a), same),
    "det": (lambda a: np.linalg.det(a), same),
    "slogdet": (lambda a: np.linalg.slogdet(a), same),
    "solve": (lambda a: np.linalg.solve(a, a[..., :2] * 2), same),
    "solve of one vector": (lambda a: np.linalg.solve(a, np.arange(1.0, 5.0)), same),
    "solve, sides spread": (lambda a: np.linalg.solve(a, np.arange(8.0).reshape(4, 2)), same),
    "cholesky": (lambda a: np.linalg.cholesky(a), positive),
    "cholesky, upper": (lambda a: np.linalg.cholesky(a, upper=True), positive),
    "eigh": (lambda a: np.linalg.eigh(a), symmetric),
    "eigh, of the upper": (lambda a: np.linalg.eigh(a, UPLO="U"), same),
    "eigvalsh": (lambda a: np.linalg.eigvalsh(a), symmetric),
    "svd": (lambda a: np.linalg.svd(a), same),
    "svd, tall": (lambda a: np.linalg.svd(a[..., :2], full_matrices=False), same),
    "svd, wide": (lambda a: np.linalg.svd(a[..., :2, :]), same),
    "svdvals": (lambda a: np.linalg.svdvals(a[..., :3]), same),
    "qr, tall": (lambda a: np.linalg.qr(a[..., :2]), same),
    "qr, wide": (lambda a: np.linalg.qr(a[..., :2, :]), same),
    "qr, complete": (lambda a: np.linalg.qr(a[..., :2], mode="complete"), same),
    "pinv": (lambda a: np.linalg.pinv(a[..., :2]), same),
    "matrix_rank": (lambda a: np.linalg.matrix_rank(a), same),
}


@pytest.fixture(scope="module")
def answers() -> dict[tuple[str, tuple[int, ...]], tuple[Any, Any]]:
    """Run every case as one program, for matrices of several dtypes and stacks; give NumPy's and Lantern's answers."""
    functions = [function for function, _ in CASES.values()]

    def program(given):
        return tuple([function(a) for function, a in zip(functions, given, strict=True)])

    staged = snek.stage(program, backend="lantern")
    rng = np.random.default_rng(0)
    found: dict[tuple[str, tuple[int, ...]], tuple[Any, Any]] = {}
    for dtype, shape in (("float64", (4, 4)), ("float64", (2, 3, 4, 4)), ("float32", (3, 4, 4)), ("int64", (4, 4))):
        a = np.round(rng.normal(size=shape) * 3, 2 if dtype != "int64" else 0)
        given = tuple([made(a).astype(dtype) for _, made in CASES.values()])
        found[dtype, shape] = program(given), staged(given)
    return found


@pytest.mark.parametrize("at", range(len(CASES)), ids=CASES)
def test_it_answers_as_numpy(at: int, answers: dict[tuple[str, tuple[int, ...]], tuple[Any, Any]]) -> None:
    for (dtype, _), (wanted, got) in answers.items():
        within = 1e-5 if dtype == "float32" else 1e-10
        assert type(got[at]) is type(wanted[at])
        pairs = zip(wanted[at], got[at], strict=True) if isinstance(got[at], tuple) else [(wanted[at], got[at])]
        for one, other in pairs:
            assert (one.dtype, one.shape) == (other.dtype, other.shape)
            np.testing.assert_allclose(other, one, rtol=within, atol=within)


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
