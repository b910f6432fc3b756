"""MAML by hand: all tasks of the meta-batch at once, the inner step by the framework's own gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def with_jax(example: tuple[Any, ...], by: tuple[int, ...]) -> Callable[..., object]:  # noqa: ARG001 - no shapes here
    """`vmap` over tasks around `grad`."""
    import jax
    import jax.numpy as jnp

    def error(network, x, y):  # type: ignore[no-untyped-def]
        w1, b1, w2, b2, w3, b3 = network
        hidden = jax.nn.relu(jax.nn.relu(x @ w1 + b1) @ w2 + b2)
        return jnp.mean(jnp.square(hidden @ w3 + b3 - y))

    def maml(order, x, y, query_x, query_y, w1, b1, w2, b2, w3, b3, rate):  # type: ignore[no-untyped-def]
        network = (w1, b1, w2, b2, w3, b3)

        def of_task(x, y, query_x, query_y):  # type: ignore[no-untyped-def]
            slope = jax.grad(error)(network, x, y)
            adapted = jax.tree.map(lambda weight, by_it: weight - rate * by_it, network, slope)
            return error(adapted, query_x, query_y)  # type: ignore[no-untyped-call]

        return jnp.mean(jax.vmap(of_task)(x[order], y[order], query_x[order], query_y[order]))

    return jax.jit(jax.value_and_grad(maml, argnums=by) if by else maml)  # type: ignore[no-any-return]
