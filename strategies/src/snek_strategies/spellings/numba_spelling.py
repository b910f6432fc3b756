"""The Array API in the part of NumPy that Numba compiles.

Numba takes few keywords: most reductions have no `axis`, none has `keepdims`; arrays to join must stand in a tuple, so
a list in the text is written as one. A stack of matrices has no `matmul`, and `sort` only takes one dimension.
"""

from __future__ import annotations

from snek_core_transform.spelling import Spelling
from snek_strategies.spellings.standard_signatures import CONSTANTS, DTYPES, attributes, renamed, same_names

_SAME = """
    abs ceil conj cos cosh exp expm1 floor imag isfinite isinf isnan log log10 log1p
    log2 logical_not negative positive real reciprocal sign signbit sin sinh sqrt square tan tanh trunc
    add copysign divide equal floor_divide greater greater_equal hypot less less_equal logaddexp logical_and
    logical_or logical_xor maximum minimum multiply not_equal remainder subtract
    zeros ones zeros_like ones_like full full_like where clip reshape broadcast_to moveaxis
"""

NUMBA = Spelling(
    name="numba",
    imports={"np": "numpy"},
    rows=same_names("np", _SAME)
    | renamed(
        {
            "acos": "np.arccos",
            "acosh": "np.arccosh",
            "asin": "np.arcsin",
            "asinh": "np.arcsinh",
            "atan": "np.arctan",
            "atan2": "np.arctan2",
            "atanh": "np.arctanh",
            "pow": "np.power",
            "permute_dims": "np.transpose",
            "expand_dims": "np.expand_dims",
        }
    )
    | attributes("np", f"{DTYPES} {CONSTANTS}")
    | {
        "bool": "np.bool_",
        "newaxis": "None",
        "round(x, /)": "np.rint(x)",
        "all(x, /)": "np.all(x)",
        "any(x, /)": "np.any(x)",
        "max(x, /)": "np.max(x)",
        "min(x, /)": "np.min(x)",
        "mean(x, /)": "np.mean(x)",
        "prod(x, /)": "np.prod(x)",
        "sum(x, /)": "np.sum(x)",
        "sum(x, /, *, axis)": "np.sum(x, axis=axis)",
        "std(x, /)": "np.std(x)",
        "var(x, /)": "np.var(x)",
        "argmax(x, /)": "np.argmax(x)",
        "argmax(x, /, *, axis)": "np.argmax(x, axis=axis)",
        "argmin(x, /)": "np.argmin(x)",
        "argmin(x, /, *, axis)": "np.argmin(x, axis=axis)",
        "count_nonzero(x, /)": "np.count_nonzero(x)",
        "count_nonzero(x, /, *, axis)": "np.count_nonzero(x, axis=axis)",
        "arange(stop, /, *, dtype=None)": "np.arange(stop, dtype=dtype)",
        "arange(start, /, stop, step=1, *, dtype=None)": "np.arange(start, stop, step, dtype=dtype)",
        "asarray(obj, /, *, dtype=None)": "np.asarray(obj, dtype=dtype)",
        "astype(x, dtype, /)": "x.astype(dtype)",
        "eye(n_rows, /, *, dtype=None)": "np.eye(n_rows, dtype=dtype)",
        "eye(n_rows, n_cols, /, *, dtype=None)": "np.eye(n_rows, n_cols, dtype=dtype)",
        "linspace(start, stop, /, num)": "np.linspace(start, stop, num)",
        "concat(arrays, /, *, axis=0)": "np.concatenate((*arrays,), axis=axis)",
        "stack(arrays, /, *, axis=0)": "np.stack((*arrays,), axis=axis)",
        "matmul(x1, x2, /)": "x1 @ x2",
        "matrix_transpose(x, /)": "np.swapaxes(x, -2, -1)",
        "tril(x, /, *, k=0)": "np.tril(x, k=k)",
        "triu(x, /, *, k=0)": "np.triu(x, k=k)",
        "nonzero(x, /)": "np.nonzero(x)",
        "searchsorted(x1, x2, /, *, side='left')": "np.searchsorted(x1, x2, side=side)",
    },
)
