"""Keys: where random numbers come from. A key is never used up; new ones are made of it."""

from __future__ import annotations

import operator
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snek_strategies.ir.types import Array, Tensor
from snek_strategies.random_numbers.threefry import Words, threefry
from snek_strategies.staging.operands import known
from snek_strategies.staging.rep import Rep

Key = NDArray[np.int32]
"""Two words of 32 bits, as int32."""
Shape = int | tuple[int, ...]

LOW = 0xFFFFFFFF
SIGN = 0x80000000


def key(seed: int) -> Key:
    """Return the key of a seed, an integer of 64 bits, which may be known only in the next stage.

    Raises TypeError for a seed that is no integer, OverflowError for one of more bits.
    """
    made: Key = np.concatenate(_words_of(seed, "a seed"))
    return made


def split(key: Key, num: int = 2) -> Key:
    """Return `num` new keys as an array of shape `(num, 2)`: `key, mine = split(key)`."""
    (count,) = shape_of(num)
    made: Key = np.stack(words(key, (count,)), axis=-1)
    return made


def fold_in(key: Key, data: int) -> Key:
    """Return a new key for each integer of 64 bits, such as the count of a loop's trips."""
    made: Key = np.concatenate(threefry(_words(key), _words_of(data, "what is folded into a key")))
    return made


def bits(key: Key, shape: Shape = ()) -> NDArray[np.int64]:
    """Return random bits by the word: whole numbers in [0, 2**32), as int64."""
    shape = shape_of(shape)
    left, right = words(key, shape)
    made: NDArray[np.int64] = shaped(unsigned(left ^ right), shape)
    return made


def words(key: Key, shape: tuple[int, ...]) -> Words:
    """Return two random words for each element of the shape, as int32 arrays; those of rank 0 have rank 1."""
    count = prod(shape)
    if count > SIGN:
        raise ValueError(f"more than 2**31 random numbers from one key: shape {shape}; split the key")
    counter = np.arange(count, dtype=np.int32).reshape(shape or (1,))
    return threefry(_words(key), (np.zeros(1, np.int32), counter))


def _words(key: Any) -> Words:
    staged = isinstance(key, Rep) and isinstance(key.type, Array) and not isinstance(key.type, Tensor)
    if not (staged or isinstance(key, np.ndarray)) or key.dtype != np.int32 or key.shape != (2,):
        raise TypeError(f"no key: {key!r:.80}; snek.random.key and split make keys, int32 arrays of shape (2,)")
    # Slices: NumPy warns where a sum of its scalars wraps around.
    return key[0:1], key[1:2]


def _words_of(number: Any, what: str) -> Words:
    if isinstance(number, Rep):
        wide = _whole(number, what)
        return (wide >> 32).astype("int32"), (((wide & LOW) ^ SIGN) - SIGN).astype("int32")
    number = operator.index(number)
    if not -(2**63) <= number < 2**64:
        raise OverflowError(f"{what} has 64 bits: {number}; give its remainder by 2**64")
    both = np.array([number >> 32 & LOW, number & LOW], np.uint32).view(np.int32)
    return both[0:1], both[1:2]


def _whole(number: Rep, what: str) -> Any:
    made: Any = known(number)
    if made.dtype.kind not in "iu" or made.shape:
        raise TypeError(f"{what} is an integer, not {number.type}")
    return made.astype("int64").reshape((1,))


def shape_of(shape: Any) -> tuple[int, ...]:
    """Return a shape as a tuple. Raises TypeError for what is none, ValueError for a negative extent."""
    extents = tuple(map(operator.index, shape)) if isinstance(shape, (tuple, list)) else (operator.index(shape),)
    if any(one < 0 for one in extents):
        raise ValueError(f"a shape with a negative extent: {shape}")
    return extents


def shaped(values: Any, shape: tuple[int, ...]) -> Any:
    """Return what was made for a shape: where that is `()`, the one number."""
    return values if shape else values[0]


def unsigned(word: Any) -> Any:
    """Return a word as a number in [0, 2**32)."""
    return word.astype("int64") & LOW
