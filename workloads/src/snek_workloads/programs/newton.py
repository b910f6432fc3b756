"""Newton's method on Kepler's equation: a `while` loop that ends on a tolerance or on a budget, whichever is first."""

from __future__ import annotations

import numpy as np

from snek_workloads.workload import Arguments, Workload

SIZES = {
    "tiny": {"orbits": 8},
    "small": {"orbits": 200_000},
    "medium": {"orbits": 500_000},
}
TOLERANCE = 1e-5
LARGEST_ECCENTRICITY = 0.8


def newton(xp, mean, eccentricity, tolerance, budget):  # type: ignore[no-untyped-def]
    """Solve E - e sin E = M for each orbit; return the eccentric anomalies E and the steps left of the budget."""
    anomaly = mean
    residual = anomaly - eccentricity * xp.sin(anomaly) - mean
    while xp.max(xp.abs(residual)) > tolerance and budget > 0:
        anomaly = anomaly - residual / (1 - eccentricity * xp.cos(anomaly))
        residual = anomaly - eccentricity * xp.sin(anomaly) - mean
        budget = budget - 1
    return anomaly, budget


def arguments(rng: np.random.Generator, size: str) -> Arguments:
    """Draw orbits, rounder or longer ones, and a budget that is ample or, one time in three, too small."""
    orbits = SIZES[size]["orbits"]
    most = rng.uniform(0.05, LARGEST_ECCENTRICITY)
    return (
        rng.uniform(-np.pi, np.pi, orbits).astype(np.float32),
        rng.uniform(0.8 * most, most, orbits).astype(np.float32),
        np.float32(TOLERANCE),
        np.int64(2 if rng.random() < 1 / 3 else 50),
    )


def witness(
    mean: np.ndarray, eccentricity: np.ndarray, tolerance: np.float32, budget: np.int64
) -> tuple[np.ndarray, np.int64]:
    """Bisect each orbit's bracket where the budget is ample; else make the budget's steps on E's complex step."""
    m, e = np.asarray(mean, np.float64), np.asarray(eccentricity, np.float64)
    guess, steps, solved = _steps(m, e, float(tolerance), int(budget))
    if not solved:
        return guess, np.int64(0)
    low, high = m - e, m + e
    for _ in range(60):
        middle = 0.5 * (low + high)
        below = middle - e * np.sin(middle) < m
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return 0.5 * (low + high), np.int64(budget - steps)


def _steps(m: np.ndarray, e: np.ndarray, tolerance: float, budget: int) -> tuple[np.ndarray, int, bool]:
    """Take Newton's steps with the derivative by a complex step; say how many, and whether they were enough."""
    guess, steps = m, 0
    while (unsolved := np.count_nonzero(np.abs(guess - e * np.sin(guess) - m) > tolerance)) and steps < budget:
        tilted = guess + 1e-30j
        value = tilted - e * np.sin(tilted) - m
        guess, steps = guess - value.real / (value.imag / 1e-30), steps + 1
    return guess, steps, not unsolved


def flops(mean: np.ndarray, eccentricity: np.ndarray, tolerance: np.float32, budget: np.int64) -> float:
    """Count a step's nine operations an orbit (sin, cos, three products and quotients, four sums) and the tests'."""
    _, steps, _ = _steps(
        np.asarray(mean, np.float64), np.asarray(eccentricity, np.float64), float(tolerance), int(budget)
    )
    # The first residual is four operations; every test of the loop takes a magnitude and a maximum.
    return float(mean.size * (4 + 9 * steps + 2 * (steps + 1)))


def bytes_moved(mean: np.ndarray, eccentricity: np.ndarray, *_: object) -> float:
    """Count both arrays read, in the best case once, and the anomalies written."""
    return float(2 * mean.nbytes + eccentricity.nbytes)


WORKLOAD = Workload(
    program=newton,
    arguments=arguments,
    sizes=SIZES,
    witness=witness,
    flops=flops,
    bytes_moved=bytes_moved,
    relative_tolerance=0.0,
    # A residual within the program's own tolerance 1e-5 leaves an error of at most 1e-5 / (1 - 0.8) in E; the float32
    # noise of the last step (3 * 2.4e-7 / 0.2 at E near pi) is far below that.
    absolute_tolerance=5e-5,
    why="a data-dependent while loop on a tolerance, with a short-circuit `and` in its test",
    experts={
        "cpp": "snek_workloads.experts.newton:with_cpp",
        "numba": "snek_workloads.experts.newton:with_numba",
        "jax": "snek_workloads.experts.newton:with_jax",
    },
)
