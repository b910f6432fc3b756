"""Numbers of a distribution, made from a key's words by arithmetic that is the same everywhere."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from snek_strategies.ir.types import Array
from snek_strategies.random_numbers.inverse_error_function import inverse_error_function
from snek_strategies.random_numbers.keys import Key, Shape, shape_of, shaped, unsigned, words
from snek_strategies.random_numbers.threefry import upper_bits
from snek_strategies.staging.operands import known
from snek_strategies.staging.raised_by_operations import leave_where
from snek_strategies.staging.rep import Rep, emit

Float = np.floating[Any]

HALF = 31
LOW_HALF = 2**HALF - 1
RANGES = {"int32": (-(2**31), 2**31), "int64": (-(2**61), 2**61)}
"""Between what the bounds of integers lie, by dtype: a span is one of two halves of 31 bits each."""


def uniform(
    key: Key, shape: Shape = (), dtype: object = "float64", minval: Any = 0.0, maxval: Any = 1.0
) -> NDArray[Float]:
    """Return numbers in [minval, maxval), multiples of 2**-52 of the span (float32: of 2**-23), bit for bit everywhere.

    Bounds may be arrays that broadcast to the shape, and known only in the next stage. With bounds other than 0 and 1,
    float64 may be one rounding off, and maxval may come out by rounding. Raises TypeError for another dtype.
    """
    shape = shape_of(shape)
    made: Any = _fractions(key, shape, _float(dtype))
    if not (_is(minval, 0) and _is(maxval, 1)):
        low, high = (_number(one, np.dtype("float64")) for one in (minval, maxval))
        # In float64 the product of float32 fractions is exact, whether a sum is fused with it or not.
        made = _fitting(made.astype("float64") * (high - low) + low, made).astype(made.dtype.name)
    numbers: NDArray[Float] = shaped(made, shape)
    return numbers


def normal(key: Key, shape: Shape = (), dtype: object = "float64") -> NDArray[Float]:
    """Return numbers of the standard normal distribution; back-ends agree as far as their logarithms do.

    Raises TypeError for a dtype other than float32 and float64.
    """
    shape = shape_of(shape)
    kind = _float(dtype)
    one = kind.type(1)
    fractions = _fractions(key, shape, kind) * kind.type(2) + np.nextafter(-one, kind.type(0))
    numbers: NDArray[Float] = shaped(inverse_error_function(fractions) * kind.type(np.sqrt(2)), shape)
    return numbers


def bernoulli(key: Key, p: Any = 0.5, shape: Shape | None = None) -> NDArray[np.bool_]:
    """Return truth values that are true with probability p, of p's shape where none is given."""
    chance = _number(p, np.dtype("float64"))
    shape = chance.shape if shape is None else shape_of(shape)
    fractions = _fractions(key, shape, chance.dtype)
    flags: NDArray[np.bool_] = shaped(_fitting(fractions < chance, fractions), shape)
    return flags


def randint(
    key: Key, shape: Shape, minval: Any, maxval: Any, dtype: object = "int64"
) -> NDArray[np.signedinteger[Any]]:
    """Return integers in [minval, maxval), as int64 or int32; no number is likelier than another by more than 2**-30.

    Bounds may be arrays that broadcast to the shape, and known only in the next stage; they lie within 2**61 of zero.
    Raises ValueError for bounds with nothing between them, or beyond the dtype's; TypeError for bounds that are no
    integers and for another dtype.
    """
    shape = shape_of(shape)
    kind = np.dtype(dtype)  # type: ignore[call-overload]
    if kind.name not in RANGES:
        raise TypeError(f"random integers of dtype {kind}; int32 and int64 there are")
    low, high = _integer(minval), _integer(maxval)
    _check_bounds(low, high, *RANGES[kind.name])
    left, right = words(key, shape)
    upper, lower = (upper_bits(one, HALF).astype("int64") for one in (left, right))
    drawn = _fitting(_scaled(upper, lower, high - low) + low, left)
    numbers: NDArray[np.signedinteger[Any]] = shaped(drawn.astype(kind.name), shape)
    return numbers


def _scaled(upper: Any, lower: Any, span: Any) -> Any:
    """Return the whole part of a fraction of 62 bits, times the span: products of halves leave no 64 bits."""
    first, second = span >> HALF, span & LOW_HALF
    middle = upper * second + (lower * second >> HALF)
    if not isinstance(first, Rep) and not np.any(first):
        return middle >> HALF
    carried = lower * first + (middle & LOW_HALF)
    return upper * first + (middle >> HALF) + (carried >> HALF)


def _check_bounds(low: Any, high: Any, first: int, last: int) -> None:
    error = ValueError(f"no integers to draw: minval must be less than maxval, and both from {first} to {last}")
    wrong: Any = (low >= high) | (low < first) | (high > last)
    if isinstance(wrong, Rep):
        leave_where(emit("bool", emit("any", wrong)), error)
    elif np.any(wrong):
        raise error


def _fractions(key: Key, shape: tuple[int, ...], kind: np.dtype[Any]) -> Any:
    """Return multiples of a power of two in [0, 1): as many bits as the dtype holds, so that nothing is rounded."""
    left, right = words(key, shape)
    if kind == np.float32:
        return upper_bits(left ^ right, 23).astype("float32") * np.float32(2**-23)
    whole = (unsigned(left) << 20) | upper_bits(right, 20).astype("int64")
    return whole.astype("float64") * 2.0**-52


def _float(dtype: object) -> np.dtype[Any]:
    kind: np.dtype[Any] = np.dtype(dtype)  # type: ignore[call-overload]
    if kind not in (np.float32, np.float64):
        raise TypeError(f"random numbers of dtype {kind}; float32 and float64 there are")
    return kind


def _is(value: object, number: int) -> bool:
    return isinstance(value, (int, float)) and value == number


def _number(value: Any, wide: np.dtype[Any]) -> Any:
    """Return a bound or a probability as an array; one that is no float32 is of the wide dtype."""
    made = _array(value)
    if made.dtype.kind not in "biuf":
        raise TypeError(f"a real number is needed: {value!r:.80}")
    return made if made.dtype in (np.float32, np.float64) else made.astype(wide.name)


def _integer(value: Any) -> Any:
    made = _array(value)
    if made.dtype.kind not in "iu" or made.dtype == np.uint64:
        raise TypeError(f"bounds of random integers are integers of at most 64 bits, signed: {value!r:.80}")
    return made.astype("int64")


def _array(value: Any) -> Any:
    if isinstance(value, Rep):
        made = known(value)
        assert isinstance(made.type, Array)
        return made
    return np.asarray(value)


def _fitting(made: Any, drawn: Any) -> Any:
    if made.shape != drawn.shape:
        raise ValueError(f"bounds or probabilities that broadcast to shape {made.shape}, not to {drawn.shape}")
    return made
