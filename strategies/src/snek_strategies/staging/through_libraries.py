"""Functions of libraries around the user's: `contextmanager`, `wraps`, `singledispatch` call those from within."""

from __future__ import annotations

import functools
from types import CellType, FunctionType
from typing import TYPE_CHECKING, Any

import numpy as np

from snek_core_transform.callee import Callee, is_library
from snek_strategies.ir.types import PYTHON_TYPES, Array, Scalar
from snek_strategies.staging.protocols import is_users_function
from snek_strategies.staging.refusal import refuse
from snek_strategies.staging.rep import Rep

if TYPE_CHECKING:
    from snek_strategies.staging.operators import StagingOperators

_DISPATCH = functools.singledispatch(lambda _: None).__code__  # type: ignore[attr-defined]


def through(function: Any, operators: StagingOperators) -> Any:
    """Return a library's function with the user's that it closes over called by the operators; others as they are."""
    if type(function) is not FunctionType or not function.__closure__ or not is_library(function.__code__.co_filename):
        return function
    if function.__code__ is _DISPATCH:
        return functools.partial(_dispatched, operators, function.dispatch)  # type: ignore[attr-defined]
    cells = tuple(_called(cell, operators) for cell in function.__closure__)
    if all(new is old for new, old in zip(cells, function.__closure__, strict=True)):
        return function
    made = FunctionType(function.__code__, function.__globals__, function.__name__, function.__defaults__, cells)
    made.__kwdefaults__ = function.__kwdefaults__
    made.__dict__.update(vars(function))
    return made


def _called(cell: CellType, operators: StagingOperators) -> CellType:
    try:
        held = cell.cell_contents
    except ValueError:
        return cell
    return CellType(Callee(held, operators)) if is_users_function(held) else cell


def _dispatched(operators: StagingOperators, dispatch: Any, /, *args: Any, **kwargs: Any) -> object:
    """Call the function that `singledispatch` chooses by the class of the first argument."""
    return operators.call(dispatch(_class_of(args[0])), *args, **kwargs)


def _class_of(value: object) -> type:
    """Return the class that a value has in Python."""
    if not isinstance(value, Rep):
        return type(value)
    if isinstance(value.type, Scalar):
        return next(python for python, kind in PYTHON_TYPES.items() if kind == value.type.kind)
    if isinstance(value.type, Array) and value.type.dims:
        return np.ndarray
    return refuse(
        "the class of a NumPy value of rank 0, which may be a scalar or an array, chooses a function; test its dtype",
        code="SNK0201",
    )
