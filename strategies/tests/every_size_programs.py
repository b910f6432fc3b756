"""Programs that are staged once for every size, and those that cannot be: each with its arguments for a size."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Make = Callable[[np.random.Generator, int], tuple[Any, ...]]


def mlp(x, w, b, v):
    h = np.tanh(x @ w + b)
    return h @ v, h.mean(axis=0), x.shape[0]


def lstm(x, w, u, b):
    n, steps, _ = x.shape
    h, c = np.zeros((n, 3)), np.zeros((n, 3))
    for at in range(steps):
        gates = x[:, at] @ w + h @ u + b
        near = 1 / (1 + np.exp(-gates[:, :9]))
        c = near[:, :3] * c + near[:, 3:6] * np.tanh(gates[:, 9:])
        h = near[:, 6:] * np.tanh(c)
    return h


def softmax_regression(x, labels, w):
    scores = x @ w
    scores = scores - scores.max(axis=1, keepdims=True)
    logs = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    return -logs[np.arange(x.shape[0]), labels].mean()


def branch_on_size(x):
    if x.shape[0] > 10:
        return x * 2
    return x - 1


def branch_on_equality(x):
    return x if len(x) == 7 else x + 1


def same_shapes(x, y):
    return x * y if x.shape == y.shape else x.sum() + y.sum()


def loop_over_rows(x):
    total = x[0] * 0
    for row in x:
        total = total * 0.5 + row
    return total


def loop_over_numbers(x):
    total = np.zeros(x.shape[1])
    for at in range(x.shape[0]):
        total = total + x[at] * at
    return total


def shapes(x):
    return x.reshape(x.shape[0], -1), x.reshape(-1, 4), x.reshape((len(x), 2, 2)), x.T, x[:, 1:], x[:, None], x[-1]


def arrays(x):
    y = np.zeros(x.shape)
    y[:, 0] = x[:, 1]
    y += x
    return y, np.ones_like(x), np.full((x.shape[0], 2), 3.0), np.empty((2, x.shape[0]), np.float32).shape


def statistics(x):
    joined = np.concatenate([x, x], axis=1)
    return x.std(axis=0), x.var(), x.argmax(axis=0), joined, np.stack([x, x + 1]), x.cumsum(axis=0), np.sort(x, axis=0)


def scaled(x):
    return x / np.sqrt(x.shape[0]), x * (1 / x.shape[0]), x + x.shape[0], x.size, x.astype("f4") / len(x)


def long_chain(x, y):
    for at in range(12):
        x = np.tanh(x * 0.5 + y) - at
    return x


def outer(x, y):
    return x[:, None] * y, x[:, None] + y[None, :], (x[:, None] < y).sum(axis=1)


def columns(x, at):
    y = np.zeros((x.shape[0], 5))
    y[:, at] = x[:, at] * 2
    return x[:, at[:, None]], y, x[at, 1:]


def products(x, w, wide, v):
    whole = (x * 10).astype(np.int64)
    stacked = x.reshape(x.shape[0], 2, 2)
    flags = (x > 0) @ (x.T > 1)
    return (
        x @ w,
        x @ wide,
        x.T @ x,
        x.T @ v,
        v @ v,
        whole @ w.astype(np.int64),
        stacked @ stacked,
        stacked @ w[:2],
        flags,
    )


def measured_in_a_try(x):
    try:
        n = len(x)
    except TypeError:
        n = 0
    return x * n


def raises_for_large(x):
    if x.shape[0] > 40:
        raise ValueError("too many rows", x.shape[0])
    return x + 1


def looked_up(x):
    return x * {32: 1, 64: 2}.get(x.shape[0], 3)


def cut(x):
    return x[:10].sum(), x[1:]


def kind_of_size(x):
    return x if type(x.shape[0]) is int else -x


def repeated(x):
    return [1.0] * len(x), x


def _x(rng: np.random.Generator, n: int) -> tuple[Any, ...]:
    return (rng.normal(size=(n, 4)),)


ONCE: dict[Callable[..., Any], Make] = {
    mlp: lambda rng, n: (rng.normal(size=(n, 4)), rng.normal(size=(4, 5)), rng.normal(size=5), rng.normal(size=(5, 2))),
    lstm: lambda rng, n: (rng.normal(size=(n, 6, 4)), *(rng.normal(size=s) for s in ((4, 12), (3, 12), 12))),
    softmax_regression: lambda rng, n: (rng.normal(size=(n, 4)), rng.integers(0, 3, n), rng.normal(size=(4, 3))),
    same_shapes: lambda rng, n: (rng.normal(size=(n, 4)), rng.normal(size=(n, 4))),
    long_chain: lambda rng, n: (rng.normal(size=(n, 4)), rng.normal(size=(n, 1))),
    products: lambda rng, n: (*(rng.normal(size=s) for s in ((n, 4), (4, 9), (4, 1200), n)),),
    columns: lambda rng, n: (rng.normal(size=(n, 4)), np.minimum(rng.permutation(4)[:2], n - 1)),
    outer: lambda rng, n: (rng.normal(size=n), rng.normal(size=n + 3)),
    **dict.fromkeys(
        (
            branch_on_size, branch_on_equality, loop_over_rows, loop_over_numbers, shapes, arrays, statistics, scaled,
            measured_in_a_try, raises_for_large,
        ),
        _x,
    ),
}  # fmt: skip
"""Staged once for the first size, once for every size, and once for a size of 1."""

ALONE: dict[Callable[..., Any], Make] = dict.fromkeys((looked_up, cut, kind_of_size, repeated), _x)
"""What needs the number: staged for every size by itself."""
