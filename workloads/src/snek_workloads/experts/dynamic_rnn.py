"""The dynamic RNN by hand: products with the inputs made at once, outputs gathered as each framework likes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def with_jax(example: tuple[Any, ...], by: tuple[int, ...]) -> Callable[..., object]:  # noqa: ARG001 - no shapes here
    """`lax.scan`, which stacks the outputs."""
    import jax
    import jax.numpy as jnp

    def rnn(x, lengths, wx, wh, b, h):  # type: ignore[no-untyped-def]
        live = (jnp.arange(x.shape[0])[:, None] < lengths)[:, :, None]

        def step(h, now):  # type: ignore[no-untyped-def]
            z, alive = now
            new = jnp.tanh(z + h @ wh)
            return jnp.where(alive, new, h), jnp.where(alive, new, 0)

        h, outputs = jax.lax.scan(step, h, (x @ wx + b, live))
        return outputs, h

    def loss(*args):  # type: ignore[no-untyped-def]
        return jnp.mean(jnp.sum(jnp.square(rnn(*args)[0]), axis=0))  # type: ignore[no-untyped-call]

    return jax.jit(jax.value_and_grad(loss, argnums=by) if by else rnn)  # type: ignore[no-any-return]


def with_tensorflow(example: tuple[Any, ...], by: tuple[int, ...]) -> Callable[..., object]:  # noqa: ARG001 - no shapes here
    """`tf.while_loop` that writes a `TensorArray`."""
    import tensorflow as tf

    def rnn(x, lengths, wx, wh, b, h):  # type: ignore[no-untyped-def]
        inputs = tf.tensordot(x, wx, 1) + b
        lengths = tf.cast(lengths, tf.int32)
        longest = tf.reduce_max(lengths)
        nothing = tf.zeros_like(h)

        def step(t, h, outputs):  # type: ignore[no-untyped-def]
            live = (t < lengths)[:, None]
            new = tf.tanh(inputs[t] + h @ wh)
            return t + 1, tf.where(live, new, h), outputs.write(t, tf.where(live, new, nothing))

        outputs = tf.TensorArray(h.dtype, longest, element_shape=h.shape)
        _, h, outputs = tf.while_loop(lambda t, *_: t < longest, step, (0, h, outputs))
        stacked = outputs.stack()
        return tf.pad(stacked, [[0, x.shape[0] - tf.shape(stacked)[0]], [0, 0], [0, 0]]), h

    def gradients(*args):  # type: ignore[no-untyped-def]
        with tf.GradientTape() as tape:
            tape.watch([args[place] for place in by])
            loss = tf.reduce_mean(tf.reduce_sum(tf.square(rnn(*args)[0]), 0))  # type: ignore[no-untyped-call]
        return loss, tape.gradient(loss, tuple(args[place] for place in by))

    return tf.function(gradients if by else rnn, autograph=False)  # type: ignore[no-any-return]
