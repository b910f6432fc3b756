"""LU factors of stacks of matrices, as a loop over columns: TensorFlow has none of its own that XLA compiles.

By rows exchanged for the largest pivot, as LAPACK's `getrf` has them, so that a pivot is 0 for the same matrices.
"""

from __future__ import annotations

from typing import Any

Value = Any


class LU:
    """The factors of a stack of matrices, both in one, with the order of rows and its sign."""

    def __init__(self, tf: Any, x: Value) -> None:
        self.tf = tf
        self.stack = x.shape.rank - 2
        rows = tf.range(x.shape[-1])
        order = tf.broadcast_to(rows, x.shape[:-1])
        sign = tf.ones(x.shape[:-2], x.dtype)
        self.packed, self.order, self.sign = x, order, sign
        if x.shape.num_elements():
            _, self.packed, self.order, self.sign = tf.while_loop(
                lambda k, *_: k < x.shape[-1],
                lambda k, *state: (k + 1, *self._column(rows, k, *state)),
                (tf.constant(0), x, order, sign),
            )

    def _column(self, rows: Value, k: Value, a: Value, order: Value, sign: Value) -> tuple[Value, Value, Value]:
        """Return the state after column k: its largest element from row k on is the pivot, and below it are factors."""
        tf = self.tf
        sizes = tf.abs(tf.gather(a, k, axis=-1))
        largest = tf.argmax(tf.where(rows >= k, sizes, -tf.ones_like(sizes)), axis=-1, output_type=tf.int32)
        there = largest[..., None]
        exchanged = tf.where(rows == k, there, tf.where(rows == there, k, rows))
        a = tf.gather(a, exchanged, axis=-2, batch_dims=self.stack)
        column, row = tf.gather(a, k, axis=-1), tf.gather(a, k, axis=-2)
        pivot = tf.gather(column, k, axis=-1)[..., None]
        factors = tf.where(rows > k, column / tf.where(pivot == 0, tf.ones_like(pivot), pivot), tf.zeros_like(column))
        a = a - factors[..., :, None] * tf.where(rows > k, row, tf.zeros_like(row))[..., None, :]
        a = tf.where((rows[:, None] > k) & (rows == k), factors[..., :, None], a)
        order = tf.gather(order, exchanged, axis=-1, batch_dims=self.stack)
        return a, order, tf.where(largest == k, sign, -sign)

    def det(self) -> Value:
        """Return the determinants."""
        return self.sign * self.tf.reduce_prod(self.tf.linalg.diag_part(self.packed), axis=-1)

    def slogdet(self) -> tuple[Value, Value]:
        """Return the determinants' signs, and the logarithms of their absolute values."""
        tf, pivots = self.tf, self.tf.linalg.diag_part(self.packed)
        sizes = tf.abs(pivots)
        if pivots.dtype.is_complex:
            units = pivots / tf.cast(tf.where(sizes == 0, tf.ones_like(sizes), sizes), pivots.dtype)
        else:
            units = tf.sign(pivots)
        return self.sign * tf.reduce_prod(units, axis=-1), tf.reduce_sum(tf.math.log(sizes), axis=-1)

    def inverse(self) -> Value:
        """Return the inverses."""
        eye = self.tf.eye(self.packed.shape[-1], batch_shape=self.packed.shape[:-2], dtype=self.packed.dtype)
        return self.solve(self.packed, eye)

    def solve(self, packed: Value, b: Value) -> Value:
        """Return the solutions for right sides of the stack that `packed` was spread to."""
        tf = self.tf
        if not b.shape.num_elements():
            return b
        order = tf.broadcast_to(self.order, packed.shape[:-1])
        b = tf.gather(b, order, axis=-2, batch_dims=packed.shape.rank - 2)
        lower = tf.linalg.set_diag(packed, tf.ones(packed.shape[:-1], packed.dtype))
        return tf.linalg.triangular_solve(packed, tf.linalg.triangular_solve(lower, b), lower=False)
