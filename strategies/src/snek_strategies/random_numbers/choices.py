"""Orders and choices: permutations, and elements drawn with or without replacement."""

from __future__ import annotations

import operator
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snek_strategies.random_numbers.distributions import randint, uniform
from snek_strategies.random_numbers.keys import Key, Shape, shape_of, shaped, unsigned, words
from snek_strategies.staging.operands import known
from snek_strategies.staging.rep import Rep


def permutation(key: Key, x: Any) -> NDArray[Any]:
    """Return the rows of an array in random order; for an integer n, the numbers below n."""
    rows = _rows(x)
    order: NDArray[Any] = _order(key, rows)
    return order if _is_count(x) else _taken(x, order)


def choice(key: Key, a: Any, shape: Shape = (), replace: bool = True, p: Any = None) -> NDArray[Any]:
    """Return rows of an array, or for an integer n numbers below n, drawn for each element of the shape.

    Without `replace` no row is drawn twice. `p` are the rows' weights, which may be known only in the next stage;
    they need not sum up to one. Raises ValueError for more draws than rows without replacement, for an empty array,
    for weights without replacement, and for weights of another shape.
    """
    extents = shape_of(shape)
    rows = _rows(a)
    if not rows and 0 not in extents:
        raise ValueError("a choice among nothing; give an array with rows")
    chosen: NDArray[Any] = _places(key, rows, extents, replace, p)
    return chosen if _is_count(a) else _taken(a, chosen)


def _places(key: Key, rows: int, shape: tuple[int, ...], replace: bool, p: Any) -> Any:
    if replace and p is None:
        return randint(key, shape, 0, rows) if rows else np.zeros(shape, np.int64)
    if replace:
        return _weighted(key, rows, shape, p)
    if p is not None:
        raise ValueError("weights for a choice without replacement; draw with replace=True, or leave out p")
    if prod(shape) > rows:
        raise ValueError(f"{prod(shape)} draws without replacement from {rows} rows; draw fewer, or with replace=True")
    drawn = _order(key, rows)[: prod(shape)]
    return shaped(drawn.reshape(shape or (1,)), shape)


def _weighted(key: Key, rows: int, shape: tuple[int, ...], p: Any) -> Any:
    weights: Any = known(p) if isinstance(p, Rep) else np.asarray(p)
    if weights.shape != (rows,):
        raise ValueError(f"weights of shape {weights.shape} for {rows} rows; give one weight a row")
    kind = "float32" if weights.dtype == np.float32 else "float64"
    sums = np.cumsum(weights.astype(kind))
    # In (0, 1], so that rows without weight in front are never drawn.
    fractions = 1 - uniform(key, shape or (1,), kind)
    return shaped(np.searchsorted(sums, fractions * sums[-1]), shape)


def _order(key: Key, rows: int) -> Any:
    """Return the numbers below `rows` in the order of random words, in whose last bits the numbers themselves stand."""
    mask = (1 << max(rows - 1, 0).bit_length()) - 1
    left, right = words(key, (rows,))
    wide = (left.astype("int64") << 32) | unsigned(right)
    return np.sort((wide & ~mask) | np.arange(rows)) & mask


def _is_count(x: object) -> bool:
    return isinstance(x, (int, np.integer))


def _rows(x: Any) -> int:
    if _is_count(x):
        return operator.index(x)
    if not np.shape(x):
        raise ValueError(f"an array with rows, or a static count, is needed: {x!r:.80}")
    return len(x)


def _taken(x: Any, order: Any) -> NDArray[Any]:
    made: NDArray[Any] = np.take(x, order, axis=0)
    return made
