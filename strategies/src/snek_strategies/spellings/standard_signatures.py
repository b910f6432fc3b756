"""The signatures of the Python Array API, as far as every table may spell them, and rows that keep a name as it is.

Names and parameters are those of the standard, 2024.12: https://data-apis.org/array-api/2024.12/. Parameters that
only steer memory or devices (`copy`, `device`) are left out, so that a text which gives them is refused.
"""

from __future__ import annotations

import ast

_UNARY = """
    abs acos acosh asin asinh atan atanh ceil conj cos cosh exp expm1 floor imag isfinite isinf isnan log log10 log1p
    log2 logical_not negative positive real reciprocal round sign signbit sin sinh sqrt square tan tanh trunc
"""
_BINARY = """
    add atan2 copysign divide equal floor_divide greater greater_equal hypot less less_equal logaddexp logical_and
    logical_or logical_xor maximum minimum multiply not_equal pow remainder subtract
"""

SIGNATURES: dict[str, str] = {
    **dict.fromkeys(_UNARY.split(), "(x, /)"),
    **dict.fromkeys(_BINARY.split(), "(x1, x2, /)"),
    **dict.fromkeys(("all", "any", "max", "min", "mean"), "(x, /, *, axis=None, keepdims=False)"),
    **dict.fromkeys(("sum", "prod"), "(x, /, *, axis=None, dtype=None, keepdims=False)"),
    **dict.fromkeys(("argmax", "argmin"), "(x, /, *, axis=None, keepdims=False)"),
    **dict.fromkeys(("zeros", "ones"), "(shape, *, dtype=None)"),
    **dict.fromkeys(("zeros_like", "ones_like"), "(x, /, *, dtype=None)"),
    "full": "(shape, fill_value, *, dtype=None)",
    "full_like": "(x, /, fill_value, *, dtype=None)",
    "asarray": "(obj, /, *, dtype=None)",
    "linspace": "(start, stop, /, num, *, dtype=None, endpoint=True)",
    "astype": "(x, dtype, /)",
    "where": "(condition, x1, x2, /)",
    "clip": "(x, /, min, max)",
    "concat": "(arrays, /, *, axis=0)",
    "stack": "(arrays, /, *, axis=0)",
    "reshape": "(x, /, shape)",
    "broadcast_to": "(x, /, shape)",
    "permute_dims": "(x, /, axes)",
    "moveaxis": "(x, source, destination, /)",
    "expand_dims": "(x, /, axis)",
    "squeeze": "(x, /, axis)",
    "flip": "(x, /, *, axis=None)",
    "roll": "(x, /, shift, *, axis=None)",
    "tile": "(x, repetitions, /)",
    "take": "(x, indices, /, *, axis)",
    "take_along_axis": "(x, indices, /, *, axis=-1)",
    "cumulative_sum": "(x, /, *, axis)",
    "cumulative_prod": "(x, /, *, axis)",
    "matmul": "(x1, x2, /)",
    "matrix_transpose": "(x, /)",
    "tensordot": "(x1, x2, /, *, axes=2)",
    "sort": "(x, /, *, axis=-1)",
    "searchsorted": "(x1, x2, /, *, side='left')",
    "nonzero": "(x, /)",
    "count_nonzero": "(x, /, *, axis=None, keepdims=False)",
}

DTYPES = "int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64 complex64 complex128"
CONSTANTS = "pi e inf nan"


def same_names(module: str, names: str) -> dict[str, str]:
    """Return the rows of functions that `module` has under the standard's names, parameters and defaults.

    >>> same_names("np", "tanh concat")
    {'tanh(x, /)': 'np.tanh(x)', 'concat(arrays, /, *, axis=0)': 'np.concat(arrays, axis=axis)'}
    """
    return {name + SIGNATURES[name]: f"{module}.{name}{_passed_on(SIGNATURES[name])}" for name in names.split()}


def renamed(native: dict[str, str]) -> dict[str, str]:
    """Return the rows of functions that differ in their names only: `{"acos": "torch.acos"}`."""
    return {name + SIGNATURES[name]: function + _passed_on(SIGNATURES[name]) for name, function in native.items()}


def attributes(module: str, names: str) -> dict[str, str]:
    """Return the rows of dtypes or constants that `module` has under the standard's names."""
    return {name: f"{module}.{name}" for name in names.split()}


def _passed_on(signature: str) -> str:
    """Return the arguments of a call that passes a signature's parameters on."""
    function = ast.parse(f"def f{signature}: pass").body[0]
    assert isinstance(function, ast.FunctionDef)
    positional = [parameter.arg for parameter in (*function.args.posonlyargs, *function.args.args)]
    named = [f"{parameter.arg}={parameter.arg}" for parameter in function.args.kwonlyargs]
    return f"({', '.join(positional + named)})"
