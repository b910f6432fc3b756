"""Functions of linear algebra over matrices of several kinds, and a comparison of all of them with NumPy's answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import snek


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


def compare(backend: str) -> None:
    """Run every case as one program, for matrices of several dtypes and stacks, and compare with NumPy's answers."""
    functions = [function for function, _ in CASES.values()]

    def program(given):
        return tuple([function(a) for function, a in zip(functions, given, strict=True)])

    staged = snek.stage(program, backend=backend)
    rng = np.random.default_rng(0)
    for dtype, shape in (("float64", (4, 4)), ("float64", (2, 3, 4, 4)), ("float32", (3, 4, 4)), ("int64", (4, 4))):
        a = np.round(rng.normal(size=shape) * 3, 2 if dtype != "int64" else 0)
        given = tuple([made(a).astype(dtype) for _, made in CASES.values()])
        for name, wanted, got in zip(CASES, program(given), staged(given), strict=True):
            _same(f"{name} of {dtype} {shape}", wanted, got, 1e-5 if dtype == "float32" else 1e-10)


def _same(name: str, wanted: Any, got: Any, within: float) -> None:
    assert type(got) is type(wanted), name
    for one, other in zip(wanted, got, strict=True) if isinstance(got, tuple) else [(wanted, got)]:
        assert (one.dtype, one.shape) == (other.dtype, other.shape), name
        np.testing.assert_allclose(other, one, rtol=within, atol=within, err_msg=name)
