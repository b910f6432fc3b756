"""Virtualize a function: make its constructs calls of an operator set."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from types import BuiltinFunctionType, CellType, CodeType, FunctionType, MethodType
from typing import Any, TypeVar

import gast

from .call_site import CallSite
from .compile_tree import Sealed, sealed_code
from .construct import Construct
from .context import Context
from .conversions import CONVERSIONS
from .deep import in_deep_stack
from .errors import UsageError
from .fragments import Source, number_nodes
from .operators import Operators, PythonOperators
from .passes import PASSES, SHARED
from .program import Program, program_of
from .syntax import Rule, rewritten
from .value_construct import ValueConstruct

Function = TypeVar("Function", bound=Callable[..., Any])

_PYTHON = PythonOperators()


def virtualize(function: Function, operators: Operators = _PYTHON) -> Function:
    """Return `function` with its constructs as calls of `operators`; with `PythonOperators` it answers as before.

    The new function has the old one's globals, closure cells, defaults and names. Usable as a decorator; decorators
    below it have been applied already, and the function that they gave is what is virtualized. Of a method, a partial
    function or an object with `__call__` the Python function in it is; one made in C has none and is given back.
    Raises `NoSource` where the text cannot be had, `UnsupportedSyntax` for what cannot be kept faithful, `UsageError`
    for what is not a function.
    """
    if isinstance(function, MethodType):
        return MethodType(virtualize(function.__func__, operators), function.__self__)  # type: ignore[return-value]
    if isinstance(function, staticmethod | classmethod):
        return type(function)(virtualize(function.__func__, operators))
    if isinstance(function, functools.partial):
        inner = virtualize(function.func, operators)
        return type(function)(inner, *function.args, **function.keywords)  # type: ignore[return-value]
    if isinstance(function, BuiltinFunctionType):
        return function
    if not isinstance(function, FunctionType):
        call = getattr(type(function), "__call__", None)  # noqa: B004 - the method itself is wanted
        if isinstance(call, FunctionType) and not isinstance(function, type):
            return MethodType(virtualize(call, operators), function)  # type: ignore[return-value]
        wrapped = "; virtualize the function below its decorator" if hasattr(function, "__wrapped__") else ""
        raise UsageError(f"not a Python function: {function!r}; hand in a function, a lambda or a method{wrapped}")
    if is_virtualized(function.__code__, operators):
        return function
    made = CONVERSIONS.get(function.__code__, operators)
    if not isinstance(made, Virtualized):
        made = virtualized_code(function, operators)
        CONVERSIONS.put(function.__code__, operators, made, replace=True)
    return made.bind(function)  # type: ignore[return-value]


@dataclass(frozen=True)
class Virtualized:
    """The virtualized code of a function, to be bound to any function that has the original code."""

    code: CodeType

    def bind(self, function: FunctionType) -> FunctionType:
        """Return a function with the new code and everything else of `function`, its live cells among it."""
        cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
        closure = tuple(cells.get(name) or CellType() for name in self.code.co_freevars)
        new = FunctionType(self.code, function.__globals__, function.__name__, function.__defaults__, closure)
        new.__kwdefaults__ = function.__kwdefaults__
        new.__annotations__ = function.__annotations__
        new.__dict__.update(function.__dict__)
        new.__qualname__, new.__doc__, new.__module__ = function.__qualname__, function.__doc__, function.__module__
        if hasattr(function, "__type_params__"):
            new.__type_params__ = function.__type_params__  # type: ignore[attr-defined]
        return new


def virtualized_code(function: FunctionType, operators: Operators) -> Virtualized:
    """Return the virtualized code of `function`; raises as `virtualize` does."""
    code = function.__code__

    def build() -> Sealed:
        program = program_of(function)
        tree = run_passes(program, operators)
        return sealed_code(program, tree, code.co_freevars, code.co_name, program.class_name)

    def found() -> CodeType:
        keeper = None if operators.inline else operators.keeper
        sealed = build() if keeper is None else keeper.code_of(function, operators, build)
        return sealed.opened(code.co_qualname, code.co_name)

    new = in_deep_stack(found)
    # `types.coroutine` has marked the code, and no text says so.
    return Virtualized(new.replace(co_flags=new.co_flags | code.co_flags & inspect.CO_ITERABLE_COROUTINE))


def run_passes(program: Program, operators: Operators, after: str | None = None) -> gast.AST:
    """Return the program's tree after the pass named `after`, or after all."""
    tree = program.new_tree()
    number_nodes(tree)
    context = Context(
        program.filename,
        program.lines,
        operators,
        operators.inline,
        program.class_name,
        Source(program, operators) if operators.inline else None,
        frozenset(program.function.__code__.co_freevars),
    )
    return _run(tree, context, after)


def operator_form(
    program: Program, tree: gast.AST, operators: Operators, class_name: str | None, outer_cells: frozenset[str]
) -> gast.AST:
    """Return a piece of a program in operator form, whatever the operator set does with plain values."""
    context = Context(program.filename, program.lines, operators, False, class_name, None, outer_cells)
    return _run(tree, context, None)


def _run(tree: gast.AST, context: Context, after: str | None) -> gast.AST:
    shared: dict[type, Rule] = {}
    for step, following in zip(PASSES, (*PASSES[1:], None), strict=True):
        is_last = step.__name__ == after
        if step in SHARED:
            shared |= SHARED[step](context)
            if following not in SHARED or is_last:
                tree, shared = rewritten(tree, shared), {}
        else:
            tree = step(tree, context)
        if is_last:
            break
    return tree


def is_virtualized(code: CodeType, operators: Operators) -> bool:
    """Tell whether a code object calls `operators` already."""
    return any(
        value is operators
        or (isinstance(value, CallSite | Construct | ValueConstruct) and value.operators is operators)
        or (isinstance(value, CodeType) and is_virtualized(value, operators))
        for value in code.co_consts
    )
