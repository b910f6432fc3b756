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
