"""Arguments that are neither data nor hold any: functions, classes, modules, members of enumerations and such.

They are static, as numbers of Python's are. What a function or a class holds is looked at on every call, as what is
read from outside is.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from datetime import date, time, timedelta, tzinfo
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePath
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any
from uuid import UUID

import numpy as np

PLAIN = (bool, int, float, complex, str, bytes, type(None))
"""Numbers and texts."""

VALUES = (Fraction, Decimal, PurePath, UUID, re.Pattern, date, time, timedelta, tzinfo)
"""Classes whose instances never change, and are the same where they are equal and look the same."""

OBJECTS = (
    FunctionType, MethodType, BuiltinFunctionType, functools.partial, np.ufunc, type(np.sum), ModuleType, type,
)  # fmt: skip
"""Classes whose instances are known by what they are."""


class Same:
    """Stands in a key for one object: it equals itself only, whatever its class says."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other.value is self.value

    def __hash__(self) -> int:
        return id(self.value)


def is_static_object(value: object) -> bool:
    """Tell whether a value is static though it is no number or text."""
    if isinstance(value, BuiltinFunctionType):
        # A method of an object's does something to it.
        return value.__self__ is None or isinstance(value.__self__, (ModuleType, type))
    if isinstance(value, frozenset):
        return all(isinstance(one, PLAIN) for one in value)
    return isinstance(value, (*VALUES, *OBJECTS))


def key_of_static(value: Any, key: Callable[[object], object]) -> object:
    """Return what such a value is known by; functions of one text that hold the same are the same.

    `key` is for what they hold.
    """
    if isinstance(value, FunctionType):
        return _key_of_function(value, key)
    if isinstance(value, functools.partial):
        return (functools.partial, key(value.func), _held(value.args, key), _held(tuple(value.keywords.items()), key))
    if isinstance(value, MethodType):
        return (MethodType, Same(value.__func__), Same(value.__self__))
    if isinstance(value, frozenset):
        return (frozenset, frozenset(map(key, value)))  # {1} equals {True}
    if isinstance(value, OBJECTS):
        return (type(value), Same(value))
    # Two times of day may be one moment, and two decimal numbers of other lengths one number.
    return (type(value), value, repr(value))


def _key_of_function(function: FunctionType, key: Callable[[object], object]) -> object:
    """Return the same for the functions that one `lambda` makes at every call, while they close over the same."""
    if vars(function) or function.__kwdefaults__:
        return Same(function)
    try:
        cells = tuple(cell.cell_contents for cell in function.__closure__ or ())
    except ValueError:
        return Same(function)
    return (
        FunctionType, function.__code__, Same(function.__globals__), _held(cells, key),
        _held(function.__defaults__ or (), key),
    )  # fmt: skip


def _held(values: tuple[object, ...], key: Callable[[object], object]) -> object:
    return tuple(
        _held(one, key) if type(one) is tuple
        else key(one) if isinstance(one, PLAIN) or is_static_object(one)
        else Same(one)
        for one in values
    )  # fmt: skip
