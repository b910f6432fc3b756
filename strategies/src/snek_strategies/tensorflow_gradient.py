"""Gradients by `tf.GradientTape` around a program; inside a graph the tape's work is part of the graph."""

from __future__ import annotations

from collections.abc import Callable

from snek_strategies.protocol import Program


def value_and_gradients(program: Program, by: tuple[int, ...]) -> Callable[..., object]:
    """Return a function that answers what the program gives, and the gradients by the tensors at positions `by`."""
    import tensorflow as tf

    def both(*args: object) -> object:
        leaves = [args[at] for at in by]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(leaves)
            value = program(*args)
        found = tape.gradient(value, leaves, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        # What a program only gathers rows of has a sparse gradient.
        return value, tuple(map(tf.convert_to_tensor, found))

    return both
