"""Special values of every dtype, and the functions that meet them: every elementwise primitive, and what stands beside.

All functions of a dtype take the same arguments, so that they can be staged as one program.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from snek_strategies.backends.arithmetic import ELEMENTWISE
from snek_strategies.ir.interpretations import REDUCTIONS

DTYPES = ("bool", "uint8", "int64", "float32", "complex128")
"""The dtypes that are tested: one of each kind, which systems treat alike."""
ALL_DTYPES = (
    "bool", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64", "float16", "float32", "float64",
    "complex64", "complex128",
)  # fmt: skip

_FLOATS = (
    0.0, -0.0, 1.0, -1.0, 0.25, -2.5, 3.7, 1000.0, 1e30, -1e30, 1e-30, np.inf, -np.inf, np.nan, 2.5, -0.5, 0.5, 1.5,
)  # fmt: skip
_COMPLEX = (0, 1, -1, 1j, -1j, 2 + 1j, -0.5 + 0.25j, 3.7 - 2.5j, -4)
_ROWS = (
    (1.0, 2.5, -0.5, 4.0), (np.nan, 1.0, 2.0, 3.0), (1.0, np.inf, 2.0, -1.0), (np.inf, 1.0, -np.inf, 2.0),
    (-0.0, -0.0, -0.0, -0.0), (0.0, -0.0, 3.0, -0.0), (-np.inf, 3.0, np.nan, 0.5), (1.5, 2.0, np.nan, np.nan),
)  # fmt: skip


def values(dtype: str) -> np.ndarray:
    """Return the numbers of a dtype at which functions change what they do."""
    kind = np.dtype(dtype).kind
    if kind == "b":
        return np.array([False, True])
    if kind in "fc":
        with np.errstate(over="ignore"):
            return np.array(_FLOATS if kind == "f" else _COMPLEX, dtype)
    limits, bits = np.iinfo(dtype), 8 * np.dtype(dtype).itemsize
    near = (limits.min, limits.min + 1, limits.max - 1, limits.max, bits - 1, bits, bits + 1)
    return np.array(sorted({*near, 0, 1, 2, 3, 5, 7, *((-1, -2, -3) if kind == "i" else ())}), dtype)


def arguments(dtype: str) -> tuple[np.ndarray, ...]:
    """Return every pair of special values as two arrays, and rows that hold some each."""
    own = values(dtype)
    x, y = (one.ravel() for one in np.meshgrid(own, own))
    if np.dtype(dtype).kind == "f":
        rows = np.array(_ROWS, dtype)
    else:
        rows = np.resize(own, (8, 4))
    return x, y, rows


Function = Callable[..., object]


def _elementwise(name: str) -> Function:
    if getattr(np, name).nin == 1:
        return lambda x, y, rows: getattr(np, name)(x)  # noqa: ARG005
    return lambda x, y, rows: getattr(np, name)(x, y)  # noqa: ARG005


def _power(x, y, rows):
    # NumPy raises for negative powers of whole numbers.
    return np.power(x, np.bitwise_and(y, 7) if x.dtype.kind in "iu" else y)


def _reduction(name: str) -> Function:
    def reduce(x, y, rows):
        function = getattr(np, name)
        return function(rows), function(rows, axis=0), function(rows, axis=1)

    return reduce


def _of_nothing(name: str) -> Function:
    return lambda x, y, rows: (getattr(np, name)(rows[:0]), getattr(np, name)(rows[:, :0], axis=1))  # noqa: ARG005


def _cast(dtype: str) -> Function:
    return lambda x, y, rows: x.astype(dtype)  # noqa: ARG005


def _broken(x):
    return np.where(x == 1, complex(np.nan, 1.0), np.where(x == 0, complex(1.0, -np.inf), x))


ARRAYS: dict[str, Function] = {
    "sort": lambda x, y, rows: (np.sort(rows), np.sort(rows, axis=0)),  # noqa: ARG005
    "argsort": lambda x, y, rows: np.argsort(rows, kind="stable"),  # noqa: ARG005
    "cumsum": lambda x, y, rows: (np.cumsum(rows), np.cumsum(rows, axis=1)),  # noqa: ARG005
    "cumprod": lambda x, y, rows: (np.cumprod(rows, axis=0), np.cumprod(rows, axis=1)),  # noqa: ARG005
    "diff": lambda x, y, rows: np.diff(rows),  # noqa: ARG005
    "clip": lambda x, y, rows: (np.clip(x, y[20 % y.size], y[-1]), np.clip(rows, rows[0, 0], rows[0, 3])),
    "where": lambda x, y, rows: (np.where(x, x, y), np.where(x == y, y, x)),  # noqa: ARG005
    "searchsorted": lambda x, y, rows: (  # noqa: ARG005
        np.searchsorted(np.sort(rows[0]), x), np.searchsorted(np.sort(rows[1]), x, side="right")
    ),
    "matmul": lambda x, y, rows: (rows @ rows.T, rows @ rows[0]),  # noqa: ARG005
    "tensordot": lambda x, y, rows: np.tensordot(rows[:4], rows[:4], 1),  # noqa: ARG005
    "isin": lambda x, y, rows: np.isin(x, rows),  # noqa: ARG005
    "isclose": lambda x, y, rows: np.isclose(x, y),  # noqa: ARG005
    "round": lambda x, y, rows: np.round(x),  # noqa: ARG005
    "nan_to_num": lambda x, y, rows: np.nan_to_num(x),  # noqa: ARG005
    "complex numbers with parts that are none": lambda x, y, rows: (  # noqa: ARG005
        np.isnan(_broken(x)), np.isinf(_broken(x)), np.isfinite(_broken(x))
    ),
    "ptp": lambda x, y, rows: np.ptp(rows, axis=1),  # noqa: ARG005
    "greater than a Python number": lambda x, y, rows: (x > 3, x <= -1, x == 0.5, x < 300),  # noqa: ARG005
}  # fmt: skip
"""Functions of arrays for which some value, or its place, is special."""

CASES: dict[str, Function] = {
    **{name: _elementwise(name) for name in sorted(ELEMENTWISE)},
    "power": _power,
    **{name: _reduction(name) for name in REDUCTIONS},
    **{f"{name} of nothing": _of_nothing(name) for name in ("sum", "prod", "any", "all", "mean", "count_nonzero")},
    **{f"to {dtype}": _cast(dtype) for dtype in ALL_DTYPES},
    **ARRAYS,
}

PARTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "lantern": (("bool", "uint8", "float32"), tuple(CASES)),
    "numba": (("int64", "float32"), tuple(sorted(ELEMENTWISE))),
    "tensorflow-xla": (("uint8", "float32"), tuple(CASES)),
}
"""Back-ends whose compilers take long, with the dtypes and functions that they are tested on."""

ANY_ZERO = frozenset({"maximum", "minimum", "fmax", "fmin"})
"""NumPy gives either of two equal operands, whose signs may differ."""
CANCELS = frozenset({"logaddexp", "logaddexp2"})
"""What is 0 by cancelling, where no relative error is bounded."""


def undefined(name: str, x: np.ndarray, y: np.ndarray | None = None) -> np.ndarray | bool:
    """Tell where NumPy's answer is the processor's, so that any other is as right."""
    if name == "reciprocal" and x.dtype.kind in "biu":
        return x == 0
    if name == "divide" and x.dtype.kind == "c":
        return (arguments(x.dtype.name)[1] if y is None else y) == 0
    if name == "power" and y is not None and x.dtype.kind == "f":
        return (y == 0.5) & ((x == 0) | (x == -np.inf))  # `np.power` has square roots there, and `**` of scalars not
    if name.startswith("to ") and np.dtype(name[3:]).kind in "iu" and x.dtype.kind in "fc":
        limits, x = np.iinfo(name[3:]), x.real
        return ~((np.trunc(x) >= limits.min) & (x < float(limits.max) + 1) & (np.trunc(x) <= limits.max))
    return False


def difference(name: str, x: np.ndarray, want: object, got: object, y: np.ndarray | None = None) -> str:
    """Say how an answer differs from NumPy's, or nothing; `y` is the second operand where `arguments` are not given."""
    if isinstance(want, tuple):
        assert isinstance(got, tuple)
        return next((said for a, b in zip(want, got, strict=True) if (said := difference(name, x, a, b))), "")
    want, got = np.asarray(want), np.asarray(got)
    if (want.dtype, want.shape) != (got.dtype, got.shape):
        return f"{got.dtype}{got.shape} for {want.dtype}{want.shape}"
    if want.dtype.kind not in "fc":
        same = got == want
    else:
        eps = np.finfo(want.dtype).eps
        close = {"float64": 1e-12, "complex128": 1e-12}.get(want.dtype.name, 32 * eps if eps < 1e-4 else 4 * eps)
        # What is below the least normal number may be 0: XLA's vector units compute so.
        least = eps if name in CANCELS else np.finfo(want.dtype).tiny
        same = np.isclose(got, want, rtol=close, atol=least, equal_nan=True)
    if want.dtype.kind == "f" and name in ELEMENTWISE and name not in ANY_ZERO | CANCELS:
        same &= (want != 0) | (np.signbit(want) == np.signbit(got))
    same = same | undefined(name, x, y)
    if same.all():
        return ""
    at = tuple(np.argwhere(~same)[0])
    return f"{(~same).sum()} of {same.size}, as at {tuple(map(int, at))}: {got[at]!r} for {want[at]!r}"
