"""What is differentiated on every back-end: every primitive that has a derivative, and every construct."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import snek
from snek_strategies.ir.gradients.table import GRADIENTS

X = np.array([0.5, 1.5, -0.7])
M = np.array([[0.3, -1.2, 0.8], [1.1, 0.4, -0.6]])
T = np.linspace(-1, 2, 24).reshape(2, 3, 4)

UNARY = {
    name: np.array([0.3, 0.6, 0.85]) for name in GRADIENTS
    if name in vars(np) and isinstance(getattr(np, name), np.ufunc) and getattr(np, name).nin == 1
} | {"arccosh": np.array([1.3, 2.6, 1.85])}  # fmt: skip
BINARY = [
    name for name in GRADIENTS
    if name in vars(np) and isinstance(getattr(np, name), np.ufunc) and getattr(np, name).nin == 2
    and name not in ("matmul", "vecdot")
]  # fmt: skip

W = np.arange(1.0, 13).reshape(4, 3)
SHAPED: dict[str, list[Callable[[Any], Any]]] = {
    "sum": [lambda x: np.sum(x, axis=1), lambda x: np.sum(x, axis=(0, 2), keepdims=True)],
    "mean": [np.mean, lambda x: np.mean(x, axis=-1)],
    "max": [np.max, lambda x: np.max(x, axis=(0, 1))],
    "min": [np.min, lambda x: np.min(x, axis=1, keepdims=True)],
    "var": [np.var, lambda x: np.var(x, axis=1, ddof=1)],
    "std": [np.std, lambda x: np.std(x, axis=(0, 1), keepdims=True)],
    "prod": [lambda x: np.prod(x, axis=1), lambda x: np.prod(x[0, :2], axis=None), lambda x: np.prod(x, axis=(0, 2))],
    "cumprod": [lambda x: np.cumprod(x, axis=1), lambda x: np.cumprod(x[0, 0])],
    "cumulative_prod": [lambda x: np.cumulative_prod(x, axis=2, include_initial=True)],
    "cumsum": [np.cumsum, lambda x: np.cumsum(x, axis=-2)],
    "cumulative_sum": [lambda x: np.cumulative_sum(x, axis=1, include_initial=True)],
    "reshape": [lambda x: np.reshape(x, (6, -1)), lambda x: x.reshape(4, 6, order="F")],
    "ravel": [np.ravel, lambda x: np.ravel(x, order="F")],
    "transpose": [np.transpose, lambda x: np.transpose(x, (1, 2, 0))],
    "matrix_transpose": [np.matrix_transpose],
    "swapaxes": [lambda x: np.swapaxes(x, 0, 2)],
    "moveaxis": [lambda x: np.moveaxis(x, 0, -1), lambda x: np.moveaxis(x, (0, 1), (2, 0))],
    "expand_dims": [lambda x: np.expand_dims(x, (0, 2))],
    "squeeze": [lambda x: np.squeeze(x[:1], axis=0), lambda x: np.squeeze(x[1:, :1])],
    "broadcast_to": [lambda x: np.broadcast_to(x, (5, 2, 3, 4)), lambda x: np.broadcast_to(x[:1, :, :1], (2, 3, 4))],
    "flip": [np.flip, lambda x: np.flip(x, 1)],
    "roll": [lambda x: np.roll(x, 5), lambda x: np.roll(x, -1, axis=1)],
    "tile": [lambda x: np.tile(x, (2, 1, 3))],
    "repeat": [lambda x: np.repeat(x, 3, axis=1)],
    "diagonal": [lambda x: np.diagonal(x, 1, 1, 2)],
    "trace": [lambda x: np.trace(x, 1, 2, 1)],
    "tril": [lambda x: np.tril(x, 1)],
    "triu": [lambda x: np.triu(x)],
    "sort": [lambda x: np.sort(x, axis=1), lambda x: np.sort(-x)],
    "diff": [lambda x: np.diff(x, n=2, axis=1), lambda x: np.diff(x)],
    "take": [lambda x: np.take(x, np.array([2, 0, 2]), axis=1), lambda x: np.take(x, np.array([[3, 3, 7]]))],
    "take_along_axis": [lambda x: np.take_along_axis(x, np.argsort(-x, axis=1), axis=1)],
    "getitem": [lambda x: x[1, ::2, None, -1],
                lambda x: x[:, np.array([1, 1, 0])], lambda x: x[..., np.argmax(x[0, 0])]],
    "clip": [lambda x: np.clip(x, -0.45, 1.15)],
    "concatenate": [lambda x: np.concatenate([x, x * x], axis=1), lambda x: np.concatenate([x, x], axis=None)],
    "stack": [lambda x: np.stack([x, np.sin(x)], axis=-2)],
    "matmul": [lambda x: x @ W, lambda x: np.swapaxes(x, 1, 2) @ x,
               lambda x: x[0] @ W[:, 0], lambda x: W[0, :] @ x],
    "dot": [lambda x: np.dot(x, W), lambda x: np.dot(x[0], x[1, 0]), lambda x: np.dot(x[0, 0], x[1, 1])],
    "outer": [lambda x: np.outer(x[0], x[1, 0])],
    "vdot": [lambda x: np.vdot(x, x * x)],
    "vecdot": [lambda x: np.vecdot(x, x[0]), lambda x: np.vecdot(x[0, 0], x)],
    "tensordot": [lambda x: np.tensordot(x, W, axes=([2, 1], [0, 1])), lambda x: np.tensordot(W, x, axes=[[1], [1]]),
                  lambda x: np.tensordot(x, W, axes=1)],
    "astype": [lambda x: x.astype("float64") * 2],
    "copy": [lambda x: x.copy()],
    "asarray": [lambda x: np.asarray(x)],
    "item": [lambda x: x[0, 0, 1].item() * x],
    "float": [lambda x: float(x[0, 0, 1]) * x],
    "where": [lambda x: np.where(x > 0.1, x, x * x)],
    "real": [np.real],
}  # fmt: skip


def loop(x):
    s = x
    for i in range(40):
        s = np.sin(s) * x + 0.1 * i * x[0]
    return s.sum()


def until(x):
    s, trips = x.sum(), 0
    while s < 50:
        if s < 5:
            s = s * s * x[0] + 3
        else:
            s = s * 1.5 + x[1] * s
        trips += 1
    return s


def leaves_early(x):
    s = x[0]
    for i in range(60):
        s = s + np.sin(x[1] * i)
        if s > 4:
            return s * x[2]
        if i == 50:
            break
    else:
        s = s * 3
    return s * s


def nested_loops(x):
    t = x.sum()
    for _ in range(20):
        for _ in range(20):
            if t > 3:
                t = t * 0.5
            t = t + np.cos(x[1] * t)
    return t


def rows(x):
    t = 0.0
    for i in range(30):
        t = t + x[i % 3] ** 2 * i
    return t


def stores(x):
    a = np.zeros(20) + x[0]
    for i in range(20):
        a[i] = x[i % 3] * a[i - 1] + 0.1
    a[2:5] = np.sin(x)
    a[np.array([7, 7, 8])] = x
    return (a * np.arange(20)).sum()


def branch(x):
    if x.sum() > 0:
        y = x * 2
        if x[0] > 0.4:
            y = y * x[1]
    else:
        y = x**3
    return (y * x).sum()


def recursive(x):
    return fibonacci(x, x.sum() * 4)


def fibonacci(x, n):
    return x[0] if n < 1 else fibonacci(x, n - 1) * x[1] + np.sin(x[2] * fibonacci(x, n - 2))


def mutual(x):
    return even(x[0], x.sum() * 6)


def even(v, n):
    return v if n < 0 else odd(np.sin(v) + n, n - 1)


def odd(v, n):
    return v * v if n < 0 else even(v * 0.9, n - 1)


def captures(x):
    def inner(v):
        return x[2] if v < 0.2 else inner(v * 0.7) * x[0] + v

    return inner(x[1])


def recursion_in_a_loop(x):
    t = x[0]
    for i in range(25):
        t = t * 0.5 + even(x[1] * i, x[2] + 3)
    return t


def loop_in_recursion(x):
    def go(v, n):
        for _ in range(20):
            v = v * 0.8 + np.tanh(x[0])
        return v if n < 0 else go(v * x[1], n - 1)

    return go(x[2], x.sum() * 3)


def of_python_numbers(x):
    v, n = float(x[0]), float(x[1])
    for _ in range(30):
        v = math.sin(v) * n + v / (1 + n * n) if v > 0.1 else v + 0.3
    return math.exp(-v) * n**2.5


def unused_parts(x):
    pair = (x[0] * x[1], np.sin(x))
    lists = [x, pair[1] * 2]
    return pair[0] + lists[1][2] + int(x[2] * 11) + np.floor(x[0])


def one_call_unused(x):
    dropped = even(x[1], x[0] * 3)
    return even(x[0], x[1] * 3) + (0 if dropped > 3 else 1)


CONSTRUCTS = [loop, until, leaves_early, nested_loops, rows, stores, branch, recursive, mutual, captures,
              recursion_in_a_loop, loop_in_recursion, of_python_numbers, unused_parts, one_call_unused]  # fmt: skip


def of_one_operand(name: str) -> Callable[..., Any]:
    """Return a program over a function of one operand."""
    function = getattr(np, name)
    return lambda x: (function(x) * x).sum()


def of_two_operands(name: str, first: bool) -> Callable[..., Any]:
    """Return a program over a function of two operands, which broadcast."""
    function, other = getattr(np, name), np.array([[0.9], [2.3]])
    return lambda x: ((function(x, other) if first else function(other, x)) * x).sum()


def of_arrays(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a program over a function that gives an array."""
    like = np.asarray(function(T))
    weights = np.cos(np.arange(like.size)).reshape(like.shape)
    return lambda x: (function(np.sin(x)) * weights).sum()


POINT = np.array([0.35, 1.4, 2.65])

FAMILIES: dict[str, list[tuple[Callable[..., Any], np.ndarray]]] = {
    "functions of one operand": [(of_one_operand(name), x) for name, x in UNARY.items()],
    "functions of two operands": [(of_two_operands(name, at), POINT) for name in BINARY for at in (True, False)],
    "functions of arrays": [(of_arrays(one), T) for functions in SHAPED.values() for one in functions],
}
"""Programs whose gradients a back-end computes together, which compiles them once."""


def slope(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a program whose gradient is a second derivative."""
    return lambda x: (snek.grad(function)(x) * np.cos(x)).sum()
