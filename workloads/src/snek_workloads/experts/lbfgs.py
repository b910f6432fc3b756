"""L-BFGS by hand: the slope by the framework's own gradient or in place, the history in memory that stays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def with_jax(example: tuple[Any, ...], by: tuple[int, ...]) -> Callable[..., object]:  # noqa: ARG001 - no shapes here
    """One `lax.while_loop` around JAX's own gradient, and a `lax.fori_loop` for each of the two loops."""
    import functools

    import jax
    import jax.numpy as jnp
    from jax.lax import fori_loop, while_loop

    @functools.partial(jax.jit, static_argnums=(4, 5))
    def lbfgs(images, parameters, flat, reach, hidden, steps):  # type: ignore[no-untyped-def]
        weighed = images.shape[1] * hidden

        def loss_of(parameters):  # type: ignore[no-untyped-def]
            weights = parameters[:weighed].reshape(-1, hidden)
            code = jax.nn.sigmoid(images @ weights + parameters[weighed : weighed + hidden])
            return jnp.mean(jnp.square(code @ weights.T + parameters[weighed + hidden :] - images))

        evaluate = jax.value_and_grad(loss_of)

        def goes_on(state):  # type: ignore[no-untyped-def]
            return (state[0] < steps) & (jnp.max(jnp.abs(state[3])) > flat)

        def step(state):  # type: ignore[no-untyped-def]
            count, parameters, _, before, direction, moves, turns, inverse = state
            parameters = parameters + direction
            loss, slope = evaluate(parameters)
            turn = slope - before
            curvature = direction @ turn
            moves, turns = moves.at[count].set(direction), turns.at[count].set(turn)
            inverse = inverse.at[count].set(1 / curvature)

            def newest_first(k, carry):  # type: ignore[no-untyped-def]
                direction, share = carry
                k = count - k
                part = inverse[k] * (moves[k] @ direction)
                return direction - part * turns[k], share.at[k].set(part)

            def oldest_first(k, direction):  # type: ignore[no-untyped-def]
                return direction + (share[k] - inverse[k] * (turns[k] @ direction)) * moves[k]

            direction, share = fori_loop(0, count + 1, newest_first, (-slope, jnp.zeros_like(inverse)))
            direction = fori_loop(0, count + 1, oldest_first, direction * (curvature / (turn @ turn)))
            return count + 1, parameters, loss, slope, direction, moves, turns, inverse

        loss, slope = evaluate(parameters)
        direction = -slope * jnp.minimum(1, reach / jnp.sum(jnp.abs(slope)))
        history = jnp.zeros((steps, parameters.size), parameters.dtype)
        start = (0, parameters, loss, slope, direction, history, history, history[:, 0])
        return while_loop(goes_on, step, start)[1:3]

    return lbfgs  # type: ignore[no-any-return]


def with_numba(example: tuple[Any, ...], by: tuple[int, ...]) -> Callable[..., object]:  # noqa: ARG001 - no shapes here
    """Products of BLAS into memory that stays; each pair of the history is walked once a loop."""
    import numba
    import numpy as np

    one, two = np.float32(1), np.float32(2)

    @numba.njit
    def evaluate(images, transposed, parameters, hidden, code, off, by_code, slope):  # type: ignore[no-untyped-def]
        count, pixels = images.shape
        weighed = pixels * hidden
        weights = parameters[:weighed].reshape(pixels, hidden)
        by_weights = slope[:weighed].reshape(pixels, hidden)
        slope[weighed:] = 0
        np.dot(images, weights, code)
        for i in range(count):
            for k in range(hidden):
                code[i, k] = one / (one + np.exp(-(code[i, k] + parameters[weighed + k])))
        np.dot(code, weights.T, off)
        total, share = 0.0, two / np.float32(images.size)
        for i in range(count):
            for p in range(pixels):
                missed = off[i, p] + parameters[weighed + hidden + p] - images[i, p]
                total += missed * missed
                off[i, p] = share * missed
                slope[weighed + hidden + p] += off[i, p]
        np.dot(off, weights, by_code)
        for i in range(count):
            for k in range(hidden):
                by_code[i, k] *= code[i, k] * (one - code[i, k])
                slope[weighed + k] += by_code[i, k]
        np.dot(transposed, by_code, by_weights)
        by_weights += np.dot(off.T, code)
        return np.float32(total / images.size)

    @numba.njit
    def lbfgs(images, parameters, flat, reach, hidden, steps):  # type: ignore[no-untyped-def]
        count, size, transposed = 0, parameters.size, images.T
        parameters, slope, before = parameters.copy(), np.empty_like(parameters), np.empty_like(parameters)
        code, off = np.empty((len(images), hidden), np.float32), np.empty_like(images)
        by_code = np.empty_like(code)
        moves, turns = np.empty((2, steps, size), np.float32)
        inverse, share = np.empty((2, steps), np.float32)
        loss = evaluate(images, transposed, parameters, hidden, code, off, by_code, slope)
        direction = slope * -min(one, reach / np.sum(np.abs(slope)))
        while count < steps and np.max(np.abs(slope)) > flat:
            before, slope = slope, before
            parameters += direction
            loss = evaluate(images, transposed, parameters, hidden, code, off, by_code, slope)
            moves[count] = direction
            for i in range(size):
                turns[count, i] = slope[i] - before[i]
                direction[i] = -slope[i]
            curvature = np.dot(moves[count], turns[count])
            inverse[count] = one / curvature
            for k in range(count, -1, -1):
                share[k] = inverse[k] * np.dot(moves[k], direction)
                for i in range(size):
                    direction[i] -= share[k] * turns[k, i]
            direction *= curvature / np.dot(turns[count], turns[count])
            for k in range(count + 1):
                part = share[k] - inverse[k] * np.dot(turns[k], direction)
                for i in range(size):
                    direction[i] += part * moves[k, i]
            count += 1
        return parameters, loss

    return lbfgs  # type: ignore[no-any-return]
