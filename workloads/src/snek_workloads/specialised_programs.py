"""Programs with one parameter that may be static or dynamic, for the suite that measures what specialising gains.

They are in NumPy's words. Given a static parameter, staging leaves nothing of it; given a dynamic one, its loop and its
tests are in the staged program. Both answer the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

LAYERS = 8


def power(n: int, b: Any) -> Any:
    """Raise `b` to a power: a static exponent leaves products."""
    product = b
    for _ in range(n - 1):
        product = product * b
    return product


def network(activation: int, x: Any, w: Any) -> Any:
    """Run a few layers with a hyper-parameter: a static one leaves no test."""
    for _ in range(LAYERS):
        x = x @ w
        if activation == 1:
            x = np.maximum(x, 0.0)
        elif activation == 2:
            x = np.minimum(x, 1.0)
        elif activation == 3:
            x = np.abs(x)
    return x


def machine(code: Sequence[int], x: Any) -> Any:
    """Interpret a small language over one register: a static program leaves its own operations (Futamura 1971)."""
    register = x
    for instruction in code:
        if instruction == 0:
            register = register + x
        elif instruction == 1:
            register = register * x
        elif instruction == 2:
            register = register * 0.5
        else:
            register = -register
    return register


@dataclass(frozen=True)
class Specialised:
    """A program whose first argument may be static; `arguments` are the others."""

    function: Callable[..., object]
    static: object
    """The first argument as staging knows it."""
    dynamic: object
    """The same, known only in the next stage: a Python number, which is to be marked, or an array."""
    arguments: tuple[np.ndarray, ...]


CODE = (0, 1, 2, 3, 1, 0, 2, 1, 3, 1, 2, 0)
VECTOR = np.linspace(-1.0, 1.0, 16)

PROGRAMS = {
    "power": Specialised(power, 12, 12, (VECTOR,)),
    "network": Specialised(network, 1, 1, (np.linspace(-1.0, 1.0, 4), np.linspace(-0.5, 0.5, 16).reshape(4, 4))),
    "machine": Specialised(machine, CODE, np.array(CODE), (VECTOR,)),
}
