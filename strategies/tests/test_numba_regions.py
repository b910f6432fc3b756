"""Elementwise chains and totals for Numba are loops over numbers, and give what the interpreter gives."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import snek
from snek_strategies.backends.registry import BACKENDS

pytestmark = pytest.mark.skipif(bool(BACKENDS["numba"].missing()), reason="Numba is not installed")

ROWS = np.array([[0.25, -1.5, 0.0], [3.0, np.inf, -0.75]])
LINE = np.array([[1.5], [-0.25]], np.float32)
FLOATS = "exp expm1 log1p sqrt square reciprocal sign fabs sin cos tanh floor ceil trunc rint negative absolute"
FLAGS = "isnan isinf isfinite signbit logical_not"
PAIRS = "maximum minimum fmax fmin copysign add subtract multiply divide"
COMPARED = "less less_equal equal not_equal greater greater_equal logical_and logical_or logical_xor"
WHOLE = "bitwise_and bitwise_or bitwise_xor left_shift right_shift maximum minimum add subtract multiply"


def numbers(x, y):
    made = x + y
    for name in FLOATS.split():
        made = np.where(x > y, getattr(np, name)(x), made) - 0.125
    return made


def pairs(x, y):
    made, flags = x * 0.5, x > 2.0
    for name in PAIRS.split():
        made = made + getattr(np, name)(x, y).astype("float32")
    for name in COMPARED.split():
        flags = np.logical_xor(flags, getattr(np, name)(x, y))
    for name in FLAGS.split():
        flags = flags ^ getattr(np, name)(x)
    return made, flags


def whole(x, y):
    made, wide = x ^ y, (x + y).astype("int64")
    for name in WHOLE.split():
        made = made + getattr(np, name)(x, y) - (made >> 3)
        wide = wide ^ (made.astype("int64") << 7)
    return made, wide, ~made


def stepped(x, y):
    for _ in range(30):
        x = np.where(x > 1.0, x * 0.5 - y, x + np.cos(x) * 0.25) + np.array([0.5, 0.0, -0.5])
        x = np.sqrt(np.abs(x)) + 0.125 * x - np.minimum(x, 1.0) * np.sign(y) + np.square(x) / 64
    return x


INTS = np.array([[7, -(2**31), 5, 2**31 - 1]], np.int32), np.array([[3], [31], [0]], np.int32)


@pytest.mark.parametrize(
    ("function", "arguments"),
    [(numbers, (ROWS, LINE)), (pairs, (ROWS, LINE)), (whole, INTS), (stepped, (np.minimum(ROWS, 4.0), LINE))],
)
def test_a_long_chain_is_a_loop_and_gives_the_same(function, arguments) -> None:
    staged = snek.stage(function, backend="numba", unroll=24)
    text = staged.trace(*arguments).lower().as_text("python")
    assert "def _fused(" in text
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # NumPy's, of infinities
        wanted = snek.stage(function, backend="interpret", unroll=24)(*arguments)
    found = staged(*arguments)
    pairs_ = zip(wanted, found, strict=True) if isinstance(wanted, tuple) else [(wanted, found)]
    for want, got in pairs_:
        assert (want.dtype, want.shape) == (got.dtype, got.shape)
        np.testing.assert_allclose(got, want, rtol=1e-6 if want.dtype == np.float32 else 1e-12, equal_nan=True)


def source(function, *arguments) -> str:
    return snek.stage(function, backend="numba").trace(*arguments).lower().as_text("python")


def test_a_short_chain_stays_an_expression_and_what_is_used_twice_is_computed_in_one_loop() -> None:
    assert "_fused" not in source(lambda x: np.exp(x) + x * 2.0, ROWS)
    text = source(lambda x: (lambda e: (e * 2.0, e + x))(np.exp(x)), ROWS)
    assert text.count("def _fused") == text.count("np.exp(") == 1


def totals(x, y):
    far = np.abs(x - y)
    return np.sum(far), np.max(far), np.min(x * y), np.prod(x + 2.0), np.any(x > y), np.all(far < 9), far


def test_totals_are_taken_in_the_loop_that_computes_their_elements() -> None:
    text = source(totals, ROWS, LINE)
    assert text.count("def _fused") == 1
    assert "def _sum" not in text
    assert "def _max" not in text


def over_axes(x):
    made = [np.sum(x, axis=0), np.max(x, axis=1), np.min(x, axis=2), np.prod(x, axis=(0, 1)), np.max(x, axis=(0, 2))]
    return *made, np.any(x > 2, axis=0), np.all(x < 2, axis=1), np.argmax(x, axis=1), np.argmin(x, axis=0)


def special(dtype: str) -> np.ndarray:
    x = np.resize(np.array([3, 1, 2, 9, 5, 0, 7], dtype), (4, 3, 5))
    if x.dtype.kind == "f":
        x[0, 1, 2], x[1, 2, 3], x[3, 0, 0], x[2] = np.inf, -np.inf, np.nan, -x[2]
    return x


@pytest.mark.parametrize("dtype", ["float32", "float64", "int8", "uint64"])
@pytest.mark.parametrize("function", [over_axes, lambda x: totals(x, x[::-1])], ids=["over_axes", "totals"])
def test_reductions_give_what_numpy_gives(function, dtype: str) -> None:
    x = special(dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # NumPy's, of infinities
        wanted = snek.stage(function, backend="interpret")(x)
    for want, got in zip(wanted, snek.stage(function, backend="numba")(x), strict=True):
        assert (want.dtype, want.shape) == (got.dtype, got.shape)
        np.testing.assert_allclose(got, want, rtol=1e-6 if dtype == "float32" else 1e-12, equal_nan=True)


def test_rows_are_added_row_by_row_where_a_column_would_leap_through_memory() -> None:
    text = source(lambda x: np.sum(x, axis=0), ROWS)
    body = text[text.index("def _sum") :]
    assert body.index("for i0") < body.index("for i1") < body.index("acc[i1]")


def test_only_the_additions_of_a_sum_may_be_reordered() -> None:
    text = source(lambda x: np.sum((x + 1.0) + 1e-9), ROWS)
    parts = text.split("@njit(")
    assert [part for part in parts if "reassoc" in part] == [part for part in parts if "def _plus" in part]


def gated(x, y):
    for _ in range(4):
        x = np.tanh(np.exp(-x) * np.tanh(y)) + np.exp(x) * np.exp(y)
    return x


def test_a_function_that_branches_has_its_argument_from_a_loop_before() -> None:
    text = snek.stage(gated, backend="numba").trace(ROWS, LINE).lower().as_text("python")
    loops = text[text.index("def _fused(") :].split("for i1 in ")[1:]
    assert len(loops) == 5
    for loop in loops[1:]:
        assert loop.index("np.tanh(row") < loop.index("np.exp(") if "np.exp(" in loop else "np.tanh(row" in loop


def test_unsigned_numbers_keep_their_bits_in_a_region() -> None:
    x, by = np.array([1, 2**64 - 1, 7], np.uint64), np.array([1, 2, 64], np.uint64)

    def shifted(x, by):
        far = x << by
        return far ^ x, far >> by

    for want, got in zip(shifted(x, by), snek.stage(shifted, backend="numba")(x, by), strict=True):
        np.testing.assert_array_equal(got, want)
