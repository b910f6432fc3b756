"""The oracle of gradients: Snek's own in float64, held against finite differences of the untransformed text."""

from __future__ import annotations

from typing import Any

import numpy as np

from snek_core_transform.bind import bind
from snek_harness.checker import Tolerance
from snek_strategies.snek_interpret import SnekInterpret
from snek_workloads.argument_sets import as_float64
from snek_workloads.workload import Arguments, Workload

RELATIVE = 1e-3
OF_LARGEST = 2e-4
"""A gradient's float32 error: beside its own size, and beside the largest number of its array."""
STEP = 1e-6
AGREEMENT = 1e-4
"""By how much, at most, the slope along a random direction may miss the difference quotient, of their size."""


def gradient_oracle(workload: Workload, arguments: Arguments) -> object:
    """Return the objective and its gradients in float64, as the interpreter of Snek's IR computes them."""
    assert workload.objective is not None, workload.name
    strategy = SnekInterpret()
    wide = as_float64(arguments)
    return strategy.stage_gradient(bind(workload.objective, strategy.spelling), wide, workload.positions).compile()(
        *wide
    )


def missed_slope(workload: Workload, arguments: Arguments, answer: Any, seed: int) -> str:
    """Say by which argument the gradient misses the objective's slope along a random direction, or "".

    The slope is a central difference of the untransformed text on NumPy in float64.
    """
    assert workload.objective is not None, workload.name
    wide = list(as_float64(arguments))
    rng = np.random.default_rng(seed)
    for name, place, gradient in zip(workload.by, workload.positions, answer[1], strict=True):
        start: Any = wide[place]
        along = rng.standard_normal(np.shape(start))
        ends = []
        for sign in (1, -1):
            wide[place] = start + sign * STEP * along
            ends.append(float(workload.objective(np, *wide)))  # type: ignore[arg-type]
        wide[place] = start
        quotient, slope = (ends[0] - ends[1]) / (2 * STEP), float(np.sum(gradient * along))
        size = max(abs(quotient), float(np.linalg.norm(gradient)))
        if not abs(quotient - slope) <= AGREEMENT * size:
            return f"by {name}: the slope along a direction is {slope!r}, and finite differences give {quotient!r}"
    return ""


def gradient_tolerance(workload: Workload, oracles: list[Any]) -> Tolerance:
    """Return how far off float32 gradients may be: a share of the largest number, of the array where that is least."""
    largest = [float(np.max(np.abs(gradient))) for _, gradients in oracles for gradient in gradients]
    return Tolerance(max(RELATIVE, workload.relative_tolerance), OF_LARGEST * min(largest))
