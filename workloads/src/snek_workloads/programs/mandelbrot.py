"""Mandelbrot's escape times: a `for` loop that breaks as soon as every point has escaped."""

from __future__ import annotations

import numpy as np

from snek_workloads.workload import Arguments, Workload

SIZES = {
    "tiny": {"side": 6, "iterations": 12},
    "small": {"side": 64, "iterations": 100},
    "medium": {"side": 200, "iterations": 500},
}
NUDGE = 2e-6
"""How far a point may move, in each direction, without another count: above float32's rounding of one iteration."""


def mandelbrot(xp, c_re, c_im, max_iterations: int):  # type: ignore[no-untyped-def]
    """Count for each point the iterations of z * z + c that stay within radius 2."""
    re = xp.zeros_like(c_re)
    im = xp.zeros_like(c_im)
    count = xp.zeros_like(c_re)
    for _ in xp.arange(max_iterations):
        inside = re * re + im * im <= 4
        if not xp.any(inside):
            break
        next_re = re * re - im * im + c_re
        im = xp.where(inside, 2 * re * im + c_im, im)
        re = xp.where(inside, next_re, re)
        count = xp.where(inside, count + 1, count)
    return count


def arguments(rng: np.random.Generator, size: str) -> Arguments:
    """Draw a window, over the whole set or beside it (where every point escapes), and one point in each of its cells.

    Counts are a threshold's answer: points whose count float32 could not tell are drawn again, anywhere in the window.
    """
    side, iterations = SIZES[size]["side"], SIZES[size]["iterations"]
    if rng.random() < 0.5:
        corner, width, height = complex(rng.uniform(-2.1, -1.9), rng.uniform(-1.3, -1.1)), 2.5, 2.5
    else:
        # At 1/4 + g, right of the set's cusp, a point takes about pi / sqrt(g) iterations to escape, and the set begins
        # 2 g^1.5 above and below. A window of 100 iterations is as narrow as float32 can tell points apart in.
        gap = (np.pi / (rng.uniform(0.4, 0.7) * min(iterations, 100))) ** 2
        width, height = 0.5 * gap, gap**1.5
        corner = complex(0.25 + gap, -0.5 * height)
    row, column = np.divmod(np.arange(side * side), side)
    c = _point(corner, width, height, (column + rng.random(side**2)) / side, (row + rng.random(side**2)) / side)
    while len(shaky := np.flatnonzero(~_is_certain(c, iterations))):
        c[shaky] = _point(corner, width, height, rng.random(len(shaky)), rng.random(len(shaky)))
    c = c.reshape(side, side)
    return c.real.astype(np.float32), c.imag.astype(np.float32), iterations


def _point(corner: complex, width: float, height: float, right: np.ndarray, up: np.ndarray) -> np.ndarray:
    """Place points by their share of the window, on numbers that float32 has."""
    return (corner + width * right + 1j * height * up).astype(np.complex64).astype(np.complex128)


def _is_certain(c: np.ndarray, iterations: int) -> np.ndarray:
    count = _escape_times(c, iterations)
    certain: np.ndarray = np.logical_and.reduce(
        [_escape_times(c + NUDGE * 1j**k, iterations) == count for k in range(4)]
    )
    return certain


def _escape_times(c: np.ndarray, iterations: int) -> np.ndarray:
    """Count in complex numbers, going on with the points that are left."""
    count = np.zeros(len(c), np.int64)
    alive, z = np.arange(len(c)), np.zeros(len(c), np.complex128)
    for _ in range(iterations):
        near = np.abs(z) <= 2
        alive, z = alive[near], z[near]
        if not len(alive):
            break
        count[alive] += 1
        z = z * z + c[alive]
    return count


def witness(c_re: np.ndarray, c_im: np.ndarray, max_iterations: int) -> np.ndarray:
    """Count in complex numbers."""
    c = np.asarray(c_re, np.float64) + 1j * np.asarray(c_im, np.float64)
    return _escape_times(c.ravel(), max_iterations).reshape(c.shape).astype(np.float64)


def flops(c_re: np.ndarray, c_im: np.ndarray, max_iterations: int) -> float:
    """Count an inside iteration's ten operations: squares, product and its double, four sums, compare, count."""
    return 10.0 * float(np.sum(witness(c_re, c_im, max_iterations)))


def bytes_moved(c_re: np.ndarray, c_im: np.ndarray, max_iterations: int) -> float:  # noqa: ARG001 - see `flops`
    """Count the points read and the counts written."""
    return float(2 * c_re.nbytes + c_im.nbytes)


WORKLOAD = Workload(
    program=mandelbrot,
    arguments=arguments,
    sizes=SIZES,
    witness=witness,
    flops=flops,
    bytes_moved=bytes_moved,
    # Counts are right or wrong; `arguments` draws points whose count no rounding changes.
    relative_tolerance=0.0,
    absolute_tolerance=0.0,
    why="a data-dependent break in a loop over arrays",
    experts={
        "cpp": "snek_workloads.experts.mandelbrot:with_cpp",
        "numba": "snek_workloads.experts.mandelbrot:with_numba",
    },
)
