"""NumPy values: results of NumPy and Numba programs as arrays."""

from __future__ import annotations

from snek_strategies.nested import map_leaves


def to_host(value: object) -> object:
    """Return a result with every leaf an array: NumPy scalars and Python scalars become 0-d arrays."""
    import numpy as np

    return map_leaves(np.asarray, value)
