"""The run-time end of one call in inline code: it remembers what it has called, so that the same callee is known again.

What is remembered is a function's own and its code, for a function that its module holds on to by name anyway, and
whose every parameter the call gives: neither its closure nor its defaults can change what the call means.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any

from .callee import converted
from .conversions import BOUND
from .tracebacks import drop_operator_frames

if TYPE_CHECKING:
    from .operators import Operators

TRIES = 8
"""How many callees a call may remember in turn, before it is taken for one that often changes."""


@dataclass(frozen=True, slots=True, eq=False)
class Remembered:
    """A callee, and what is called in its place as long as `owner`, which has its code, has the same."""

    function: object
    owner: Any
    code: CodeType | None
    new: Any


class _Codeless:
    """Stands for the owner of the code of what was not made in Python."""

    __slots__ = ("__code__",)

    def __init__(self) -> None:
        self.__code__ = None


_CODELESS = _Codeless()
_NOTHING = Remembered(object(), _CODELESS, None, None)


@dataclass(frozen=True, slots=True)
class Given:
    """What a call gives: how many positional arguments, and which by keyword."""

    positional: int
    keywords: frozenset[str] = frozenset()

    def fills(self, code: CodeType, bound: int) -> bool:
        """Tell whether each parameter gets an argument, `bound` of them the object of a method, and none is left."""
        count = self.positional + bound
        named = code.co_varnames[count : code.co_argcount + code.co_kwonlyargcount]
        return code.co_posonlyargcount <= count <= code.co_argcount and self.keywords == frozenset(named)


class CallSite:
    """One call of the user's text, or several that remember nothing."""

    __slots__ = ("_given", "_known", "_tries", "entry", "operators")

    def __init__(self, operators: Operators, given: Given | None = None) -> None:
        self.operators, self._given = operators, given
        self._known = BOUND.table(operators)
        self._tries = 0 if given is None else TRIES
        self.entry = _NOTHING

    def callee(self, function: Any, _: None = None) -> Any:
        """Return what the call expression calls in place of `function`, and remember it for the next time.

        What has been called anywhere before is known by one look at a table, unless it has changed since.
        """
        try:
            kind = type(function)
            if kind is BuiltinFunctionType or kind is type:
                inner, new, bound = function, function, 0
            elif kind is FunctionType or kind is MethodType:
                inner, bound = (function, 0) if kind is FunctionType else (function.__func__, 1)
                known = self._known.get(id(inner))
                if (
                    known is None
                    or inner.__code__ is not known[0]
                    or inner.__defaults__ is not known[1]
                    or inner.__kwdefaults__ is not known[2]
                ):
                    return converted(function, self.operators)
                new = known[3] or inner
            else:
                return converted(function, self.operators)
            if self._tries:
                self._tries -= 1
                try:
                    self._remember(inner, new, bound)
                except RecursionError:
                    # At the end of the stack there may be room for the call, and none for remembering it: another time.
                    self._tries += 1
            return function if new is inner else MethodType(new, function.__self__) if bound else new
        except BaseException as error:
            here = error.__traceback__
            if here is None or here.tb_next is None:
                # At the end of the stack there is no room for another call.
                error.__traceback__ = None
            else:
                drop_operator_frames(error)
            raise

    def _remember(self, function: Any, new: Any, bound: int) -> None:
        if type(function) is not FunctionType:
            if _is_steady(function):
                self.entry = Remembered(function, _CODELESS, None, function)
            return
        code = function.__code__
        if self._given is not None and self._given.fills(code, bound) and _is_held(function, function.__globals__):
            self.entry = Remembered(function, function, code, new)


def _is_steady(function: Any) -> bool:
    """Tell whether a module holds on to a class, or a function made in C."""
    if type(function) is BuiltinFunctionType:
        return type(function.__self__) is ModuleType
    return _is_held_class(function)


def _is_held_class(kind: type) -> bool:
    name = getattr(kind, "__module__", None)
    module = sys.modules.get(name) if type(name) is str else None
    return type(module) is ModuleType and _is_held(kind, vars(module))


def _is_held(function: Any, namespace: dict[str, Any]) -> bool:
    """Tell whether a module's variables hold on to a function or class under its own name; no code of others runs."""
    first, *rest = function.__qualname__.split(".")
    found: Any = dict.get(namespace, first)
    for part in rest:
        found = type.__getattribute__(found, "__dict__").get(part) if issubclass(type(found), type) else None
    return found is function or (type(found) in (staticmethod, classmethod) and found.__func__ is function)
