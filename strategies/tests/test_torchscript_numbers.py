"""Values without axes are TorchScript's own numbers, and come out as NumPy's do, special ones included."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import snek
from snek_strategies.backends.registry import BACKENDS

pytestmark = [
    pytest.mark.usefixtures("checked"),
    pytest.mark.skipif(bool(BACKENDS["torchscript"].missing()), reason="PyTorch's TorchScript cannot run here"),
]

FLOATS = [0.0, -0.0, 1.0, -1.0, 0.25, -2.5, 3.7, 1000.0, 1e308, 1e-300, np.inf, -np.inf, np.nan]
INTS = [0, 1, -1, 2, -3, 7, 63, 64, 2**62, 2**63 - 1, -(2**63)]
ONE_FLOAT = (
    "sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arccosh arctanh exp expm1 log log1p log10 log2 exp2 sqrt "
    "cbrt fabs negative absolute positive sign square reciprocal floor ceil trunc rint isnan isinf isfinite signbit"
)
TWO_FLOATS = (
    "add subtract multiply divide floor_divide remainder power maximum minimum fmax fmin arctan2 copysign hypot"
)
ONE_INT = "negative absolute positive invert square sign floor"
TWO_INTS = (
    "add subtract multiply divide floor_divide remainder maximum minimum fmax fmin bitwise_and bitwise_or bitwise_xor "
    "left_shift right_shift"
)
COMPARED = "less less_equal equal not_equal greater greater_equal logical_and logical_or logical_xor"
BOOLS = "logical_and logical_or logical_xor bitwise_and bitwise_or bitwise_xor maximum minimum equal not_equal less"
CASES = [
    *((name, np.float64, FLOATS, 1) for name in ONE_FLOAT.split()),
    *((name, np.float64, FLOATS, 2) for name in [*TWO_FLOATS.split(), *COMPARED.split()]),
    *((name, np.int64, INTS, 1) for name in ONE_INT.split()),
    *((name, np.int64, INTS, 2) for name in [*TWO_INTS.split(), *COMPARED.split()]),
    *((name, np.bool_, [False, True], 2) for name in BOOLS.split()),
]


def of(name: str) -> Callable[..., Any]:
    def one(x: Any) -> Any:
        return getattr(np, name)(x)

    return one


def of_two(name: str) -> Callable[..., Any]:
    def two(x: Any, y: Any) -> Any:
        return getattr(np, name)(x, y)

    return two


def close(got: Any, wanted: Any) -> bool:
    if got.dtype != wanted.dtype:
        return False
    if got.dtype.kind != "f":
        return bool(got == wanted)
    return bool(np.isclose(got, wanted, rtol=1e-12, atol=0, equal_nan=True))


@pytest.mark.parametrize(
    ("name", "kind", "values", "count"), CASES, ids=[f"{one[0]} {one[1].__name__}" for one in CASES]
)
def test_a_function_of_numbers_gives_what_numpy_gives(name: str, kind: type, values: list[Any], count: int) -> None:
    function = of(name) if count == 1 else of_two(name)
    staged = snek.stage(function, backend="torchscript")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        for x in values:
            for y in values if count == 2 else [None]:
                args = [kind(x)] if count == 1 else [kind(x), kind(y)]
                got, wanted = staged(*args), function(*args)
                assert close(got, wanted), (args, got, wanted)


def collatz(n: Any) -> Any:
    steps = 0 * n
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps = steps + 1
    return steps


def averaged(x: Any, n: Any) -> Any:
    total, i = x[0] * 0, 0 * n
    while i < n:
        total = total + x[i]
        x = x + total
        i = i + 1
    return total, x, total > 1


def test_a_loop_over_numbers_makes_no_tensor() -> None:
    staged = snek.stage(collatz, backend="torchscript")
    assert [staged(np.int64(n)) for n in (1, 7, 27)] == [collatz(np.int64(n)) for n in (1, 7, 27)]
    text = staged.trace(np.int64(1)).lower().as_text("python")
    assert "torch." not in text[text.index("while") : text.index("return")]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_numbers_meet_arrays_of_their_own_dtype_and_of_others(dtype: type) -> None:
    x, n = np.arange(1, 6).astype(dtype), np.int64(4)
    got, wanted = snek.stage(averaged, backend="torchscript")(x, n), averaged(x, n)
    for one, other in zip(got, wanted, strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_allclose(one, other, rtol=1e-6 if dtype is np.float32 else 1e-14)
