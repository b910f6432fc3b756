"""PyTorch's elementwise functions in primitives: operands are cast to the dtype in which PyTorch computes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from snek_strategies.ir.types import Array
from snek_strategies.staging.refusal import refuse
from snek_strategies.staging.rep import Rep, emit
from snek_strategies.staging.tensors import DTYPES

Rule = Callable[..., Any]


def dtype_name(tensor: Any) -> str:
    """Return NumPy's name for the dtype of a tensor of PyTorch's."""
    return as_dtype(tensor.dtype)


def as_dtype(dtype: Any) -> str:
    """Return NumPy's name for a dtype of PyTorch's. Refuses those that NumPy does not have."""
    name = DTYPES.get(str(dtype))
    return name if name is not None else refuse(f"{dtype} has no NumPy dtype; use torch.float32", code="SNK0203")


def cast(value: Any, dtype: str) -> Any:
    """Return an operand in a dtype; a Python number of this stage stays weak."""
    if isinstance(value, Rep):
        return value if _is(value, dtype) else emit("astype", value, dtype=dtype)
    return np.dtype(dtype).type(value) if isinstance(value, (bool, int, float, complex)) else value


def _is(value: Rep, dtype: str) -> bool:
    return isinstance(value.type, Array) and value.type.dtype.name == dtype


def is_float(value: Any) -> bool:
    """Tell whether an operand holds floats."""
    return isinstance(value.type, Array) and value.type.dtype.kind == "f"


def _unary(primitive: str) -> Rule:
    return lambda want, x: emit(primitive, cast(x, dtype_name(want)))


def _tested(primitive: str) -> Rule:
    return lambda want, x: emit(primitive, x)  # noqa: ARG005 - what is tested keeps its dtype


def _binary(primitive: str) -> Rule:
    def rule(want: Any, a: Any, b: Any, *, alpha: Any = 1) -> Any:
        dtype = dtype_name(want)
        if alpha != 1:
            b = emit("multiply", cast(b, dtype), cast(alpha, dtype))
        return emit(primitive, cast(a, dtype), cast(b, dtype))

    return rule


def _compared(primitive: str) -> Rule:
    def rule(want: Any, a: Any, b: Any) -> Any:  # noqa: ARG001 - the operands say in what they are compared
        dtype = promoted(a, b)
        return emit(primitive, cast(a, dtype), cast(b, dtype))

    return rule


def promoted(*operands: Any) -> str:
    """Return the dtype in which PyTorch computes on these operands."""
    meta = [
        torch.empty((0,) * len(one.type.dims), dtype=getattr(torch, one.type.dtype.name), device="meta")
        if isinstance(one, Rep) and isinstance(one.type, Array)
        else {"bool": True, "int": 1, "float": 1.0, "complex": 1j}[str(one.type)]
        if isinstance(one, Rep)
        else one
        for one in operands
    ]
    return as_dtype(torch.result_type(*meta))


def _swapped(rule: Rule) -> Rule:
    return lambda want, a, b: rule(want, b, a)


def _divide(want: Any, a: Any, b: Any, *, rounding_mode: str | None = None) -> Any:
    if rounding_mode == "floor":
        return _whole("floor_divide")(want, a, b)
    made = emit("divide", *(cast(one, dtype_name(want)) for one in (a, b)))
    if rounding_mode == "trunc" and np.dtype(dtype_name(want)).kind != "f":
        refuse("torch.div of integers with rounding_mode='trunc' is not staged; use floats", code="SNK0204")
    return made if rounding_mode is None else emit("trunc", made)


def _whole(primitive: str) -> Rule:
    def rule(want: Any, a: Any, b: Any) -> Any:
        dtype = dtype_name(want)
        if np.dtype(dtype).kind != "f" and (isinstance(b, Rep) or b == 0):
            refuse(
                f"{primitive} of integer tensors by a divisor known only in the next stage: PyTorch raises where it is "
                "0; divide floats, or by a static number",
                code="SNK0204",
            )
        return emit(primitive, cast(a, dtype), cast(b, dtype))

    return rule


def _power(want: Any, a: Any, b: Any) -> Any:
    dtype = dtype_name(want)
    if np.dtype(dtype).kind not in "fc" and (isinstance(b, Rep) or b < 0):
        refuse("an integer tensor to a power that may be negative; make it a float tensor", code="SNK0204")
    return emit("power", cast(a, dtype), b if isinstance(b, int) and not isinstance(b, bool) else cast(b, dtype))


def _sign(want: Any, x: Any) -> Any:
    dtype = dtype_name(want)
    return emit("subtract", *(emit("astype", emit(test, x, 0), dtype=dtype) for test in ("greater", "less")))


def _round(want: Any, x: Any, *, decimals: int = 0) -> Any:
    if decimals or not is_float(x):
        refuse("torch.round with decimals=, or of integers, is not staged", code="SNK0204")
    return emit("rint", cast(x, dtype_name(want)))


def _floor(primitive: str) -> Rule:
    return lambda want, x: emit(primitive, x) if is_float(x) else emit("copy", x)  # noqa: ARG005 - integers are whole


def sigmoid(want: Any, x: Any) -> Any:
    """Return the logistic function, without overflow on either side."""
    x = cast(x, dtype_name(want))
    small = emit("exp", emit("negative", emit("absolute", x)))
    one = cast(1.0, dtype_name(want))
    wide = emit("add", one, small)
    return emit("where", emit("less", x, 0), emit("divide", small, wide), emit("divide", one, wide))


def _clamp(want: Any, x: Any, min: Any = None, max: Any = None) -> Any:  # noqa: A002 - PyTorch's names
    x = cast(x, dtype_name(want))
    for bound, primitive in ((min, "maximum"), (max, "minimum")):
        x = x if bound is None else emit(primitive, x, cast(bound, dtype_name(want)))
    return x


def _where(want: Any, condition: Any, x: Any, y: Any) -> Any:
    return emit("where", condition, cast(x, dtype_name(want)), cast(y, dtype_name(want)))


def _masked_fill(want: Any, x: Any, mask: Any, value: Any) -> Any:
    return emit("where", mask, cast(value, dtype_name(want)), x)


def _logical(primitive: str) -> Rule:
    return lambda want, *operands: emit(primitive, *operands)  # noqa: ARG005 - truth has one dtype


_SAME = "exp exp2 expm1 log log2 log10 log1p sqrt sin cos tan sinh cosh tanh square reciprocal"
_NATIVE = {
    **{name: name for name in _SAME.split()},
    **{f"a{name}": f"arc{name}" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
    **{f"arc{name}": f"arc{name}" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
    "abs": "absolute", "absolute": "absolute", "neg": "negative", "negative": "negative", "positive": "positive",
    "pos": "positive", "conj": "conjugate",
}  # fmt: skip
_DIVIDE = dict.fromkeys(("div", "divide", "true_divide", "truediv", "__truediv__"), _divide)

POINTWISE: dict[str, Rule] = {
    **{name: _unary(primitive) for name, primitive in _NATIVE.items()},
    **{name: _tested(name) for name in ("isnan", "isinf", "isfinite", "signbit", "logical_not")},
    "rsqrt": lambda want, x: emit("divide", cast(1.0, dtype_name(want)), emit("sqrt", cast(x, dtype_name(want)))),
    "sign": _sign,
    "round": _round,
    **{name: _floor(name) for name in ("floor", "ceil", "trunc")},
    "sigmoid": sigmoid,
    **{name: _tested("invert") for name in ("bitwise_not", "invert", "__invert__")},
    **{name: _binary("add") for name in ("add", "__add__", "__radd__")},
    **{name: _binary("multiply") for name in ("mul", "multiply", "__mul__", "__rmul__")},
    **{name: _binary("subtract") for name in ("sub", "subtract", "__sub__")},
    **{name: _swapped(_binary("subtract")) for name in ("rsub", "__rsub__")},
    **_DIVIDE,
    "__rtruediv__": _swapped(_divide),
    **{name: _whole("floor_divide") for name in ("floor_divide", "floordiv", "__floordiv__")},
    **{name: _whole("remainder") for name in ("remainder", "mod", "__mod__")},
    **dict.fromkeys(("pow", "__pow__"), _power),
    "__rpow__": _swapped(_power),
    **{name: _binary(name) for name in ("hypot", "logaddexp", "nextafter", "copysign")},
    **{name: _binary("arctan2") for name in ("atan2", "arctan2")},
    **{
        name: _compared(primitive)
        for primitive, names in (
            ("less", "lt less __lt__"), ("less_equal", "le less_equal __le__"), ("greater", "gt greater __gt__"),
            ("greater_equal", "ge greater_equal __ge__"), ("equal", "eq __eq__"), ("not_equal", "ne not_equal __ne__"),
        )
        for name in names.split()
    },
    **{name: _compared(name) for name in ("maximum", "minimum", "fmax", "fmin")},
    **{name: _logical(name) for name in ("logical_and", "logical_or", "logical_xor")},
    **{
        name: _compared(f"bitwise_{kind}")
        for kind in ("and", "or", "xor")
        for name in (f"bitwise_{kind}", f"__{kind}__", f"__r{kind}__", f"{kind}_", kind)
    },
    **dict.fromkeys(("clamp", "clip"), _clamp),
    "clamp_min": lambda want, x, min: _clamp(want, x, min=min),  # noqa: A006 - PyTorch's name
    "clamp_max": lambda want, x, max: _clamp(want, x, max=max),  # noqa: A006 - PyTorch's name
    "where": _where,
    "masked_fill": _masked_fill,
}  # fmt: skip
"""Elementwise functions: each takes PyTorch's result on `meta` tensors, then the operands."""
