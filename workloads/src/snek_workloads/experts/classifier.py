"""In-graph training by hand: one loop over the minibatches, nothing allocated in it where a framework allows that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def with_jax(example: tuple[Any, ...], by: tuple[int, ...]) -> Callable[..., object]:  # noqa: ARG001 - no shapes here
    """`lax.scan` over the order, around JAX's own softmax."""
    import jax
    import jax.numpy as jnp

    @jax.jit
    def classifier(images, targets, order, test_images, test_targets, weights, bias, rate):  # type: ignore[no-untyped-def]
        def step(model, k):  # type: ignore[no-untyped-def]
            weights, bias = model
            error = (jax.nn.softmax(images[k] @ weights + bias) - targets[k]) / images.shape[1]
            return (weights - rate * (images[k].T @ error), bias - rate * jnp.sum(error, axis=0)), None

        (weights, bias), _ = jax.lax.scan(step, (weights, bias), order)
        scores = test_images @ weights + bias
        loss = -jnp.mean(jnp.sum(jax.nn.log_softmax(scores) * test_targets, axis=1))
        hit = jnp.argmax(scores, axis=1) == jnp.argmax(test_targets, axis=1)
        return weights, bias, loss, jnp.mean(hit.astype(scores.dtype))

    return classifier  # type: ignore[no-any-return]


def with_numba(example: tuple[Any, ...], by: tuple[int, ...]) -> Callable[..., object]:  # noqa: ARG001 - no shapes here
    """Two products of BLAS a step into memory that stays, and one loop over the scores between them."""
    import numba
    import numpy as np

    one = np.float32(1)

    @numba.njit
    def softmax(scores, bias):  # type: ignore[no-untyped-def]
        for row in scores:
            highest = row[0] + bias[0]
            for c in range(row.size):
                row[c] += bias[c]
                highest = max(highest, row[c])
            total = np.float32(0)
            for c in range(row.size):
                row[c] = np.exp(row[c] - highest)
                total += row[c]
            share = one / total
            for c in range(row.size):
                row[c] *= share

    @numba.njit
    def classifier(images, targets, order, test_images, test_targets, weights, bias, rate):  # type: ignore[no-untyped-def]
        weights, bias = weights.copy(), bias.copy()
        batch = images.shape[1]
        error, step = np.empty((batch, bias.size), np.float32), np.empty_like(weights)
        share = rate / np.float32(batch)
        for k in order:
            np.dot(images[k], weights, error)
            softmax(error, bias)
            for i in range(batch):
                for c in range(bias.size):
                    error[i, c] = (error[i, c] - targets[k, i, c]) * share
                    bias[c] -= error[i, c]
            np.dot(images[k].T, error, step)
            weights -= step
        probability = np.dot(test_images, weights)
        softmax(probability, bias)
        loss, hits = 0.0, 0
        for i in range(len(probability)):
            right = np.argmax(test_targets[i])
            loss -= np.log(probability[i, right])
            hits += np.argmax(probability[i]) == right
        return weights, bias, np.float32(loss / len(probability)), np.float32(hits / len(probability))

    return classifier  # type: ignore[no-any-return]
