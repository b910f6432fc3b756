"""Lantern's vector functions are right to the units in the last place that the README states, over all numbers."""

from __future__ import annotations

import os
import platform

import numpy as np
import pytest

import snek
from snek_strategies.backends.lantern import compiler

pytestmark = pytest.mark.skipif(compiler.compiler() is None, reason="there is no C++ compiler")

ULPS = {"exp": 4, "expm1": 4, "log": 4, "log1p": 4, "sin": 4, "cos": 4, "tanh": 4, "logistic": 4}


def every(xs: np.ndarray) -> tuple[np.ndarray, ...]:
    return (
        np.exp(xs), np.expm1(xs), np.log(xs), np.log1p(xs), np.sin(xs), np.cos(xs), np.tanh(xs),
        1 / (1 + np.exp(-np.maximum(xs, -80))),
    )  # fmt: skip


def units(made: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return by how many units in the last place of their dtype numbers differ from wider ones."""
    nearest = right.astype(made.dtype)  # what is too large for the dtype is infinite
    np.testing.assert_array_equal(np.isnan(made), np.isnan(nearest))
    special = np.isnan(nearest) | (made == nearest)
    assert np.all(np.isfinite(made[~special]))
    unit = np.spacing(np.abs(nearest)).astype(right.dtype)
    return np.abs(np.where(special, right, made) - right)[~special] / unit[~special]


def numbers(dtype: str) -> np.ndarray:
    """Return numbers of every magnitude and sign, and infinities and NaN: a sample of all that the dtype has."""
    whole = np.dtype(dtype.replace("float", "uint"))
    bits = np.random.default_rng(0).integers(0, 2 ** (8 * whole.itemsize), 1 << 18, whole, endpoint=False)
    near = np.random.default_rng(1).uniform(-20, 20, 1 << 18).astype(dtype)
    return np.concatenate([bits.view(dtype), near, np.array([0.0, -0.0, np.inf, -np.inf, np.nan], dtype)])


@pytest.mark.parametrize(("dtype", "wide"), [("float32", "float64"), ("float64", "longdouble")])
def test_vector_functions_are_right_to_a_few_units(dtype: str, wide: str) -> None:
    xs = numbers(dtype)
    if np.finfo(wide).nmant < np.finfo(dtype).nmant + 8:
        pytest.skip(f"{wide} is no wider than {dtype} here")
    with np.errstate(all="ignore"):
        made, right = snek.stage(every, backend="lantern")(xs), every(xs.astype(wide))
        found = {name: float(units(mine, theirs).max()) for name, mine, theirs in zip(ULPS, made, right, strict=True)}
    assert all(found[name] <= most for name, most in ULPS.items()), found


def test_zeros_keep_their_sign_and_both_values_of_where_may_call() -> None:
    def signs(xs: np.ndarray) -> tuple[np.ndarray, ...]:
        return np.sin(xs), np.tanh(xs), np.expm1(xs), np.log1p(xs), np.where(xs > 0, np.exp(xs), np.tanh(xs) * xs)

    xs = np.array([0.0, -0.0, 1.0, -0.5] * 8, np.float32)
    for mine, theirs in zip(snek.stage(signs, backend="lantern")(xs), signs(xs), strict=True):
        np.testing.assert_array_equal(np.signbit(mine), np.signbit(theirs))
        np.testing.assert_allclose(mine, theirs, rtol=1e-6)


@pytest.mark.skipif("-fsanitize" in os.environ.get("CXX", ""), reason="what is checked at every access is no vector")
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc" or platform.machine() != "x86_64", reason="glibc has the vectors")
def test_a_sine_and_a_cosine_of_one_number_are_vectors_too() -> None:
    def turned(xs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.sin(xs) * 2, np.cos(xs) * 2

    text = snek.stage(turned, backend="lantern").trace(np.ones(64, np.float32)).lower().as_text("cpp")
    made = compiler.build(text).read_bytes()
    assert b"v_sinf" in made
    assert b"v_cosf" in made
