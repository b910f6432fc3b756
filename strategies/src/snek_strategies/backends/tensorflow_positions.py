"""Shapes and positions in TensorFlow's graphs where an extent is a number of the run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from snek_strategies.backends.placed_index import Along, At, Placed
from snek_strategies.backends.traced_program import System, Value
from snek_strategies.ir.symbols import Symbol, symbols_in
from snek_strategies.ir.types import Dim


def sized(tf: Any, shape: tuple[Any, ...], extents: Sequence[Value]) -> Value:
    """Return a shape as TensorFlow takes it, with these numbers for its symbols in their order."""
    numbers = iter(extents)
    if not symbols_in(shape):
        return shape
    return tf.stack([next(numbers) if isinstance(dim, Symbol) else tf.constant(dim, tf.int64) for dim in shape])


def positions_of_any_size(system: System, where: Placed, arrays: Sequence[tuple[Value, tuple[Dim, ...]]]) -> Value:
    """Return the flat positions that an index takes; `arrays` are the source and the index's, each with its extents."""
    tf = system.tf  # type: ignore[attr-defined]
    numbers: dict[Dim, Value] = {}
    for value, own in arrays:
        for axis, dim in enumerate(own):
            if isinstance(dim, Symbol):
                numbers[dim] = tf.shape(value, out_type=tf.int64)[axis]

    def shape_of(dims: tuple[Dim, ...]) -> Value:
        return sized(tf, dims, [numbers[dim] for dim in symbols_in(dims)])

    (_, dims), *dynamic = arrays
    rank = len(where.shape)
    total: Value = tf.zeros((), tf.int64)
    stride: Any = 1
    for place, dim in zip(reversed(where.places), reversed(dims), strict=True):
        if isinstance(place, At):
            at = tf.constant(place.position, tf.int64) + (numbers[dim] if place.position < 0 else 0)
        elif isinstance(place, Along):
            extent = where.shape[place.axis]
            line = place.start + place.step * tf.range(numbers.get(extent, extent), dtype=tf.int64)
            at = tf.reshape(line, [-1 if k == place.axis else 1 for k in range(rank)])
        else:
            value, own = dynamic[place.operand]
            given = tf.cast(value, tf.int64)
            extents = dict(zip(reversed(place.axes), reversed(own), strict=False))
            at = tf.reshape(given, shape_of(tuple(extents.get(k, 1) for k in range(rank)))) if place.axes else given
        total = total + at * stride
        stride = stride * numbers.get(dim, dim)
    return tf.broadcast_to(total, shape_of(where.shape))
