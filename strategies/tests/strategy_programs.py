"""Four small programs that every strategy is tried on, their argument sets, and what is known to come out."""

from __future__ import annotations

import numpy as np

# No annotations but that of the static parameter, as in a workload: torch.jit.script takes the rest as tensors.


def straight(xp, x, y):
    return xp.tanh(x * y) + x


def power(xp, b, n: int):
    result = xp.ones_like(b)
    for _ in range(n):
        result = result * b
    return result


def grow(xp, x, limit):
    while xp.sum(x) < limit:
        x = double(xp, x)
    return x


def double(xp, x):
    return x + x


def sign(xp, x):
    y = x
    if xp.sum(x) < 0:
        y = -x
    return y, xp.sum(x)


def energy(xp, x, w, unused):
    return xp.sum(xp.tanh(x * w) * x)


def settle(xp, x, w, unused):
    s = xp.sum(x * w)
    while s < 40:
        s = s * s + xp.sum(w)
    return s


A = np.array([1.0, 2.0, 3.0], np.float32)
LIMIT = np.float32(100)
SETS: dict[str, tuple[tuple[object, ...], ...]] = {
    "straight": ((A, A + 1), (2 * A, A)),
    "power": ((A, 3), (2 * A, 3)),
    "grow": ((A, LIMIT), (A + 40, LIMIT)),  # five rounds, then none
    "sign": ((A,), (-A,)),
}
"""The first set is the example; sets of one program take both sides of its data-dependent choice."""

PROGRAMS = {"straight": straight, "power": power, "grow": grow, "sign": sign}

TRIED = {"dynamo/compile": ("straight", "sign")}
"""The programs that a slow compiler is tried on; any other strategy is tried on all of them."""

DEPENDS_ON_DATA = frozenset({"grow", "sign"})
OF_EXAMPLE = {"trace/torch": "wrong", "trace/tensorflow": "rejected", "trace/jax": "rejected"}
"""What these strategies do with control flow that depends on data."""


def tried(strategy: str) -> tuple[str, ...]:
    """Return the programs that a strategy is tried on."""
    return TRIED.get(strategy, tuple(PROGRAMS))


def documented(strategy: str, program: str) -> str:
    """Return what is known of a strategy of a framework on a program: `right`, `rejected` or `wrong`."""
    return OF_EXAMPLE.get(strategy, "right") if program in DEPENDS_ON_DATA else "right"


GRADIENTS = {"energy": energy, "settle": settle}
"""Programs that give one float, and are differentiated by their first three arguments."""

GRADIENT_SETS = ((A, A / 4, A), (A, A / 8, A), (2 * A, A / 2, A))
"""`settle` goes round twice, three times and once."""


def tried_gradients(strategy: str) -> tuple[str, ...]:
    """Return the programs whose gradients a strategy is tried on: one, where compiling is slow."""
    return ("energy",) if strategy in TRIED else tuple(GRADIENTS)


def slopes(program: str, arguments: tuple[np.ndarray, ...]) -> tuple[np.ndarray, ...]:
    """Return the gradients of one of `GRADIENTS` by finite differences in float64."""
    given = [np.asarray(one, np.float64) for one in arguments]
    found = [np.zeros_like(one) for one in given]
    for one, slope in zip(given, found, strict=True):
        for at in range(one.size):
            here, values = one[at], []
            for step in (1e-6, -1e-6):
                one[at] = here + step
                values.append(float(GRADIENTS[program](np, *given)))
            one[at] = here
            slope[at] = (values[0] - values[1]) / 2e-6
    return tuple(found)


def documented_gradient(strategy: str, program: str) -> str:
    """Return what is known of a strategy's gradient of one of `GRADIENTS`."""
    if strategy in ("eager/numpy", "numba/njit"):
        return "rejected"
    if program == "energy" or strategy.startswith(("eager/", "snek/")):
        return "right"
    return OF_EXAMPLE.get(strategy, "right")
