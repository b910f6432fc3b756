"""Operands as NumPy takes them: lists become arrays, Python scalars become strong where an array is made of them."""

from __future__ import annotations

import numpy as np

from snek_strategies.ir.types import Scalar, Type
from snek_strategies.staging.iterators import OverReps
from snek_strategies.staging.lists import StagedList, value_of
from snek_strategies.staging.optional import Maybe
from snek_strategies.staging.partly_bound import settle_all
from snek_strategies.staging.refusal import refuse
from snek_strategies.staging.rep import Rep, constant, emit, liftable
from snek_strategies.staging.tree_nodes import is_node


def has_rep(value: object) -> bool:
    """Tell whether a value of the next stage is in there."""
    if isinstance(value, list):
        # What a list whose length depends on data holds is a Rep too.
        return any(map(has_rep, list.__iter__(value)))
    if isinstance(value, tuple):
        return any(map(has_rep, value))
    if isinstance(value, dict):
        return any(map(has_rep, value.values()))
    return isinstance(value, Rep | Maybe | OverReps) or is_node(value)


def array(value: object) -> object:
    """Return what NumPy makes of an operand before it computes: a static list becomes an array, one of Reps a stack.

    A Python scalar of the next stage stays weak beside arrays, as a Python scalar does.
    """
    value = settle_all(value)
    if isinstance(value, (list, tuple)):
        return np_array(value)
    return value


def strong(value: object) -> object:
    """Return a Python scalar of the next stage as the NumPy scalar that NumPy makes of it."""
    if isinstance(value, Rep) and isinstance(value.type, Scalar):
        return emit("asarray", value)
    return value


def np_array(value: object, dtype: object = None) -> Rep:
    """Stage `np.array(value)`, whose lists may hold Reps."""
    value = settle_all(value)
    if isinstance(value, StagedList) and value_of(value) is not None:
        from snek_strategies.staging.list_loops import stacked

        value = stacked(value)
    elif isinstance(value, (list, tuple)) and has_rep(value):
        value = emit("stack", *(strong(np_array(one)) for one in value), axis=0)
    elif isinstance(value, (list, tuple)):
        value = np.asarray(value)
    if not liftable(value):
        refuse(f"np.array of a {type(value).__name__} {value!r:.60} holds no numbers", code="SNK0203")
    result = emit("asarray", value)
    return result if dtype is None else emit("astype", result, dtype=np.dtype(dtype).name)  # type: ignore[call-overload]


def kind_of(value: object) -> Type:
    """Return the type that a value has, or would have, in the next stage."""
    return value.type if isinstance(value, Rep) else constant(value).type


def known(value: object) -> Rep:
    """Return an operand as an array of the next stage, whose dtype and shape are known."""
    made = strong(array(value))
    return made if isinstance(made, Rep) else strong_constant(made)


def strong_constant(value: object) -> Rep:
    """Return a static number or array as a value of the next stage, as NumPy would make it."""
    made = strong(constant(value))
    assert isinstance(made, Rep)
    return made
