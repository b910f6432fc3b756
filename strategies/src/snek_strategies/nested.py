"""Nested results: apply a function to every leaf of tuples, lists and dicts."""

from __future__ import annotations

from collections.abc import Callable


def map_leaves(function: Callable[[object], object], value: object) -> object:
    """Return `value` with `function` applied to everything that is not a tuple, list or dict.

    >>> map_leaves(str, (1, [2, {"three": 3}]))
    ('1', ['2', {'three': '3'}])
    """
    if isinstance(value, tuple):
        return tuple(map_leaves(function, item) for item in value)
    if isinstance(value, list):
        return [map_leaves(function, item) for item in value]
    if isinstance(value, dict):
        return {key: map_leaves(function, item) for key, item in value.items()}
    return function(value)
