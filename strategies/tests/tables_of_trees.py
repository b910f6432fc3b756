"""Trees as tables of children, drawn from a seed."""

from __future__ import annotations

import numpy as np

ROOM = 201


def drawn(leaves: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.int64]:
    """Return the children of a tree's nodes, -1 for a leaf's, and the root."""
    rng = np.random.default_rng(seed)
    left, right = np.full((2, ROOM), -1, np.int64)
    number = rng.permutation(2 * leaves - 1)
    forest = number[:leaves].tolist()
    for parent in number[leaves:].tolist():
        k = int(rng.integers(len(forest) - 1))
        left[parent], right[parent] = forest[k : k + 2]
        forest[k : k + 2] = [parent]
    return left, right, np.int64(forest[0])
