"""NumPy's elementwise functions in TensorFlow's words: one row each, on operands of one dtype."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

Row = Callable[..., Any]

ON_BOOLS = {
    "add": "logical_or", "multiply": "logical_and", "bitwise_and": "logical_and", "bitwise_or": "logical_or",
    "bitwise_xor": "logical_xor", "maximum": "logical_or", "minimum": "logical_and", "fmax": "logical_or",
    "fmin": "logical_and", "less_equal": None, "less": None, "greater": None,
    "greater_equal": None,
}  # fmt: skip
"""What these are on truth values; None: compared as integers."""


@cache
def rows(tf: Any, dtype: np.dtype[np.generic]) -> dict[str, Row]:
    """Return the rows for operands of that dtype."""
    m, floating = tf.math, dtype.kind == "f"
    bits = dtype.itemsize * 8
    two = dtype.type(2)
    log_two = dtype.type(np.log(2.0)) if floating else 1

    def nan_first(name: str, before: Row) -> Row:
        # TensorFlow's own may lose NaN; the first operand is taken where it is NaN, the second where nothing else is.
        return lambda a, b: tf.where(before(a, b) | m.is_nan(a), a, b) if floating else getattr(tf, name)(a, b)

    def nan_last(name: str) -> Row:
        function = getattr(tf, name)
        if not floating:
            return lambda a, b: function(a, b)

        def row(a: Any, b: Any) -> Any:
            shape = tf.broadcast_static_shape(a.shape, b.shape)
            a, b = tf.broadcast_to(a, shape), tf.broadcast_to(b, shape)
            return tf.where(m.is_nan(a), b, tf.where(m.is_nan(b), a, function(a, b)))

        return row

    def remainder(a: Any, b: Any) -> Any:
        if not floating:
            return tf.where(b == 0, tf.zeros_like(a + b), m.floormod(a, tf.where(b == 0, tf.ones_like(b), b)))
        rest = tf.truncatemod(a, b)
        return copysign(tf.where((rest != 0) & ((b < 0) != (rest < 0)), rest + b, rest), b)

    def floor_divide(a: Any, b: Any) -> Any:
        if not floating:
            return tf.where(b == 0, tf.zeros_like(a + b), m.floordiv(a, tf.where(b == 0, tf.ones_like(b), b)))
        # As NumPy does it: from the remainder, so that rounding cannot leave the two apart.
        rest = tf.truncatemod(a, b)
        whole = (a - rest) / b
        whole = tf.where((rest != 0) & ((b < 0) != (rest < 0)), whole - 1, whole)
        near = tf.floor(whole)
        near = tf.where(whole - near > 0.5, near + 1, near)
        near = tf.where(whole == 0, copysign(tf.zeros_like(whole), a / b), near)
        return tf.where(b == 0, a / b, near)

    def shift(name: str) -> Row:
        function = getattr(tf.bitwise, name)

        def row(a: Any, b: Any) -> Any:
            far = tf.zeros_like(a + b) if name == "left_shift" else function(a + b * 0, tf.ones_like(b) * (bits - 1))
            inside = (b >= 0) & (b < bits)
            return tf.where(inside, function(a, tf.where(inside, b, tf.zeros_like(b))), far)

        return row

    def sign_bit(a: Any) -> Any:
        return (a < 0) | ((a == 0) & (1 / a < 0))

    def copysign(a: Any, b: Any) -> Any:
        return tf.where(sign_bit(b), -tf.abs(a), tf.abs(a))

    def log_of_sum(power: Row, scale: Any) -> Row:
        def row(a: Any, b: Any) -> Any:
            # Equal operands may be infinite, with no difference.
            apart = tf.maximum(a, b) + m.log1p(power(-tf.abs(a - b))) / scale
            return tf.where(a == b, a + log_two / scale, apart)

        return row

    def hypot(a: Any, b: Any) -> Any:
        endless = m.is_inf(a) | m.is_inf(b)
        made = tf.where(m.is_nan(a + b), a + b, tf.abs(tf.complex(a, b)))
        return tf.where(endless, dtype.type(np.inf), made)

    def cbrt(a: Any) -> Any:
        return tf.where(a == 0, a, tf.sign(a) * tf.pow(tf.abs(a), dtype.type(1 / 3)))

    def asked(name: str, otherwise: bool) -> Row:
        function = getattr(m, name)
        if floating:
            return lambda a: function(a)
        if dtype.kind == "c":
            # Of a complex number's parts one may be NaN or infinite; it is finite where both are.
            both = tf.logical_and if otherwise else tf.logical_or
            return lambda a: both(function(m.real(a)), function(m.imag(a)))
        return lambda a: tf.fill(tf.shape(a), otherwise)

    return {
        "add": tf.add, "subtract": tf.subtract, "multiply": tf.multiply, "divide": tf.divide, "power": tf.pow,
        "floor_divide": floor_divide, "remainder": remainder, "fmod": tf.truncatemod,
        "negative": tf.negative, "positive": tf.identity, "absolute": tf.abs, "fabs": tf.abs,
        "sign": (lambda a: tf.where(a == 0, tf.zeros_like(a), tf.sign(a))) if floating else tf.sign,
        "invert": tf.bitwise.invert, "bitwise_and": tf.bitwise.bitwise_and, "bitwise_or": tf.bitwise.bitwise_or,
        "bitwise_xor": tf.bitwise.bitwise_xor, "left_shift": shift("left_shift"), "right_shift": shift("right_shift"),
        "less": tf.less, "less_equal": tf.less_equal, "equal": tf.equal, "not_equal": tf.not_equal,
        "greater": tf.greater, "greater_equal": tf.greater_equal,
        "exp": m.exp, "expm1": m.expm1, "exp2": lambda a: tf.pow(two, a), "log": m.log, "log1p": m.log1p,
        "log2": lambda a: m.log(a) / log_two, "log10": lambda a: m.log(a) / dtype.type(np.log(10)),
        "sqrt": m.sqrt, "cbrt": cbrt, "square": m.square,
        "reciprocal": m.reciprocal, "sin": m.sin, "cos": m.cos, "tan": m.tan, "arcsin": m.asin, "arccos": m.acos,
        "arctan": m.atan, "sinh": m.sinh, "cosh": m.cosh, "tanh": m.tanh, "arcsinh": m.asinh, "arccosh": m.acosh,
        "arctanh": m.atanh, "arctan2": m.atan2, "hypot": hypot,
        "floor": m.floor if floating else tf.identity, "ceil": m.ceil if floating else tf.identity,
        "trunc": (lambda a: tf.where(a < 0, m.ceil(a), m.floor(a))) if floating else tf.identity, "rint": m.rint,
        "isnan": asked("is_nan", False), "isinf": asked("is_inf", False), "isfinite": asked("is_finite", True),
        "signbit": sign_bit,
        "conjugate": m.conj, "maximum": nan_first("maximum", tf.greater_equal),
        "minimum": nan_first("minimum", tf.less_equal),
        "fmax": nan_last("maximum"), "fmin": nan_last("minimum"), "nextafter": m.nextafter,
        "copysign": copysign,
        "logaddexp": log_of_sum(m.exp, dtype.type(1)),
        "logaddexp2": log_of_sum(lambda a: tf.pow(two, a), log_two),
        "logical_and": lambda a, b: tf.logical_and(tf.cast(a, tf.bool), tf.cast(b, tf.bool)),
        "logical_or": lambda a, b: tf.logical_or(tf.cast(a, tf.bool), tf.cast(b, tf.bool)),
        "logical_xor": lambda a, b: tf.math.logical_xor(tf.cast(a, tf.bool), tf.cast(b, tf.bool)),
        "logical_not": lambda a: tf.logical_not(tf.cast(a, tf.bool)),
    }  # fmt: skip
