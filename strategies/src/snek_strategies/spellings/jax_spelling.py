"""The Array API in JAX's words: `jax.numpy` follows the standard's names."""

from __future__ import annotations

from snek_core_transform.spelling import Spelling
from snek_strategies.spellings.standard_signatures import CONSTANTS, DTYPES, attributes, same_names

_SAME = """
    abs acos acosh asin asinh atan atanh ceil conj cos cosh exp expm1 floor imag isfinite isinf isnan log log10 log1p
    log2 logical_not negative positive real reciprocal round sign signbit sin sinh sqrt square tan tanh trunc
    add atan2 copysign divide equal floor_divide greater greater_equal hypot less less_equal logaddexp logical_and
    logical_or logical_xor maximum minimum multiply not_equal pow remainder subtract
    all any max min mean sum prod argmax argmin count_nonzero cumulative_sum cumulative_prod
    zeros ones full zeros_like ones_like full_like asarray linspace astype
    where clip concat stack reshape broadcast_to permute_dims moveaxis expand_dims squeeze flip roll tile
    take take_along_axis matmul matrix_transpose tensordot sort searchsorted nonzero
"""

JAX = Spelling(
    name="jax",
    imports={"jnp": "jax.numpy"},
    rows=same_names("jnp", _SAME)
    | attributes("jnp", f"{DTYPES} {CONSTANTS} bool")
    | {
        "newaxis": "None",
        "arange(stop, /, *, dtype=None)": "jnp.arange(stop, dtype=dtype)",
        "arange(start, /, stop, step=1, *, dtype=None)": "jnp.arange(start, stop, step, dtype=dtype)",
        "eye(n_rows, /, *, dtype=None)": "jnp.eye(n_rows, dtype=dtype)",
        "eye(n_rows, n_cols, /, *, dtype=None)": "jnp.eye(n_rows, n_cols, dtype=dtype)",
        "tril(x, /, *, k=0)": "jnp.tril(x, k=k)",
        "triu(x, /, *, k=0)": "jnp.triu(x, k=k)",
        "argsort(x, /, *, axis=-1)": "jnp.argsort(x, axis=axis, stable=True)",
        "std(x, /, *, axis=None, correction=0.0, keepdims=False)": (
            "jnp.std(x, axis=axis, ddof=correction, keepdims=keepdims)"
        ),
        "var(x, /, *, axis=None, correction=0.0, keepdims=False)": (
            "jnp.var(x, axis=axis, ddof=correction, keepdims=keepdims)"
        ),
        "vecdot(x1, x2, /, *, axis=-1)": "jnp.vecdot(x1, x2, axis=axis)",
    },
)
