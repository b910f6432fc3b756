"""`b` to a static power by recursion: the textbook of specialisation, where staging leaves products only."""

from __future__ import annotations

import numpy as np

from snek_workloads.workload import Arguments, Workload

SIZES = {
    "tiny": {"elements": 8, "exponent": 5},
    "small": {"elements": 500_000, "exponent": 16},
    "medium": {"elements": 2_000_000, "exponent": 32},
}


def power(xp, b, n: int):  # type: ignore[no-untyped-def]
    """Raise the array `b` to the static exponent `n`."""
    if n == 0:
        return xp.ones_like(b)
    return b * power(xp, b, n - 1)


def power_loss(xp, b, n: int):  # type: ignore[no-untyped-def]
    """Return the powers' mean."""
    return xp.mean(power(xp, b, n))


def arguments(rng: np.random.Generator, size: str) -> Arguments:
    """Draw bases of both signs, of magnitude 0.5 to 1.5: the largest power fits float32, the smallest is normal."""
    s = SIZES[size]
    sign = rng.choice([-1.0, 1.0], size=s["elements"])
    return (sign * rng.uniform(0.5, 1.5, s["elements"])).astype(np.float32), s["exponent"]


def witness(b: np.ndarray, n: int) -> np.ndarray:
    """Take the power through logarithms."""
    wide = np.asarray(b, np.float64)
    return np.asarray(np.sign(wide) ** (n % 2) * np.exp(n * np.log(np.abs(wide))))


def flops(b: np.ndarray, n: int) -> float:
    """Count the products that a power by squaring needs: no implementation of the result has to make `n`."""
    return float(b.size * (n.bit_length() - 1 + n.bit_count() - 1)) if n else 0.0


def bytes_moved(b: np.ndarray, n: int) -> float:  # noqa: ARG001 - every count takes all of the program's arguments
    """Count the bases read and the powers written."""
    return 2.0 * b.nbytes


WORKLOAD = Workload(
    program=power,
    arguments=arguments,
    sizes=SIZES,
    witness=witness,
    flops=flops,
    bytes_moved=bytes_moved,
    # Each of up to 32 products rounds by at most 6e-8 of its value.
    relative_tolerance=1e-5,
    absolute_tolerance=0.0,
    why="recursion on a static exponent: specialisation leaves a straight line of products",
    objective=power_loss,
    by=("b",),
    experts={
        "cpp": "snek_workloads.experts.power:with_cpp",
        "jax": "snek_workloads.experts.power:with_jax",
    },
)
