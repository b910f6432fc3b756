"""NumPy values: results of NumPy and Numba programs as arrays."""

from __future__ import annotations

from snek_strategies.nested import map_leaves


def to_host(value: object) -> object:
    """Return a result with NumPy arrays and NumPy scalars as arrays.

    Python scalars stay: they have no dtype, and none is made up for them.
    """
    import numpy as np

    return map_leaves(lambda item: np.asarray(item) if hasattr(item, "dtype") else item, value)
