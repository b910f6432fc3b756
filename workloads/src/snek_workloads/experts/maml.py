"""MAML by hand: all tasks of the meta-batch at once, the steps by the framework's own gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def with_jax(example: tuple[Any, ...], by: tuple[int, ...]) -> Callable[..., object]:  # noqa: ARG001 - no shapes here
    """`lax.scan` over the meta-steps, `vmap` over tasks, `grad` through the inner `grad`."""
    import jax
    import jax.numpy as jnp

    def error(network, x, y, hidden):  # type: ignore[no-untyped-def]
        ends = np.cumsum([hidden, hidden, hidden**2, hidden, hidden])
        w1, b1, w2, b2, w3, b3 = jnp.split(network, ends)
        inner = jax.nn.relu(jax.nn.relu(x * w1 + b1) @ w2.reshape(hidden, hidden) + b2)
        return jnp.mean(jnp.square(inner @ w3[:, None] + b3 - y))

    def meta_loss(network, tasks, rate, hidden):  # type: ignore[no-untyped-def]
        def of_task(x, y, query_x, query_y):  # type: ignore[no-untyped-def]
            adapted = network - rate * jax.grad(error)(network, x, y, hidden)
            return error(adapted, query_x, query_y, hidden)  # type: ignore[no-untyped-call]

        return jnp.mean(jax.vmap(of_task)(*tasks))

    def maml(order, *args):  # type: ignore[no-untyped-def]
        *data, network, mean, square, weight, weight_square = args[:9]
        rate, pace, keep, add, keep_square, add_square, least, hidden = args[9:]

        def step(state, named):  # type: ignore[no-untyped-def]
            network, mean, square, weight, weight_square = state
            loss, slope = jax.value_and_grad(meta_loss)(network, [part[named] for part in data], rate, hidden)
            weight, weight_square = keep * weight + add, keep_square * weight_square + add_square
            mean = keep * mean + add * slope
            square = keep_square * square + add_square * slope * slope
            network = network - pace * (mean / weight) / (jnp.sqrt(square / weight_square) + least)
            return (network, mean, square, weight, weight_square), loss

        state, losses = jax.lax.scan(step, (network, mean, square, weight, weight_square), order)
        return *state[:3], losses[-1]

    def gradients(order, *args):  # type: ignore[no-untyped-def]
        tasks = [part[order[0]] for part in args[:4]]
        value, slope = jax.value_and_grad(meta_loss)(args[4], tasks, args[9], args[-1])
        return value, (slope,)

    return jax.jit(gradients if by else maml, static_argnums=17)  # type: ignore[no-any-return]
