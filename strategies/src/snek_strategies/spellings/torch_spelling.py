"""The Array API in PyTorch's words.

Calls are written so that `torch.jit.script` takes them too: no dtype where the text gives none, `dim=` only with an
axis. A reduction without an axis and with `keepdims` has no spelling.
"""

from __future__ import annotations

from snek_core_transform.spelling import Spelling
from snek_strategies.spellings.standard_signatures import CONSTANTS, DTYPES, attributes, renamed, same_names

_SAME = """
    abs acos acosh asin asinh atan atanh ceil cos cosh exp expm1 floor isfinite isinf isnan log log10 log1p
    log2 logical_not negative positive real reciprocal round sign signbit sin sinh sqrt square tan tanh trunc
    atan2 copysign divide floor_divide hypot logaddexp logical_and
    logical_or logical_xor maximum minimum multiply pow remainder subtract add
    zeros ones zeros_like ones_like full full_like
    where clip reshape broadcast_to moveaxis tile squeeze matmul
"""

TORCH = Spelling(
    name="torch",
    imports={"torch": "torch", "math": "math"},
    rows=same_names("torch", _SAME)
    | renamed(
        {
            "equal": "torch.eq",
            "not_equal": "torch.ne",
            "greater": "torch.gt",
            "greater_equal": "torch.ge",
            "less": "torch.lt",
            "less_equal": "torch.le",
            "conj": "torch.conj_physical",
            "permute_dims": "torch.permute",
            "expand_dims": "torch.unsqueeze",
        }
    )
    | attributes("torch", f"{DTYPES} bool")
    | attributes("math", CONSTANTS)
    | {
        "newaxis": "None",
        "all(x, /)": "torch.all(x)",
        "all(x, /, *, axis, keepdims=False)": "torch.all(x, dim=axis, keepdim=keepdims)",
        "any(x, /)": "torch.any(x)",
        "any(x, /, *, axis, keepdims=False)": "torch.any(x, dim=axis, keepdim=keepdims)",
        "argmax(x, /)": "torch.argmax(x)",
        "argmax(x, /, *, axis, keepdims=False)": "torch.argmax(x, dim=axis, keepdim=keepdims)",
        "argmin(x, /)": "torch.argmin(x)",
        "argmin(x, /, *, axis, keepdims=False)": "torch.argmin(x, dim=axis, keepdim=keepdims)",
        "max(x, /)": "torch.amax(x)",
        "max(x, /, *, axis, keepdims=False)": "torch.amax(x, dim=axis, keepdim=keepdims)",
        "min(x, /)": "torch.amin(x)",
        "min(x, /, *, axis, keepdims=False)": "torch.amin(x, dim=axis, keepdim=keepdims)",
        "mean(x, /)": "torch.mean(x)",
        "mean(x, /, *, axis, keepdims=False)": "torch.mean(x, dim=axis, keepdim=keepdims)",
        "prod(x, /, *, dtype=None)": "torch.prod(x, dtype=dtype)",
        "prod(x, /, *, axis, dtype=None, keepdims=False)": "torch.prod(x, dim=axis, dtype=dtype, keepdim=keepdims)",
        "sum(x, /, *, dtype=None)": "torch.sum(x, dtype=dtype)",
        "sum(x, /, *, axis, dtype=None, keepdims=False)": "torch.sum(x, dim=axis, dtype=dtype, keepdim=keepdims)",
        "std(x, /)": "torch.std(x, correction=0)",
        "std(x, /, *, axis, keepdims=False)": "torch.std(x, dim=axis, correction=0, keepdim=keepdims)",
        "std(x, /, *, axis, correction, keepdims=False)": (
            "torch.std(x, dim=axis, correction=correction, keepdim=keepdims)"
        ),
        "var(x, /)": "torch.var(x, correction=0)",
        "var(x, /, *, axis, keepdims=False)": "torch.var(x, dim=axis, correction=0, keepdim=keepdims)",
        "var(x, /, *, axis, correction, keepdims=False)": (
            "torch.var(x, dim=axis, correction=correction, keepdim=keepdims)"
        ),
        "count_nonzero(x, /)": "torch.count_nonzero(x)",
        "count_nonzero(x, /, *, axis)": "torch.count_nonzero(x, dim=axis)",
        "cumulative_sum(x, /, *, axis)": "torch.cumsum(x, dim=axis)",
        "cumulative_prod(x, /, *, axis)": "torch.cumprod(x, dim=axis)",
        "arange(stop, /, *, dtype=None)": "torch.arange(stop, dtype=dtype)",
        "arange(start, /, stop, step=1, *, dtype=None)": "torch.arange(start, stop, step, dtype=dtype)",
        "asarray(obj, /, *, dtype=None)": "torch.as_tensor(obj, dtype=dtype)",
        "astype(x, dtype, /)": "x.to(dtype)",
        "eye(n_rows, /, *, dtype=None)": "torch.eye(n_rows, dtype=dtype)",
        "eye(n_rows, n_cols, /, *, dtype=None)": "torch.eye(n_rows, n_cols, dtype=dtype)",
        "linspace(start, stop, /, num, *, dtype=None)": "torch.linspace(start, stop, num, dtype=dtype)",
        "concat(arrays, /, *, axis=0)": "torch.cat(arrays, dim=axis)",
        "stack(arrays, /, *, axis=0)": "torch.stack(arrays, dim=axis)",
        "flip(x, /, *, axis)": "torch.flip(x, (axis,))",
        "roll(x, /, shift, *, axis)": "torch.roll(x, shift, dims=axis)",
        "take(x, indices, /, *, axis)": "torch.index_select(x, axis, indices)",
        "take_along_axis(x, indices, /, *, axis=-1)": "torch.take_along_dim(x, indices, axis)",
        "matrix_transpose(x, /)": "torch.transpose(x, -2, -1)",
        "tensordot(x1, x2, /, *, axes=2)": "torch.tensordot(x1, x2, dims=axes)",
        "vecdot(x1, x2, /, *, axis=-1)": "torch.linalg.vecdot(x1, x2, dim=axis)",
        "tril(x, /, *, k=0)": "torch.tril(x, diagonal=k)",
        "triu(x, /, *, k=0)": "torch.triu(x, diagonal=k)",
        "sort(x, /, *, axis=-1)": "torch.sort(x, dim=axis).values",
        "argsort(x, /, *, axis=-1)": "torch.argsort(x, dim=axis, stable=True)",
        "searchsorted(x1, x2, /, *, side='left')": "torch.searchsorted(x1, x2, side=side)",
        "nonzero(x, /)": "torch.unbind(torch.nonzero(x), dim=1)",
    },
)
