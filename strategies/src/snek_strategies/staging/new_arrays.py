"""Arrays that staged code makes to store into: they belong to the next stage, with the contents they start from."""

from __future__ import annotations

import numpy as np

from snek_strategies.staging.builder import CURRENT, builder
from snek_strategies.staging.rep import Rep, lift

MAKING: frozenset[object] = frozenset(
    {np.zeros, np.ones, np.empty, np.full, np.zeros_like, np.ones_like, np.empty_like, np.full_like, np.copy, np.eye}
    | {np.identity, np.tri}
)
"""The functions whose results are made to be written to."""


def is_new_array(function: object) -> bool:
    """Tell whether a call makes an array that the program may store into."""
    if CURRENT.get() is None:
        return False
    owner = getattr(function, "__self__", None)
    if isinstance(owner, np.ndarray):
        return getattr(function, "__name__", None) == "copy"
    return type(function).__hash__ is not None and function in MAKING


def new_array(value: object) -> object:
    """Return the Rep of a new array of numbers; anything else stays as it is."""
    if not isinstance(value, np.ndarray) or not value.ndim or value.dtype.kind not in "biufc":
        return value
    made = Rep(lift(value))
    builder().open[-1].made.append(made)
    return made
