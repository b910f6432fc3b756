"""Beam search by hand: each framework's own log-softmax and its selection of the largest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def with_jax(example: tuple[Any, ...], by: tuple[int, ...]) -> Callable[..., object]:  # noqa: ARG001 - no shapes here
    """One `lax.while_loop` around `lax.top_k`."""
    import jax
    import jax.numpy as jnp

    @jax.jit
    def beam_search(sequences, scores, tokens, h, words, wh, b, out_w, out_b):  # type: ignore[no-untyped-def]
        beam, length = sequences.shape
        vocabulary = out_w.shape[1]
        barred = jnp.where(jnp.arange(vocabulary) == 0, 0, -1e9).astype(out_b.dtype)

        def step(state):  # type: ignore[no-untyped-def]
            t, sequences, scores, tokens, h = state
            h = jnp.tanh(words[tokens] + h @ wh + b)
            likelihood = jnp.where((tokens == 0)[:, None], barred, jax.nn.log_softmax(h @ out_w + out_b))
            scores, chosen = jax.lax.top_k((scores[:, None] + likelihood).ravel(), beam)
            parent, tokens = chosen // vocabulary, (chosen % vocabulary).astype(tokens.dtype)
            return t + 1, sequences[parent].at[:, t].set(tokens), scores, tokens, h[parent]

        def goes_on(state):  # type: ignore[no-untyped-def]
            return (state[0] < length) & jnp.any(state[3] != 0)

        return jax.lax.while_loop(goes_on, step, (0, sequences, scores, tokens, h))[1:3]

    return beam_search  # type: ignore[no-any-return]


def with_torch(example: tuple[Any, ...], by: tuple[int, ...]) -> Callable[..., object]:  # noqa: ARG001 - no shapes here
    """A loop in Python around `torch.topk`."""
    import torch

    @torch.inference_mode()
    def beam_search(sequences, scores, tokens, h, words, wh, b, out_w, out_b):  # type: ignore[no-untyped-def]
        beam, length = sequences.shape
        vocabulary = out_w.shape[1]
        barred = torch.full_like(out_b, -1e9)
        barred[0] = 0
        for t in range(length):
            done = tokens == 0
            if done.all():
                break
            h = torch.tanh(torch.addmm(words[tokens] + b, h, wh))
            likelihood = torch.log_softmax(torch.addmm(out_b, h, out_w), dim=1)
            total = scores[:, None] + torch.where(done[:, None], barred, likelihood)
            scores, chosen = torch.topk(total.view(-1), beam)
            parent, tokens = chosen // vocabulary, chosen % vocabulary
            h, sequences = h[parent], sequences[parent]
            sequences[:, t] = tokens
        return sequences, scores

    return beam_search  # type: ignore[no-any-return]
