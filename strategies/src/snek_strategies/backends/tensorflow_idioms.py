"""What TensorFlow has one operation for: a product with a transposed matrix, and arrays put beside each other."""

from __future__ import annotations

from collections.abc import Sequence

from snek_strategies.backends.traced_program import System, Value


def factor(system: System, matrix: Value) -> tuple[Value, bool]:
    """Return what a product takes as a factor, and whether it is to read that transposed."""
    tf = system.tf  # type: ignore[attr-defined]
    if _made_by(matrix) != "Transpose" or matrix.dtype.is_complex:
        return matrix, False
    given, order = matrix.op.inputs
    axes = list(range(given.shape.rank))
    known = tf.get_static_value(order)
    swapped = known is not None and list(known) == [*axes[:-2], *axes[:-3:-1]]
    return (given, True) if swapped else (matrix, False)


def joined(system: System, arrays: Sequence[Value], axis: int) -> Value:
    """Return arrays one after the other along an axis; what has that axis for this only is stacked without it."""
    tf = system.tf  # type: ignore[attr-defined]
    if all(_made_by(one) == "Reshape" for one in arrays):
        parts = [one.op.inputs[0] for one in arrays]
        shapes = [one.shape.as_list() for one in arrays]
        at = axis % len(shapes[0])
        if all(part.shape.as_list() == [*dims[:at], *dims[at + 1 :]] for part, dims in zip(parts, shapes, strict=True)):
            return tf.stack(parts, axis=at)
    return tf.concat(arrays, axis=axis)


def _made_by(value: Value) -> str:
    return str(value.op.type)
