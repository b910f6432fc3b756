"""Lantern's matrix products answer as NumPy's: every way of computing one, at shapes that fill no tile."""

from __future__ import annotations

import numpy as np
import pytest

import snek
from snek_strategies.backends.lantern import compiler

pytestmark = pytest.mark.skipif(compiler.compiler() is None, reason="there is no C++ compiler")

SHAPES = [
    (1, 17, 33), (1, 150, 300), (3, 70, 65), (5, 31, 40), (13, 100, 47), (40, 200, 256), (9, 5, 200), (64, 1, 90),
    (43, 3, 130), (7, 90, 200),
]  # fmt: skip


def factors(dtype: str) -> list[tuple[np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(0)
    return [
        (rng.standard_normal((m, k)).astype(dtype), rng.standard_normal((k, n)).astype(dtype)) for m, n, k in SHAPES
    ]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_products_of_any_shape_and_order_of_elements(dtype: str) -> None:
    def products(pairs: list[tuple[np.ndarray, np.ndarray]]) -> list[np.ndarray]:
        made = []
        for a, b in pairs:
            made += [a @ b, (b.T @ a.T), a[0] @ b, a @ b[:, 0], a.T @ (a @ b), a @ a[0], a[0] @ a.T, a[-1] @ a[0]]
        return made

    pairs = factors(dtype)
    staged = snek.stage(products, backend="lantern")
    text = staged.trace(pairs).lower().as_text("cpp")
    for rows, depth in ((40, 256), (43, 130)):  # of rows together, and of rows and depths that leave a rest
        assert f"lantern::dots<{'float' if dtype == 'float32' else 'double'}, {rows}, {depth}>" in text
    # A few rows pass by the right factor as it lies, though it is too large to be near: BLAS would lay it out first.
    assert f"lantern::product_of_rows<{'float' if dtype == 'float32' else 'double'}, 7, 90, 200, false>" in text
    for mine, theirs in zip(staged(pairs), products(pairs), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4 if dtype == "float32" else 1e-11, atol=1e-3)


def test_products_in_a_loop_with_factors_that_are_packed_before_it() -> None:
    def powers(pairs: list[tuple[np.ndarray, np.ndarray]], n: float) -> list[np.ndarray]:
        made = []
        for a, b in pairs:
            back = b.T / 300.0
            while n > 0.0:
                a = np.tanh(a @ b) @ back
                n -= 1.0
            n += 3.0
            made.append(a)
        return made

    pairs = [pair for pair in factors("float64") if pair[1].shape[1] > 16]
    staged = snek.stage(powers, backend="lantern")
    given = (pairs, snek.dynamic(3.0))
    assert "lantern::pack<double" in staged.trace(*given).lower().as_text("cpp")
    for mine, theirs in zip(staged(*given), powers(pairs, 3.0), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-10)


def test_a_loop_that_is_not_taken_packs_for_no_other() -> None:
    def either(a: np.ndarray, b: np.ndarray, n: float) -> np.ndarray:
        if n > 5.0:
            while n > 0.0:
                a, n = a @ b, n - 1.0
        else:
            while n > 0.0:
                a, n = np.sin(a @ b), n - 1.0
        return a

    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((8, 64)), rng.standard_normal((64, 64)) / 8
    staged = snek.stage(either, backend="lantern")
    for n in (2.0, 7.0):
        np.testing.assert_allclose(staged(a, b, snek.dynamic(n)), either(a, b, n), rtol=1e-10)


def test_a_stack_of_matrices_times_one_is_one_product() -> None:
    def stacked(xs: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return xs @ w, xs[:, ::2] @ w

    rng = np.random.default_rng(0)
    xs, w = rng.standard_normal((5, 6, 40)), rng.standard_normal((40, 32))
    for mine, theirs in zip(snek.stage(stacked, backend="lantern")(xs, w), stacked(xs, w), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-10)
