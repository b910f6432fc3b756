"""Operators that stage as usual, and note for every expression whether its value is dynamic.

A note is a node of the staged program, at the place of the expression that gave the value. So the notes of a trace that
was thrown away (a first look at a loop's types, a recursion that is found late) are gone with it, and what is left
says what the program that was made really holds.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import CodeType, FunctionType, MethodType
from typing import Any

from snek_strategies.staging.builder import builder
from snek_strategies.staging.lists import StagedList, value_of
from snek_strategies.staging.loops import StagedRange
from snek_strategies.staging.object_operators import ObjectOperators
from snek_strategies.staging.optional import Maybe
from snek_strategies.staging.partly_bound import PartlyBound
from snek_strategies.staging.refusal import called_by_the_user, is_users
from snek_strategies.staging.rep import Rep
from snek_strategies.staging.text import StagedText
from snek_strategies.staging.tree_nodes import is_node

STREAM = "binding times"
"""Where the notes are printed to: no stream, for a program with notes is read and never run."""


class NotingOperators(ObjectOperators):
    """`ObjectOperators` with notes; `functions` of the user's were called."""

    groups = ObjectOperators.groups | {"name", "arithmetic", "attribute", "subscript"}

    def __init__(self, unroll: int = 16) -> None:
        super().__init__(unroll)
        self.functions: list[CodeType] = []

    def read(self, name: str, value: object) -> object:
        return noted(super().read(name, value))

    def assign(self, name: str, value: object) -> object:
        return noted(super().assign(name, value), name)

    def call(self, function: Callable[..., object], /, *args: object, **kwargs: object) -> object:
        inner = function.__func__ if isinstance(function, MethodType) else function
        if isinstance(inner, FunctionType) and is_users(inner.__code__.co_filename):
            self._enter(function, inner.__code__, args, kwargs)
        return noted(super().call(function, *args, **kwargs))

    def _enter(self, function: Callable[..., object], code: CodeType, args: Any, kwargs: Any) -> None:
        if code not in self.functions:
            self.functions.append(code)
        try:
            given = inspect.signature(function).bind(*args, **kwargs).arguments
        except TypeError:
            # The call itself says so, as Python does.
            return
        for name, value in given.items():
            note(value, name, str(self.functions.index(code)))


def _noting(operator: str) -> Callable[..., object]:
    meaning = getattr(ObjectOperators, operator)

    def operate(self: NotingOperators, /, *args: object) -> object:
        return noted(meaning(self, *args))

    operate.__name__ = operator
    return operate


for _name in ("binary", "unary", "getattr_", "getitem", "compare", "if_exp", "and_", "or_", "not_", "aug_assign"):
    setattr(NotingOperators, _name, _noting(_name))


def is_dynamic(value: object) -> bool:
    """Tell whether a value is known only in the next stage; what a container holds does not count."""
    if isinstance(value, StagedList):
        return value_of(value) is not None
    return is_node(value) or isinstance(value, (Rep, PartlyBound, Maybe, StagedRange, StagedText))


def noted(value: object, name: str = "") -> object:
    """Emit a note of what the expression that is being staged gives, or gives to a variable, and return it."""
    if called_by_the_user():
        note(value, name, "")
    return value


def note(value: object, name: str, function: str) -> None:
    """Emit a note at the user's place; `function` is the number of the one whose parameter is given the value."""
    texts = (("dynamic" if is_dynamic(value) else "static",), (name,), (function,))
    builder().reflect("print", (), {"texts": texts, "sep": "", "end": "", "stream": STREAM}, types=())
