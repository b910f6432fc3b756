"""Gradients in float64 are those of PyTorch and of jax, first and second order."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest

import snek
from snek_strategies.backends.registry import known

jax = pytest.importorskip("jax")
torch = pytest.importorskip("torch")

X = np.random.default_rng(7).normal(size=(4, 4)) / 3
Weights = np.random.default_rng(8).normal(size=(4, 4))


def layers(xp, x, w):
    for _ in range(3):
        x = xp.tanh(x @ w) + x
    return xp.sum(xp.log(xp.sum(xp.exp(x), 1))) - xp.sum(x * w) / 4


def recurrent(xp, x, w):
    state = x[0]
    for _ in range(30):
        state = xp.sin(w @ state) * 0.5 + x[1]
    return xp.sum(state * state)


def normalised(xp, x, w):
    centred = x - xp.mean(x, 0)
    scaled = centred / xp.sqrt(xp.mean(centred * centred, 0) + 1e-3)
    return xp.sum(xp.maximum(scaled @ w, x) ** 3)


def moved(xp, x, w):
    y = xp.reshape(x, (2, 8))
    y = xp.concatenate([y, xp.flip(y, (0,))], 0).T
    return xp.sum(xp.cumsum(y, 0) ** 2) * xp.prod(xp.sum(w * x, 1)) + xp.sum(xp.where(x > 0, xp.sqrt(abs(x)), x * w))


BACKENDS = ["interpret", *(name for name in ("lantern",) if known(name).missing() is None)]

PROGRAMS = [layers, recurrent, normalised, moved]


@cache
def ours(program: Callable[..., Any], order: int, backend: str) -> np.ndarray:
    def run(x, w):
        return program(np, x, w)

    def slope(x, w):
        return (snek.grad(run)(x, w) * w).sum()

    return snek.grad(run if order == 1 else slope, backend=backend)(X, Weights)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("program", PROGRAMS)
def test_as_jax(program: Callable[..., Any], order: int, backend: str) -> None:
    with jax.enable_x64(True):

        def run(x):
            return program(jax.numpy, x, Weights)

        want = jax.grad(run if order == 1 else lambda x: (jax.grad(run)(x) * Weights).sum())(X)
        np.testing.assert_allclose(ours(program, order, backend), np.asarray(want), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("program", PROGRAMS)
def test_as_torch(program: Callable[..., Any], order: int, backend: str) -> None:
    x, w = torch.tensor(X, requires_grad=True), torch.tensor(Weights)
    (want,) = torch.autograd.grad(program(torch, x, w), x, create_graph=True)
    if order == 2:
        (want,) = torch.autograd.grad((want * w).sum(), x)
    np.testing.assert_allclose(ours(program, order, backend), want.detach().numpy(), rtol=1e-9, atol=1e-9)
