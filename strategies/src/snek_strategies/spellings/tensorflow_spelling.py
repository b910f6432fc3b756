"""The Array API in TensorFlow's words.

TensorFlow's own dtypes hold: `tf.range(n)` of a Python int is int32, a sum of int32 stays int32, and where the standard
answers an index, some operations answer int32.
"""

from __future__ import annotations

from snek_core_transform.spelling import Spelling
from snek_strategies.spellings.standard_signatures import CONSTANTS, DTYPES, attributes, renamed, same_names

_SAME = """
    abs acos acosh asin asinh atan atanh cos cosh exp floor negative round sign sin sinh sqrt square tan tanh
    add atan2 divide equal greater greater_equal less less_equal logical_and logical_not logical_or
    maximum minimum multiply not_equal pow subtract
    zeros ones zeros_like ones_like where reshape broadcast_to squeeze tile matmul
"""

TENSORFLOW = Spelling(
    name="tensorflow",
    imports={"tf": "tensorflow", "math": "math"},
    rows=same_names("tf", _SAME)
    | renamed(
        {
            "ceil": "tf.math.ceil",
            "conj": "tf.math.conj",
            "expm1": "tf.math.expm1",
            "floor_divide": "tf.math.floordiv",
            "imag": "tf.math.imag",
            "isfinite": "tf.math.is_finite",
            "isinf": "tf.math.is_inf",
            "isnan": "tf.math.is_nan",
            "log": "tf.math.log",
            "log1p": "tf.math.log1p",
            "logical_xor": "tf.math.logical_xor",
            "real": "tf.math.real",
            "reciprocal": "tf.math.reciprocal",
            "remainder": "tf.math.floormod",
            "all": "tf.reduce_all",
            "any": "tf.reduce_any",
            "max": "tf.reduce_max",
            "mean": "tf.reduce_mean",
            "min": "tf.reduce_min",
            "count_nonzero": "tf.math.count_nonzero",
            "take": "tf.gather",
            "cumulative_sum": "tf.cumsum",
            "cumulative_prod": "tf.math.cumprod",
            "matrix_transpose": "tf.linalg.matrix_transpose",
            "permute_dims": "tf.transpose",
            "asarray": "tf.convert_to_tensor",
            "astype": "tf.cast",
            "searchsorted": "tf.searchsorted",
            "sort": "tf.sort",
        }
    )
    | attributes("tf", f"{DTYPES} bool")
    | attributes("math", CONSTANTS)
    | {
        "newaxis": "None",
        "sum(x, /, *, axis=None, keepdims=False)": "tf.reduce_sum(x, axis=axis, keepdims=keepdims)",
        "prod(x, /, *, axis=None, keepdims=False)": "tf.reduce_prod(x, axis=axis, keepdims=keepdims)",
        "std(x, /, *, axis=None, keepdims=False)": "tf.math.reduce_std(x, axis=axis, keepdims=keepdims)",
        "var(x, /, *, axis=None, keepdims=False)": "tf.math.reduce_variance(x, axis=axis, keepdims=keepdims)",
        "argmax(x, /)": "tf.argmax(tf.reshape(x, (-1,)))",
        "argmax(x, /, *, axis)": "tf.argmax(x, axis=axis)",
        "argmin(x, /)": "tf.argmin(tf.reshape(x, (-1,)))",
        "argmin(x, /, *, axis)": "tf.argmin(x, axis=axis)",
        "arange(stop, /, *, dtype=None)": "tf.range(stop, dtype=dtype)",
        "arange(start, /, stop, step=1, *, dtype=None)": "tf.range(start, stop, step, dtype=dtype)",
        "full(shape, fill_value)": "tf.fill(shape, fill_value)",
        "full(shape, fill_value, *, dtype)": "tf.fill(shape, tf.cast(fill_value, dtype))",
        "eye(n_rows, /, *, dtype=tf.float32)": "tf.eye(n_rows, dtype=dtype)",
        "eye(n_rows, n_cols, /, *, dtype=tf.float32)": "tf.eye(n_rows, n_cols, dtype=dtype)",
        "linspace(start, stop, /, num)": "tf.linspace(start, stop, num)",
        "clip(x, /, min, max)": "tf.clip_by_value(x, min, max)",
        "concat(arrays, /, *, axis=0)": "tf.concat(arrays, axis)",
        "stack(arrays, /, *, axis=0)": "tf.stack(arrays, axis=axis)",
        "expand_dims(x, /, axis)": "tf.expand_dims(x, axis)",
        "flip(x, /, *, axis)": "tf.reverse(x, (axis,))",
        "roll(x, /, shift, *, axis)": "tf.roll(x, shift, axis)",
        "tril(x, /)": "tf.linalg.band_part(x, -1, 0)",
        "triu(x, /)": "tf.linalg.band_part(x, 0, -1)",
        "tensordot(x1, x2, /, *, axes=2)": "tf.tensordot(x1, x2, axes)",
        "argsort(x, /, *, axis=-1)": "tf.argsort(x, axis=axis, stable=True)",
    },
)
