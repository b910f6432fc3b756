"""Adagrad (Duchi, Hazan and Singer, JMLR 12, 2011): its step as a text in NumPy's words, and as experts make it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

RATE = 0.05
"""As in the papers that train TreeLSTM with it."""
LEAST = 1e-10
"""What keeps a root of nothing from dividing."""
BEGUN = 0.1
"""What the sums of squares begin with: from zeros, a first step would be the whole rate, by a slope's sign alone."""

Weights = tuple[Any, ...]
Update = Callable[[Sequence[Any]], None]
"""Changes weights in place by their slopes."""


def adagrad(weights: Weights, squares: Weights, slopes: Weights) -> tuple[Weights, Weights]:
    """Return the weights after a step down their slopes, and the sums of all slopes' squares."""
    squares = tuple([old + slope * slope for old, slope in zip(squares, slopes, strict=True)])
    moves = [slope / (np.sqrt(square) + LEAST) for slope, square in zip(slopes, squares, strict=True)]
    return tuple([weight - RATE * move for weight, move in zip(weights, moves, strict=True)]), squares


def with_torch(weights: Sequence[Any]) -> Update:
    """PyTorch's own optimizer."""
    import torch

    optimizer = torch.optim.Adagrad(weights, RATE, initial_accumulator_value=BEGUN, eps=LEAST)

    def update(slopes: Sequence[Any]) -> None:
        for weight, slope in zip(weights, slopes, strict=True):
            weight.grad = slope
        optimizer.step()

    return update


def with_numba(weights: Sequence[Any]) -> Update:
    """One loop over the numbers of a weight."""
    import numba

    rate, least = np.float32(RATE), np.float32(LEAST)
    flat = [(weight.reshape(-1), np.full(weight.size, BEGUN, weight.dtype)) for weight in weights]

    @numba.njit
    def step(weight, square, slope):  # type: ignore[no-untyped-def]
        for at in range(weight.size):
            square[at] += slope[at] * slope[at]
            weight[at] -= rate * slope[at] / (np.sqrt(square[at]) + least)

    def update(slopes: Sequence[Any]) -> None:
        for (weight, square), slope in zip(flat, slopes, strict=True):
            step(weight, square, slope.reshape(-1))

    return update


EXPERTS: Mapping[str, Callable[[Sequence[Any]], Update]] = {"torch": with_torch, "numba": with_numba}
"""By the framework whose values the weights are."""
