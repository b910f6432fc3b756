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
STEPS = (1e-6, 1e-7, 1e-8)
"""The steps of difference quotients. A jump of the objective within one, where a unit comes to life, is no slope."""
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
    wide: list[Any] = list(as_float64(arguments))
    rng = np.random.default_rng(seed)
    for name, place, gradient in zip(workload.by, workload.positions, answer[1], strict=True):
        along = rng.standard_normal(np.shape(wide[place]))
        slope, norm = float(np.sum(gradient * along)), float(np.linalg.norm(gradient))
        quotients = []
        for step in STEPS:
            quotients.append(_quotient(workload, wide, place, step * along) / step)
            if abs(quotients[-1] - slope) <= AGREEMENT * max(abs(quotients[-1]), norm):
                break
        else:
            return f"by {name}: the slope along a direction is {slope!r}, and finite differences give {quotients!r}"
    return ""


def _quotient(workload: Workload, arguments: list[Any], place: int, step: Any) -> float:
    """Return half of what the objective differs by, a step on and a step back from an argument."""
    assert workload.objective is not None, workload.name
    ends = []
    for sign in (1, -1):
        moved = [*arguments[:place], arguments[place] + sign * step, *arguments[place + 1 :]]
        ends.append(float(workload.objective(np, *moved)))  # type: ignore[arg-type]
    return (ends[0] - ends[1]) / 2


def gradient_tolerance(workload: Workload, oracles: list[Any]) -> Tolerance:
    """Return how far off float32 gradients may be: a share of the largest number, of the array where that is least."""
    largest = [float(np.max(np.abs(gradient))) for _, gradients in oracles for gradient in gradients]
    return Tolerance(max(RELATIVE, workload.relative_tolerance), OF_LARGEST * min(largest))
