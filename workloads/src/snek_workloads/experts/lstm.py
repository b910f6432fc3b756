"""The LSTM by hand: products with the inputs made at once before the loop, and each framework's own loop or layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def with_jax(example: tuple[Any, ...], by: tuple[int, ...]) -> Callable[..., object]:  # noqa: ARG001 - no shapes here
    """`lax.scan` where gradients are asked for, which differentiates it; `lax.while_loop` else, which stops early."""
    import jax
    import jax.numpy as jnp

    def cell(z, live, h, c):  # type: ignore[no-untyped-def]
        i, f, g, o = jnp.split(z, 4, axis=-1)
        after = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        return jnp.where(live, jax.nn.sigmoid(o) * jnp.tanh(after), h), jnp.where(live, after, c)

    def loop(x, lengths, wx, wh, b, h, c):  # type: ignore[no-untyped-def]
        inputs = x @ wx + b
        longest = jnp.max(lengths)

        def step(state):  # type: ignore[no-untyped-def]
            t, h, c = state
            return t + 1, *cell(inputs[t] + h @ wh, (t < lengths)[:, None], h, c)  # type: ignore[no-untyped-call]

        return jax.lax.while_loop(lambda state: state[0] < longest, step, (0 * longest, h, c))[1:]

    def loss(x, lengths, wx, wh, b, h, c):  # type: ignore[no-untyped-def]
        live = (jnp.arange(x.shape[0])[:, None] < lengths)[:, :, None]

        def step(state, now):  # type: ignore[no-untyped-def]
            z, alive = now
            return cell(z + state[0] @ wh, alive, *state), None  # type: ignore[no-untyped-call]

        (h, _), _ = jax.lax.scan(step, (h, c), (x @ wx + b, live))
        return jnp.mean(h * h)

    return jax.jit(jax.value_and_grad(loss, argnums=by)) if by else jax.jit(loop)  # type: ignore[no-any-return]


def with_torch(example: tuple[Any, ...], by: tuple[int, ...]) -> Callable[..., object]:
    """`nn.LSTM` over a packed sequence."""
    import torch
    from torch.nn.utils.rnn import pack_padded_sequence

    layer = torch.nn.LSTM(example[2].shape[0], example[3].shape[0])

    def lstm(x, lengths, wx, wh, b, h, c):  # type: ignore[no-untyped-def]
        # cuDNN takes no transposed weights.
        wx, wh = (w.T.contiguous() if w.is_cuda else w.T for w in (wx, wh))
        weights = {"weight_ih_l0": wx, "weight_hh_l0": wh, "bias_ih_l0": b, "bias_hh_l0": torch.zeros_like(b)}
        packed = pack_padded_sequence(x, lengths.cpu(), enforce_sorted=False)
        _, (h, c) = torch.func.functional_call(layer, weights, (packed, (h[None], c[None])))
        return h[0], c[0]

    def forward(*args):  # type: ignore[no-untyped-def]
        with torch.no_grad():
            return lstm(*args)  # type: ignore[no-untyped-call]

    def gradients(*args):  # type: ignore[no-untyped-def]
        given = list(args)
        for place in by:
            given[place] = args[place].detach().requires_grad_()
        loss = torch.mean(torch.square(lstm(*given)[0]))  # type: ignore[no-untyped-call]
        return loss.detach(), torch.autograd.grad(loss, [given[place] for place in by])

    return gradients if by else forward


def with_tensorflow(example: tuple[Any, ...], by: tuple[int, ...]) -> Callable[..., object]:  # noqa: ARG001 - no shapes here
    """`tf.while_loop` in one graph."""
    import tensorflow as tf

    def lstm(x, lengths, wx, wh, b, h, c):  # type: ignore[no-untyped-def]
        inputs = tf.tensordot(x, wx, 1) + b
        longest = tf.reduce_max(lengths)

        def step(t, h, c):  # type: ignore[no-untyped-def]
            i, f, g, o = tf.split(inputs[t] + h @ wh, 4, axis=1)
            live = (t < lengths)[:, None]
            after = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
            return t + 1, tf.where(live, tf.sigmoid(o) * tf.tanh(after), h), tf.where(live, after, c)

        return tf.while_loop(lambda t, *_: t < longest, step, (0 * longest, h, c))[1:]

    def gradients(*args):  # type: ignore[no-untyped-def]
        with tf.GradientTape() as tape:
            tape.watch([args[place] for place in by])
            h, _ = lstm(*args)  # type: ignore[no-untyped-call]
            loss = tf.reduce_mean(h * h)
        return loss, tape.gradient(loss, tuple(args[place] for place in by))

    return tf.function(gradients if by else lstm, autograph=False)  # type: ignore[no-any-return]
