"""Augmented assignment to arrays of the next stage: a store that every name of the array sees."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from snek_strategies.ir.types import concrete
from snek_strategies.staging.builder import builder
from snek_strategies.staging.memory import check_writable
from snek_strategies.staging.refusal import refuse
from snek_strategies.staging.rep import Rep, emit

PLAIN: dict[str, Callable[[Any, Any], object]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
    "<<": operator.lshift,
    ">>": operator.rshift,
    "&": operator.and_,
    "^": operator.xor,
    "|": operator.or_,
}


def assign_in_place(symbol: str, target: Rep, value: object) -> Rep:
    """Stage `target symbol= value` for an array of rank 1 or more, and return the same array."""
    what = f"{symbol}="
    if symbol not in PLAIN:
        refuse(f"{what} of an array is not staged; write x = x {symbol} value")
    check_writable(target, what)
    result = PLAIN[symbol](target, value)
    if not isinstance(result, Rep):
        refuse(f"{what} of an array and a {type(value).__name__} gives a {type(result).__name__}, which is no array")
    store(what, target, result)
    return target


def store(what: str, target: Rep, result: Rep) -> None:
    """Give an array new contents of its own dtype and shape, as NumPy does; refuses what NumPy raises for."""
    if result.shape != target.shape:
        shapes = f"{result.shape} into {target.shape}"
        refuse(f"{what} would store {shapes}, and NumPy raises for it; give it a value of the array's shape")
    if result.dtype != target.dtype:
        if not np.can_cast(result.dtype, target.dtype, "same_kind"):
            refuse(
                f"{what} would store {result.dtype} into an array of {target.dtype}, and NumPy raises for it; "
                "convert one of them with astype"
            )
        result = emit("astype", result, dtype=target.dtype.name)
    assert concrete(result.type.dims) == target.shape  # type: ignore[union-attr]
    builder().write(target, result.atom)
