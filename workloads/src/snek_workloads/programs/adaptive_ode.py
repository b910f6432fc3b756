"""Coupled pendulums by Dormand and Prince's method: a `while` loop whose steps an error estimate accepts or rejects."""

from __future__ import annotations

import numpy as np
from scipy.integrate import solve_ivp

from snek_workloads.workload import Arguments, Workload

SIZES: dict[str, dict[str, int | float]] = {
    "tiny": {"pendulums": 4, "time": 4.0},
    "small": {"pendulums": 64, "time": 20.0},
    "medium": {"pendulums": 4000, "time": 20.0},
}
TOLERANCE = 1e-5


def adaptive_ode(xp, y, left, step, tolerance, safety, exponent, least, most):  # type: ignore[no-untyped-def]
    """Follow angles and velocities `y` (2, pendulums) over the time `left`, with a local error below `tolerance`.

    The controller's numbers are `safety` and `exponent`, and by how much at `least` and at `most` a step may change.
    """
    k1 = pendulums(xp, y)  # type: ignore[no-untyped-call]
    while left > 0:
        step = xp.minimum(step, left)
        k2 = pendulums(xp, y + step * k1 / 5)  # type: ignore[no-untyped-call]
        k3 = pendulums(xp, y + step * (3 * k1 + 9 * k2) / 40)  # type: ignore[no-untyped-call]
        k4 = pendulums(xp, y + step * (44 * k1 - 168 * k2 + 160 * k3) / 45)  # type: ignore[no-untyped-call]
        k5 = pendulums(xp, y + step * (19372 * k1 - 76080 * k2 + 64448 * k3 - 1908 * k4) / 6561)  # type: ignore[no-untyped-call]
        k6 = pendulums(xp, y + step * (477901 * k1 - 1806240 * k2 + 1495424 * k3 + 46746 * k4 - 45927 * k5) / 167904)  # type: ignore[no-untyped-call]
        after = y + step * (12985 * k1 + 64000 * k3 + 92750 * k4 - 45927 * k5 + 18656 * k6) / 142464
        k7 = pendulums(xp, after)  # type: ignore[no-untyped-call]
        # The difference between the results of order 5 and 4, over the common denominator of its coefficients.
        off = step * (26341 * k1 - 90880 * k3 + 790230 * k4 - 1086939 * k5 + 895488 * k6 - 534240 * k7) / 21369600
        error = xp.max(xp.abs(off)) / tolerance
        if error <= 1:
            left = left - step
            y = after
            k1 = k7
        step = step * xp.minimum(xp.maximum(safety * xp.pow(error, -exponent), least), most)
    return y


def pendulums(xp, y):  # type: ignore[no-untyped-def]
    """Return the slopes of angles and velocities: gravity, friction, and springs to where all are in the mean."""
    angle = y[0]
    velocity = y[1]
    return xp.stack([velocity, xp.mean(angle) - angle - xp.sin(angle) - velocity / 10])


def adaptive_ode_loss(xp, y, left, step, tolerance, safety, exponent, least, most):  # type: ignore[no-untyped-def]
    """Return the mean square of where the motion ends."""
    y = adaptive_ode(xp, y, left, step, tolerance, safety, exponent, least, most)  # type: ignore[no-untyped-call]
    return xp.mean(y * y)


def arguments(rng: np.random.Generator, size: str) -> Arguments:
    """Draw angles and velocities, and a first step that is short or, half the time, so long that it is rejected."""
    s = SIZES[size]
    state = np.stack([rng.uniform(-2, 2, int(s["pendulums"])), rng.standard_normal(int(s["pendulums"]))])
    first = rng.uniform(0.8, 1.2) if rng.random() < 0.5 else rng.uniform(0.005, 0.02)
    time = s["time"] * rng.uniform(0.7, 1)
    numbers = (time, first, TOLERANCE, 0.9, 0.2, 0.2, 5)
    return state.astype(np.float32), *(np.float32(number) for number in numbers)


def witness(y: np.ndarray, left: np.float32, *_: np.float32) -> np.ndarray:
    """Follow the same motion by SciPy's method of order 8, to the last digits."""

    def slopes(_: float, flat: np.ndarray) -> np.ndarray:
        angle, velocity = np.split(flat, 2)
        return np.concatenate([velocity, -np.sin(angle) - 0.1 * velocity - (angle - angle.mean())])

    start = np.asarray(y, np.float64).ravel()
    solved = solve_ivp(slopes, (0.0, float(left)), start, method="DOP853", rtol=1e-11, atol=1e-12)
    assert solved.success, solved.message
    end: np.ndarray = solved.y[:, -1]
    return end.reshape(y.shape)


def _steps(y: np.ndarray, left: float, step: float, control: tuple[float, ...]) -> int:
    """Count the steps tried, the rejected ones as well, by the method's table in SciPy's form."""
    from scipy.integrate import RK45

    tolerance, safety, exponent, least, most = control
    stage, final, difference, tried = RK45.A, RK45.B, RK45.E, 0
    while left > 0:
        step = min(step, left)
        slopes = [pendulums(np, y)]  # type: ignore[no-untyped-call]
        for row in stage[1:]:
            moved = y + step * sum(a * k for a, k in zip(row, slopes, strict=False))
            slopes.append(pendulums(np, moved))  # type: ignore[no-untyped-call]
        after = y + step * sum(b * k for b, k in zip(final, slopes, strict=True))
        slopes.append(pendulums(np, after))  # type: ignore[no-untyped-call]
        off = step * sum(e * k for e, k in zip(difference, slopes, strict=True))
        error = float(np.max(np.abs(off))) / tolerance
        if error <= 1:
            left, y = left - step, after
        step, tried = step * min(max(safety * error**-exponent, least), most), tried + 1
    return tried


def flops(y: np.ndarray, left: np.float32, step: np.float32, *control: np.float32) -> float:
    """Count a step's seven slopes but the first, which the last step has given, and the sums between them."""
    tried = _steps(np.asarray(y, np.float64), float(left), float(step), tuple(map(float, control)))
    # A pendulum's slope: mean, two differences, sine, damping. A number of the state: the products and sums of the
    # table's 26 coefficients, its scaling by the step, magnitude and maximum.
    slope, combined = 7 * y.shape[1], (2 * 26 + 7 * 2 + 2) * y.size
    return float(slope + tried * (6 * slope + combined))


def bytes_moved(y: np.ndarray, *numbers: np.float32) -> float:
    """Count the state read and written, and the numbers read."""
    return float(2 * y.nbytes + sum(number.nbytes for number in numbers))


WORKLOAD = Workload(
    program=adaptive_ode,
    arguments=arguments,
    sizes=SIZES,
    witness=witness,
    flops=flops,
    bytes_moved=bytes_moved,
    relative_tolerance=0.0,
    # Some hundred steps add up local errors of at most 1e-5; friction damps them.
    absolute_tolerance=1e-3,
    why="a while loop whose every step data accepts or rejects, around long elementwise expressions",
    objective=adaptive_ode_loss,
    by=("y",),
    experts={"jax": "snek_workloads.experts.adaptive_ode:with_jax"},
    forward_experts={"cpp": "snek_workloads.experts.adaptive_ode:with_cpp"},
)
