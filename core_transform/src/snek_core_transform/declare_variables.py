"""Keep every variable a variable of its function, wherever its assignments have moved."""

from __future__ import annotations

import gast

from .context import Context
from .inline import STAGED, choose, forget, is_same
from .scopes import bound_names
from .syntax import after_docstring, assign, at, constant, first_place, own_nodes, store
from .walk import each_function


def declare_variables(tree: gast.AST, context: Context) -> gast.AST:
    """Declare, by an annotation that runs no code, the variables that only thunks assign now.

    >>> def f(x):
    ...     while x:
    ...         y = x
    ...         x -= y
    >>> print(show(f, after="declare_variables", operators=RecordingOperators(CONTROL)).splitlines()[1])
        y: None
    """
    # Inline code leaves assignments, and `yield`, where they are.
    for function in context.functions:
        if context.inline:
            _start(function)
    # What virtualized code calls may hold on to the context, and would to the whole tree.
    context.functions.clear()
    return tree if context.inline else each_function(tree, _declare)


def _start(function: gast.AST) -> None:
    """Say that no test has met a staged value yet."""
    if not hasattr(function, "tests"):
        return
    if isinstance(function, gast.Lambda):
        function.body = at(choose(is_same(forget(), constant(None)), function.body, constant(None)), function.body)
    else:
        start = after_docstring(function.body)
        function.body.insert(start, at(assign(STAGED, constant(None)), first_place(function.body[start])))


def _declare(function: gast.AST) -> None:
    if getattr(function, "is_thunk", False) or isinstance(function, gast.Lambda):
        return
    still = bound_names(function.body)
    missing = [name for name in function.scope.bound if name not in still and name not in function.scope.parameters]
    start = after_docstring(function.body)
    function.body[start:start] = [
        at(gast.AnnAssign(store(name), constant(None), None, 1), function) for name in missing
    ]
    if function.yields and not _yields(function):
        # The `yield` that makes this a generator stood behind a `return`.
        function.body.append(at(gast.If(constant(False), [gast.Expr(gast.Yield(None))], []), function.body[-1]))


def _yields(function: gast.AST) -> bool:
    return any(isinstance(node, gast.Yield | gast.YieldFrom) for node in own_nodes(gast.Module(function.body, [])))
