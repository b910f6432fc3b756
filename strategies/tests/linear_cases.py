"""Functions of linear algebra over matrices of several kinds, and a comparison of all of them with NumPy's answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import snek
from snek_strategies.backends.registry import known


def symmetric(a: np.ndarray) -> np.ndarray:
    return a + np.conj(np.swapaxes(a, -1, -2))


def positive(a: np.ndarray) -> np.ndarray:
    return a @ np.conj(np.swapaxes(a, -1, -2)) + 3 * np.eye(a.shape[-1])


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


def compare(backend: str, dtypes: tuple[str, ...] = ("float64", "float32", "int64", "complex128")) -> None:
    """Run every case as one program, for matrices of several dtypes and stacks, and compare with NumPy's answers.

    Cases of what the back-end lacks are left out.
    """
    system = known(backend).load()
    told = unique if system.own_signs else lambda made: made
    rng = np.random.default_rng(0)
    for dtype in dtypes:
        shape = (2, 3, 4, 4) if dtype == dtypes[0] else (4, 4) if dtype == "int64" else (3, 4, 4)
        lacks = system.lacks | (system.lacks_of_complex if dtype == "complex128" else frozenset())
        cases = {name: case for name, case in CASES.items() if primitive_of(name) not in lacks}
        functions = [function for function, _ in cases.values()]

        def program(given, functions=functions):
            return tuple([function(a) for function, a in zip(functions, given, strict=True)])

        a = np.round(rng.normal(size=shape) * 3, 2 if dtype != "int64" else 0)
        a = a + 1j * np.round(rng.normal(size=shape), 2) if dtype == "complex128" else a
        given = tuple([made(a).astype(dtype) for _, made in cases.values()])
        for name, wanted, got in zip(cases, program(given), snek.stage(program, backend=backend)(given), strict=True):
            assert type(got) is type(wanted), name
            _same(f"{name} of {dtype} {shape}", told(wanted), told(got), 1e-5 if dtype == "float32" else 1e-10)


def primitive_of(name: str) -> str:
    """Return the primitive that a case needs."""
    function = name.partition(",")[0].partition(" ")[0]
    return {"pinv": "svd", "matrix_rank": "svdvals"}.get(function, function)


def unique(made: Any) -> Any:
    """Return what a decomposition says whatever signs its vectors have: values, the matrix, and right angles."""
    if type(made).__name__ == "EighResult":
        values, vectors = made
        back = np.conj(np.swapaxes(vectors, -1, -2))
        return values, (vectors * values[..., None, :]) @ back, back @ vectors
    if type(made).__name__ == "SVDResult":
        left, values, right = made
        many = values.shape[-1]
        whole = (left[..., :many] * values[..., None, :]) @ right[..., :many, :]
        return values, whole, *(one @ np.conj(np.swapaxes(one, -1, -2)) for one in (np.swapaxes(left, -1, -2), right))
    if type(made) in (tuple, list):
        return type(made)(map(unique, made))
    return made


def _same(name: str, wanted: Any, got: Any, within: float) -> None:
    for one, other in zip(wanted, got, strict=True) if isinstance(got, tuple) else [(wanted, got)]:
        assert (one.dtype, one.shape) == (other.dtype, other.shape), name
        np.testing.assert_allclose(other, one, rtol=within, atol=within, err_msg=name)


BAD: dict[str, tuple[Callable[[Any], Any], np.ndarray]] = {
    "inv": (lambda a: np.linalg.inv(a), np.zeros((2, 2))),
    "inv of a stack": (lambda a: np.linalg.inv(a), np.stack([np.eye(2), np.ones((2, 2))])),
    "solve": (lambda a: np.linalg.solve(a, a[0]), np.ones((2, 2))),
    "solve for a stack": (lambda a: np.linalg.solve(a, a), np.ones((2, 3, 3))),
    "cholesky": (lambda a: np.linalg.cholesky(a), -np.eye(2)),
    "cholesky, upper": (lambda a: np.linalg.cholesky(a, upper=True), np.array([[1.0, 2.0], [2.0, 1.0]])),
    "svd": (lambda a: np.linalg.svd(a), np.full((2, 2), np.nan)),
    "svdvals": (lambda a: np.linalg.svdvals(a), np.full((3, 3), np.nan)),
    "eigvalsh": (lambda a: np.linalg.eigvalsh(a), np.full((3, 3), np.nan)),
}
"""Matrices that cannot be factored."""


def raises(backend: str) -> None:
    """Hand over matrices that cannot be factored: NumPy's LinAlgError is raised, and caught, with NumPy's text."""
    for name, (function, bad) in BAD.items():
        if primitive_of(name) in known(backend).load().lacks:
            continue

        def program(a, function=function):
            return function(a)

        def caught(a, function=function):
            try:
                made = function(a)
            except np.linalg.LinAlgError:
                return a.sum()
            return a.sum() + 1 + 0 * np.sum(made[0])

        with pytest.raises(np.linalg.LinAlgError) as wanted:
            program(bad)
        good = np.broadcast_to(
            np.array([[4.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 1.0, 2.0]])[: bad.shape[-1], : bad.shape[-1]], bad.shape
        )
        staged = snek.stage(program, backend=backend)
        for _ in range(2):
            with pytest.raises(np.linalg.LinAlgError) as got:
                staged(bad)
            assert str(got.value) == str(wanted.value), name
            staged(good)
        if name not in ("inv", "solve"):
            continue  # what others raise cannot be told before
        staged = snek.stage(caught, backend=backend)
        for a in (bad, good):
            np.testing.assert_allclose(staged(a), caught(a), err_msg=name)


GRADIENTS: dict[str, Callable[[Any], Any]] = {
    "det": lambda a: np.linalg.det(a),
    "inv": lambda a: np.linalg.inv(a).sum(),
    "solve": lambda a: np.linalg.solve(a, np.arange(1.0, 5.0)).sum(),
    "slogdet": lambda a: np.linalg.slogdet(a)[1],
    "cholesky": lambda a: np.linalg.cholesky(a @ a.T + np.eye(4)).sum(),
    "qr": lambda a: np.abs(np.linalg.qr(a)[1]).sum(),
    "eigvalsh": lambda a: (np.linalg.eigvalsh(a) ** 3).sum(),
    "eigh": lambda a: (np.linalg.eigh(a + a.T)[1] ** 2 * np.arange(16.0).reshape(4, 4)).sum(),
    "svdvals": lambda a: (np.linalg.svdvals(a[:3]) ** 3).sum(),
    "pinv": lambda a: (np.linalg.pinv(a[:, :3]) * np.arange(12.0).reshape(3, 4)).sum(),
}
"""Losses that do not depend on the signs of vectors."""


def differentiates(backend: str) -> None:
    """Differentiate losses over a matrix, and compare with the interpreter's gradients."""
    losses = {name: one for name, one in GRADIENTS.items() if primitive_of(name) not in known(backend).load().lacks}

    def slopes(a):
        return tuple([snek.grad(one)(a) for one in losses.values()])

    a = np.random.default_rng(5).normal(size=(4, 4)) + 2 * np.eye(4)
    for name, wanted, got in zip(losses, snek.stage(slopes)(a), snek.stage(slopes, backend=backend)(a), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-9, err_msg=name)


def verifies(backend: str) -> None:
    """Let `verify=` compare what has vectors: signs are no difference, and what depends on them is told."""

    def vectors(a):
        values, turned = np.linalg.eigh(a)
        return values, turned, np.linalg.svd(a)[0]

    def summed(a):
        return np.linalg.eigh(a)[1].sum(axis=0)[0] + 10

    a = symmetric(np.random.default_rng(3).normal(size=(5, 5)))
    snek.stage(vectors, backend=backend, verify=True)(a)
    signs = np.sign(snek.stage(vectors, backend=backend)(a)[1] * vectors(a)[1])[0]
    staged = snek.stage(summed, backend=backend, verify=True)
    if known(backend).load().own_signs and signs[0] < 0:
        with pytest.raises(snek.StagingError, match="have other signs here than NumPy's"):
            staged(a)
    else:
        staged(a)
