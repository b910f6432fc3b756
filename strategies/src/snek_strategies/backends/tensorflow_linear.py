"""Linear algebra in TensorFlow's words: one row each, over stacks of matrices of float64 or complex128.

TensorFlow's kernels end a graph with an error of their own for what has no inverse, and for eigenvalues of what is no
number: there they get the identity, or zeros, and NaN is what comes out. NumPy's LinAlgError is raised by the checks of
`linear_checks.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from snek_strategies.backends.arithmetic import dtype_of
from snek_strategies.backends.tensorflow_lu import LU
from snek_strategies.backends.traced_program import System
from snek_strategies.ir.syntax import Node

Value = Any
Row = Callable[[Any, Mapping[str, object]], Callable[..., Any]]


def linear(system: System, node: Node, factored: Callable[[Value], LU] | None) -> Callable[..., Any]:
    """Return what computes a node; where `factored` makes LU factors, what has rows of these is made of them."""
    kinds = {dtype_of(atom.type).kind for atom in node.operands}
    wide = np.dtype("complex128" if "c" in kinds else "float64")
    name = node.primitive
    if factored is not None and name in OF_FACTORS:
        make = OF_FACTORS[name]
        return lambda x, *others: make(factored(x), *(system.cast(one, wide) for one in others))
    function = ROWS[name](system.tf, dict(node.params))  # type: ignore[attr-defined]
    return lambda *given: function(*(system.cast(one, wide) for one in given))


def _without_inverse(tf: Any, x: Value) -> tuple[Value, Value]:
    """Return which matrices TensorFlow finds no inverse of, and matrices with the identity in their places."""
    sign, _ = tf.linalg.slogdet(x)
    lost = tf.logical_not(tf.abs(sign) > 0)[..., None, None]
    return lost, tf.where(lost, tf.eye(tf.shape(x)[-1], dtype=x.dtype), x)


def _nan(tf: Any, like: Value) -> Value:
    return tf.constant(np.nan, like.dtype)


def _inv(tf: Any, _: Mapping[str, object]) -> Callable[[Value], Value]:
    def inverse(x: Value) -> Value:
        lost, safe = _without_inverse(tf, x)
        return tf.where(lost, _nan(tf, x), tf.linalg.inv(safe))

    return inverse


def _solve(tf: Any, _: Mapping[str, object]) -> Callable[[Value, Value], Value]:
    def solve(a: Value, b: Value) -> Value:
        lost, safe = _without_inverse(tf, a)
        return of_one_stack(tf, safe, b, lambda x, y: tf.where(lost, _nan(tf, y), tf.linalg.solve(x, y)))

    return solve


def of_one_stack(tf: Any, a: Value, b: Value, solve: Callable[[Value, Value], Value]) -> Value:
    """Return what `solve` makes of matrices and right sides of one stack; one line is a side for all of them."""
    line = b.shape.rank == 1
    b = b[:, None] if line else b
    if a.shape[:-2] != b.shape[:-2]:
        stack = tf.broadcast_dynamic_shape(tf.shape(a)[:-2], tf.shape(b)[:-2])
        a, b = (tf.broadcast_to(one, tf.concat([stack, tf.shape(one)[-2:]], 0)) for one in (a, b))
    made = solve(a, b)
    return made[..., 0] if line else made


def _cholesky(tf: Any, params: Mapping[str, object]) -> Callable[[Value], Value]:
    def factor(x: Value) -> Value:
        if not params.get("upper", False):
            return tf.linalg.cholesky(x)
        return tf.linalg.adjoint(tf.linalg.cholesky(tf.linalg.adjoint(x)))

    return factor


def _qr(tf: Any, params: Mapping[str, object]) -> Callable[[Value], Any]:
    return lambda x: tuple(tf.linalg.qr(x, full_matrices=params.get("mode") == "complete"))


def _eigen(vectors: bool) -> Row:
    def make(tf: Any, params: Mapping[str, object]) -> Callable[[Value], Any]:
        def decompose(x: Value) -> Any:
            x = x if str(params.get("UPLO", "L")).upper() == "L" else tf.linalg.adjoint(x)
            read = tf.linalg.band_part(x, -1, 0)
            lost = tf.reduce_any(~tf.math.is_finite(tf.abs(read)), axis=(-2, -1), keepdims=True)
            safe = tf.where(lost, tf.zeros((), x.dtype), read)
            if not vectors:
                return tf.where(lost[..., 0], _nan(tf, x), tf.linalg.eigvalsh(safe))
            values, turned = tf.linalg.eigh(safe)
            return tf.where(lost[..., 0], _nan(tf, x), values), tf.where(lost, _nan(tf, x), turned)

        return decompose

    return make


def _svd(tf: Any, params: Mapping[str, object]) -> Callable[[Value], Any]:
    def decompose(x: Value) -> Any:
        values, left, right = tf.linalg.svd(x, full_matrices=bool(params.get("full_matrices", True)))
        return left, values, tf.linalg.adjoint(right)

    return decompose


ROWS: dict[str, Row] = {
    "det": lambda tf, _: tf.linalg.det,
    "slogdet": lambda tf, _: lambda x: tuple(tf.linalg.slogdet(x)),
    "inv": _inv,
    "solve": _solve,
    "cholesky": _cholesky,
    "qr": _qr,
    "eigh": _eigen(vectors=True),
    "eigvalsh": _eigen(vectors=False),
    "svd": _svd,
    "svdvals": lambda tf, _: lambda x: tf.linalg.svd(x, compute_uv=False),
}
"""One row for each."""

OF_FACTORS: dict[str, Callable[..., Any]] = {
    "det": LU.det,
    "slogdet": LU.slogdet,
    "inv": LU.inverse,
    "solve": lambda factors, b: of_one_stack(factors.tf, factors.packed, b, factors.solve),
}
"""What is made of LU factors."""
