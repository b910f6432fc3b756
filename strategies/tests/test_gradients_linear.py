"""Gradients through linear algebra are finite differences', PyTorch's and jax's; what has none is refused by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import snek
from snek_strategies.ir.gradients.linear import DECOMPOSITIONS, LINEAR

RANDOM = np.random.default_rng(0)
MATRICES = RANDOM.normal(size=(2, 3, 3)) + 2 * np.eye(3)
SYMMETRIC = MATRICES @ MATRICES.swapaxes(1, 2) + np.diag([1.0, 2.0, 4.0])
TALL = RANDOM.normal(size=(4, 3))
WIDE = TALL.T.copy()
C = RANDOM.normal(size=(3, 3))
LINE = RANDOM.normal(size=3)

Loss = Callable[[Any], Any]


def factors(x, weights):
    u, _, vt = np.linalg.svd(x, full_matrices=False)
    return np.sum(u**2 * weights[0]) + np.sum(vt**2 * weights[1])


CASES: dict[str, list[tuple[Loss, np.ndarray]]] = {
    "det": [(lambda x: np.sum(np.linalg.det(x) * LINE[:2]), MATRICES)],
    "inv": [(lambda x: np.sum(np.linalg.inv(x) * C), MATRICES)],
    "slogdet": [(lambda x: np.sum(np.linalg.slogdet(x)[1] * LINE[:2]), MATRICES)],
    "solve": [
        (lambda x: np.sum(np.linalg.solve(x, C) * C), MATRICES),
        (lambda x: np.sum(np.linalg.solve(x, LINE) * LINE), MATRICES),
        (lambda x: np.sum(np.linalg.solve(MATRICES, x) * LINE), LINE),
        (lambda x: np.sum(np.linalg.solve(MATRICES, x) * C), C),
    ],
    "cholesky": [
        (lambda x: np.sum(np.linalg.cholesky(x) * C), SYMMETRIC),
        (lambda x: np.sum(np.linalg.cholesky(x, upper=True) * C), SYMMETRIC),
    ],
    "eigvalsh": [
        (lambda x: np.sum(np.linalg.eigvalsh(x) * LINE), SYMMETRIC),
        (lambda x: np.sum(np.linalg.eigvalsh(x, UPLO="U") * LINE), SYMMETRIC),
    ],
    "eigh": [
        (lambda x: np.sum(np.linalg.eigh(x)[1] ** 2 * C) + np.sum(np.linalg.eigh(x)[0] * LINE), SYMMETRIC),
        (lambda x: np.sum(np.linalg.eigh(x, UPLO="U")[1] ** 2 * C), SYMMETRIC),
    ],
    "svdvals": [(lambda x: np.sum(np.linalg.svdvals(x) * LINE), TALL)],
    "svd": [
        (lambda x: factors(x, (TALL, C)), TALL),
        (lambda x: factors(x, (C, WIDE)), WIDE),
        (lambda x: np.sum(np.linalg.svd(x)[1] * LINE), TALL),
        (lambda x: np.sum(np.linalg.svd(x)[0] @ np.linalg.svd(x)[2] * C), MATRICES),
    ],
    "qr": [
        (lambda x: np.sum(np.linalg.qr(x)[0] * TALL) + np.sum(np.linalg.qr(x)[1] * C), TALL),
        (lambda x: np.sum(np.linalg.qr(x)[1] * C), TALL),
        (lambda x: np.sum(np.linalg.qr(x, mode="complete")[0] * C), MATRICES),
    ],
}


def test_every_row_is_tested() -> None:
    assert set(CASES) == {*LINEAR, *DECOMPOSITIONS}


def differences(function: Loss, x: np.ndarray) -> np.ndarray:
    made = np.zeros_like(x)
    for at in np.ndindex(x.shape):
        high, low = x.copy(), x.copy()
        high[at] += 1e-6
        low[at] -= 1e-6
        made[at] = (function(high) - function(low)) / 2e-6
    return made


@pytest.mark.parametrize("name", CASES)
def test_gradients_are_finite_differences_of_what_numpy_reads(name: str) -> None:
    for function, x in CASES[name]:
        found, want = snek.grad(function, backend="interpret")(x), differences(function, x)
        np.testing.assert_allclose(found, want, rtol=1e-6, atol=1e-7 * np.abs(want).max())


@pytest.mark.parametrize("name", ["inv", "solve", "cholesky", "eigh", "svdvals"])
def test_second_derivatives_are_finite_differences_of_first_ones(name: str) -> None:
    function, x = CASES[name][0]

    def slope(y):
        return np.sum(snek.grad(function)(y) * np.cos(y))

    first = snek.grad(function, backend="interpret")
    want = differences(lambda y: np.sum(first(y) * np.cos(y)), x)
    found = snek.grad(slope, backend="interpret")(x)
    np.testing.assert_allclose(found, want, rtol=1e-4, atol=1e-5 * np.abs(want).max())


def decomposed(xp, x, w, eye):
    s = x @ x.T + eye
    values, vectors = xp.linalg.eigh(s)
    q, r = xp.linalg.qr(x)
    u, stretch, vt = xp.linalg.svd(x)
    made = xp.sum(xp.linalg.cholesky(s) * w) + xp.sum(values**2) + xp.sum(vectors**2 * w) + xp.sum(q**2 * w)
    made = made + xp.sum(abs(r) * w) + xp.sum(stretch) + xp.sum((u @ vt) * w) + xp.linalg.slogdet(s)[1]
    return made + xp.linalg.det(x) + xp.sum(xp.linalg.inv(s) @ w) + xp.sum(xp.linalg.solve(s, w) ** 2)


X, W = RANDOM.normal(size=(4, 4)), RANDOM.normal(size=(4, 4))


def ours() -> np.ndarray:
    def run(x):
        return decomposed(np, x, W, np.eye(4))

    made: np.ndarray = snek.grad(run, backend="interpret")(X)
    return made


def test_as_jax() -> None:
    jax = pytest.importorskip("jax")
    with jax.enable_x64(True):
        want = jax.grad(lambda x: decomposed(jax.numpy, x, W, np.eye(4)))(X)
    np.testing.assert_allclose(ours(), np.asarray(want), rtol=1e-8, atol=1e-8)


def test_as_pytorch() -> None:
    torch = pytest.importorskip("torch")
    x = torch.tensor(X, requires_grad=True)
    decomposed(torch, x, torch.tensor(W), torch.eye(4, dtype=torch.float64)).backward()
    np.testing.assert_allclose(ours(), x.grad.numpy(), rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize(
    ("name", "function", "x"),
    [
        ("svd", lambda x: np.sum(np.linalg.svd(x)[0]), TALL),
        ("qr", lambda x: np.sum(np.linalg.qr(x)[0]), WIDE),
        ("qr", lambda x: np.sum(np.linalg.qr(x, mode="complete")[0]), TALL),
    ],
)
def test_vectors_that_only_fill_up_a_basis_have_no_derivative(name: str, function: Loss, x: np.ndarray) -> None:
    with pytest.raises(snek.StagingError, match=f"a gradient through {name}") as refused:
        snek.grad(function, backend="interpret")(x)
    assert refused.value.code == "SNK0218"
    assert refused.value.place is not None


def test_nothing_flows_from_a_sign() -> None:
    assert not snek.grad(lambda x: np.linalg.slogdet(x)[0], backend="interpret")(C).any()
