"""Virtualize every function of a module while it is loaded, before any of them exists."""

from __future__ import annotations

import ast
import inspect
import linecache
from collections.abc import Callable
from types import CellType, CodeType, FunctionType
from typing import Any

from .errors import NoSource, SnekError
from .operators import Operators
from .own_lines import parse
from .virtualize import virtualized_code

GENERIC = "<generic parameters of "
COMPREHENSION_CODES = frozenset({"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"})

Refuse = Callable[[CodeType, SnekError], None]
Take = Callable[[CodeType, CodeType], None]


def virtualize_module(
    code: CodeType, operators: Operators, refuse: Refuse | None = None, take: Take | None = None
) -> CodeType:
    """Return the code of a module whose functions, methods and lambdas call `operators`.

    Code of the module and its class bodies stays as it is: it runs once, and makes the virtualized functions with its
    own decorators, defaults and annotations. The module's text must be readable under the code's file name. A function
    that cannot be virtualized is handed to `refuse` with the error, and keeps its own code; without `refuse` the error
    is raised. Each one that was virtualized is handed to `take`, as it was and as it is.
    Raises `NoSource` and `UnsupportedSyntax` as `virtualize` does.
    """

    def virtualized(value: Any) -> Any:
        if not isinstance(value, CodeType) or value.co_name in COMPREHENSION_CODES:
            return value
        if not value.co_flags & inspect.CO_OPTIMIZED or value.co_name.startswith(GENERIC):
            return virtualize_module(value, operators, refuse, take)
        try:
            new = _virtualized_function(value, operators)
        except SnekError as error:
            if (value.co_name, value.co_firstlineno) in _type_values(value.co_filename):
                return value
            if refuse is None:
                raise
            refuse(value, error)
            return value
        if take is not None:
            take(value, new)
        return new

    return code.replace(co_consts=tuple(virtualized(value) for value in code.co_consts))


def _virtualized_function(code: CodeType, operators: Operators) -> CodeType:
    """Return the virtualized code of a function that does not exist yet."""
    cells = tuple(CellType() for _ in code.co_freevars)
    new = virtualized_code(FunctionType(code, {"__name__": code.co_name}, closure=cells), operators).code
    if new.co_freevars != code.co_freevars:
        raise NoSource(
            f"the cells of {code.co_qualname!r} would change: {code.co_freevars!r} to {new.co_freevars!r}; "
            "virtualize the function when it exists"
        )
    return new


def _type_values(filename: str) -> set[tuple[str, int]]:
    """Return name and line of each `type` alias and type parameter of a file: their code is no function's."""
    kinds = tuple(getattr(ast, name) for name in ("TypeAlias", "TypeVar") if hasattr(ast, name))
    tree = parse("".join(linecache.getlines(filename)), filename)
    nodes = [node for node in ast.walk(tree) if isinstance(node, kinds)]
    return {(getattr(node.name, "id", node.name), node.lineno) for node in nodes}
