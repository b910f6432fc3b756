"""Arguments of a call in their positions, as a program takes them, and as a person reads them."""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable, Sequence
from itertools import chain, repeat
from typing import Any

import numpy as np

from snek_strategies.calls import Arguments
from snek_strategies.ir.types import type_of
from snek_strategies.staging.packed_trees import PackedTree, packed
from snek_strategies.staging.pytrees import Dynamic


def positional(function: Callable[..., object], args: tuple[object, ...], kwargs: dict[str, object]) -> Arguments:
    """Return arguments by position as far as they go, so that `f(x, y)` and `f(x, y=y)` are one call."""
    if not kwargs:
        return args, {}
    bound = inspect.signature(function).bind(*args, **kwargs)
    return bound.args, bound.kwargs


def with_packed_trees(given: Arguments, apart: Sequence[int]) -> Arguments:
    """Return arguments with trees as tables, but for those in the positions `apart`; the same where there are none."""
    args, named = given
    own = tuple(one if at in apart else packed(one) for at, one in enumerate(args))
    further = {name: packed(one) for name, one in named.items()}
    same = all(map(operator.is_, own, args)) and all(one is named[name] for name, one in further.items())
    return given if same else (own, further)


def as_traced(given: Arguments, key: Any) -> Arguments:
    """Return arguments as those of a key: numbers marked where it has them marked, foreign arrays as NumPy's views."""
    args, named = given
    return tuple(map(_as_traced, args, chain(key[1][1:], repeat(None)))), named


def _as_traced(value: object, key: object) -> object:
    if key == (Dynamic, type(value)):
        return Dynamic(value)  # type: ignore[arg-type]
    if isinstance(key, tuple) and key[0] is PackedTree:
        return packed(value, key[1])
    wants_array = isinstance(key, tuple) and isinstance(key[0], np.dtype)
    if wants_array and hasattr(value, "__dlpack__") and not isinstance(value, (np.ndarray, np.generic)):
        return np.from_dlpack(value)
    return value


def described(given: Arguments) -> str:
    """Return arguments as one reads them: arrays by their types, all else as it is written."""
    positional, named = given
    return ", ".join([*map(_kind, positional), *(f"{name}={_kind(one)}" for name, one in named.items())])


def _kind(value: object) -> str:
    if isinstance(value, (np.ndarray, np.generic)):
        return str(type_of(value)) if value.dtype.kind in "biufc" else f"an array of dtype {value.dtype}"
    return f"{value!r:.40}"
