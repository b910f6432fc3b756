"""Special values of NumPy's scalars, arrays without axes, and Python's numbers, and what is done with them."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable

import numpy as np
from special_values import CASES, values

from snek_strategies.backends.arithmetic import ELEMENTWISE

NUMPYS = ("bool", "uint8", "int64", "float32", "complex128")
PYTHONS: dict[str, tuple[object, ...]] = {
    "float": (0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.0, 1e308, -1e308, 1e-300, math.inf, -math.inf, math.nan),
    "int": (0, 1, -1, 2, -3, 7, 63, 64, 2**62, 2**63 - 1, -(2**63)),
    "truth": (False, True),
}
KINDS = (*NUMPYS, "0-d float64", "0-d int64", *PYTHONS)
"""What the numbers are: NumPy's scalars, arrays without axes, and Python's own."""


def pairs(kind: str) -> list[tuple[object, object]]:
    """Return pairs of a kind's special values: each with a third of all, and with itself."""
    if kind in PYTHONS:
        own = list(PYTHONS[kind])
    elif kind in NUMPYS:
        own = list(values(kind))
    else:
        own = [np.array(one) for one in values(kind.removeprefix("0-d "))]
    return [(x, y) for at, x in enumerate(own) for y in (*own[at % 3 :: 3], x)]


PARTS: dict[str, tuple[str, ...]] = {
    "lantern": ("0-d float64", "float", "int"),
    "tensorflow": ("float32", "float", "int"),
    "tensorflow-xla": ("float",),
    "torch": ("float32", "truth"),
    "jax": ("float32", "0-d int64", "float", "int"),
    "numba": ("float32", "float", "int"),
}
"""Back-ends whose compilers take long, with the kinds that they are tested on."""

Function = Callable[..., object]
NUMPY_FUNCTIONS: dict[str, Function] = {name: CASES[name] for name in sorted(ELEMENTWISE)}
"""Functions of NumPy, which never raise but for whole numbers to negative powers."""


def _of_math(name: str) -> Function:
    return lambda x, y: getattr(math, name)(x)  # noqa: ARG005


def _of_two(name: str) -> Function:
    return lambda x, y: getattr(math, name)(x, y)


_ALIKE = {
    "add": operator.add, "subtract": operator.sub, "multiply": operator.mul, "floor division": operator.floordiv,
    "remainder": operator.mod, "negative": lambda x, y: -x, "absolute": lambda x, y: abs(x),  # noqa: ARG005
    "the least": lambda x, y: min(x, y), "the greatest": lambda x, y: max(x, y),
    "a choice": lambda x, y: x or y,
}  # fmt: skip
_MATH = "sqrt exp expm1 log log1p log2 log10 sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh fabs cbrt"
_TRUTHS: dict[str, Function] = {
    "less": operator.lt, "less or equal": operator.le, "equal": operator.eq, "not equal": operator.ne,
    "greater": operator.gt, "greater or equal": operator.ge, "bool": lambda x, y: bool(x),  # noqa: ARG005
    "not": lambda x, y: not y,  # noqa: ARG005
    **{name: _of_math(name) for name in ("isnan", "isinf", "isfinite")},
}  # fmt: skip

OPERATORS: dict[str, tuple[dict[str, Function], ...]] = {
    "float": (
        {
            **_ALIKE, "division": operator.truediv, "power": lambda x, y: abs(x) ** y,
            **{name: _of_math(name) for name in _MATH.split()},
            **{name: _of_two(name) for name in ("fmod", "atan2", "copysign", "hypot")},
        },
        {name: _of_math(name) for name in ("floor", "ceil", "trunc")}
        | {"int": lambda x, y: int(x), "round": lambda x, y: round(x)},  # noqa: ARG005
        _TRUTHS,
    ),
    "int": (
        {
            **_ALIKE, "left shift": lambda x, y: x << (y % 67), "right shift": operator.rshift, "and": operator.and_,
            "or": operator.or_, "exclusive or": operator.xor, "invert": lambda x, y: ~x,  # noqa: ARG005
            "power": lambda x, y: x ** (y % 5), "int": lambda x, y: int(x),  # noqa: ARG005
        },
        {"division": operator.truediv, "float": lambda x, y: float(x)},  # noqa: ARG005
        _TRUTHS,
    ),
    "truth": (
        {"add": operator.add, "multiply": operator.mul, "negative": lambda x, y: -x, "int": lambda x, y: int(y)},  # noqa: ARG005
        {"division": operator.truediv, "float": lambda x, y: float(x)},  # noqa: ARG005
        _TRUTHS,
    ),
}  # fmt: skip
"""What Python does with its numbers, by the type of what comes out: it may raise."""
