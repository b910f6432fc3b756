"""Long elementwise chains for Numba are loops over numbers, and give what the interpreter gives."""

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


def test_a_short_chain_stays_an_expression() -> None:
    text = snek.stage(lambda x: np.exp(x) + x * 2.0, backend="numba").trace(ROWS).lower().as_text("python")
    assert "_fused" not in text


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
