"""What a call in virtualized code calls: user code is virtualized on the way in, everything else is called as it is."""

from __future__ import annotations

import builtins
import collections
import dataclasses
import functools
import importlib
import importlib.util
import inspect
import linecache
import os
import site
import sys
import sysconfig
import typing
import warnings
from types import CodeType, FunctionType, MethodType
from typing import TYPE_CHECKING, Any

from .conversions import AS_IT_IS, BOUND, CONVERSIONS, Entry
from .errors import NoSource
from .tracebacks import drop_operator_frames, warn_of_user

if TYPE_CHECKING:
    from .operators import Operators

FRAME_READERS: tuple[Any, ...] = (
    builtins.locals, builtins.vars, builtins.dir, builtins.eval, builtins.exec, builtins.globals, builtins.super,
    builtins.breakpoint, sys._getframe, inspect.currentframe,
    warnings.warn, collections.namedtuple, dataclasses.make_dataclass, typing.NamedTuple, typing.TypedDict,
    typing.NewType, typing.TypeVar, typing.TypeVarTuple, typing.ParamSpec,
    *([typing.TypeAliasType] if hasattr(typing, "TypeAliasType") else []),
    *([sys._getframemodulename] if hasattr(sys, "_getframemodulename") else []),
)  # fmt: skip
"""What looks at the frame that calls it, so that no operator may stand between."""

_FRAME_READERS = frozenset(map(id, FRAME_READERS))
_LOADED_AGAIN = {reader.__name__: reader.__module__ for reader in FRAME_READERS if type(reader) is FunctionType}
"""Those that are Python functions, by name: their module may have been loaded again, as others."""


class Callee:
    """A callable that hands its call to the call operator; errors in the arguments name the user's function."""

    def __init__(self, function: Any, operators: Operators) -> None:
        self.function, self.operators = function, operators
        self.__module__ = getattr(function, "__module__", None)  # type: ignore[assignment]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.function, name)

    def __call__(self, /, *args: object, **kwargs: object) -> object:
        """Call the function as the operator set says."""
        try:
            return self.operators.call(self.function, *args, **kwargs)
        except BaseException as error:
            # The frame of the function called, which the traceback keeps, leads back to this one.
            del self, args, kwargs
            drop_operator_frames(error)
            raise


def callee_for(function: Any, operators: Operators) -> Any:
    """Return what stands for `function` in a call expression where calls are operators."""
    if _reads_frame(function, type(function)):
        return warn_of_user if function is warnings.warn else function
    return Callee(function, operators)


def _reads_frame(function: Any, kind: type) -> bool:
    if id(function) in _FRAME_READERS:
        return True
    return kind is FunctionType and _LOADED_AGAIN.get(function.__name__, "") == function.__module__


def overrides_call(operators: Operators) -> bool:
    """Tell whether the operator set gives calls a meaning of its own."""
    return type(operators).call is not _later("operators").Operators.call


def converted(function: Any, operators: Operators) -> Any:
    """Return `function` virtualized with `operators` where it is user code, and otherwise `function` itself.

    A function is user code by where its file lies: not in the standard library, an installed package or Snek. Classes,
    builtins and C functions are called as they are; methods, partial functions and callable objects are looked into.
    """
    kind = type(function)
    if kind is FunctionType:
        return _converted_function(function, operators)
    if kind is MethodType:
        inner = converted(function.__func__, operators)
        return function if inner is function.__func__ else MethodType(inner, function.__self__)
    if kind is functools.partial:
        inner = converted(function.func, operators)
        return function if inner is function.func else functools.partial(inner, *function.args, **function.keywords)
    call = getattr(kind, "__call__", None)  # noqa: B004 - the method itself is wanted
    if type(call) is FunctionType and not issubclass(kind, type):
        inner = _converted_function(call, operators)
        return function if inner is call else MethodType(inner, function)
    return function


def _converted_function(function: FunctionType, operators: Operators) -> FunctionType:
    code = function.__code__
    entry = BOUND.table(operators).get(id(function))
    if entry is not None and code is entry[0] and _same_defaults(function, entry):
        return entry[3] or function
    made = CONVERSIONS.get(code, operators)
    if made is None:
        made = CONVERSIONS.put(code, operators, _conversion(function, operators))
    new: FunctionType | None = None if made is AS_IT_IS else made.bind(function)
    BOUND.put(function, operators, new)
    return new or function


def _same_defaults(function: FunctionType, entry: Entry) -> bool:
    return function.__defaults__ is entry[1] and function.__kwdefaults__ is entry[2]


def _conversion(function: FunctionType, operators: Operators) -> object:
    code = function.__code__
    if _later("virtualize").is_virtualized(code, operators) or not is_user_code(code, function.__globals__):
        return AS_IT_IS
    try:
        return _later("virtualize").virtualized_code(function, operators)
    except NoSource:
        return AS_IT_IS


@functools.cache
def _later(name: str) -> Any:
    """Return a module that imports this one; looked up once, since a program may replace `__import__`."""
    return importlib.import_module(f"{__package__}.{name}")


def is_user_code(code: CodeType, namespace: dict[str, Any]) -> bool:
    """Tell whether a code object is the user's: its text can be had, and it lies in no library and not in Snek."""
    filename = code.co_filename
    return not is_library(filename) and bool(linecache.getlines(filename, namespace))


@functools.lru_cache(maxsize=4096)
def is_library(filename: str) -> bool:
    """Tell whether a file belongs to the standard library, an installed package or Snek's own machinery."""
    if filename.startswith("<frozen "):
        return True
    path = os.path.realpath(filename)
    return any(path.startswith(folder) for folder in _library_folders())


@functools.lru_cache(maxsize=1)
def _library_folders() -> tuple[str, ...]:
    """Return the folders of the standard library, of installed packages and of Snek's own machinery."""
    paths = sysconfig.get_paths()
    folders = {paths[key] for key in ("stdlib", "platstdlib", "purelib", "platlib")}
    folders.update(site.getsitepackages())
    folders.add(site.getusersitepackages())
    folders.add(os.path.dirname(os.__file__))
    for package in ("snek_core_transform", "snek_strategies", "snek_harness", "snek_reports", "snek"):
        spec = importlib.util.find_spec(package)
        folders.update((spec and spec.submodule_search_locations) or ())
    return tuple(os.path.realpath(folder) + os.sep for folder in folders)
