"""Keep every variable a variable of its function, wherever its assignments have moved."""

from __future__ import annotations

import gast

from .context import Context
from .scopes import bound_names
from .syntax import Block, at, constant, own_nodes, store
from .walk import each_function


def declare_variables(tree: gast.AST, context: Context) -> gast.AST:
    """Declare, by an annotation that runs no code, the variables that only thunks assign now.

    >>> def f(x):
    ...     while x:
    ...         y = x
    ...         x -= y
    >>> print(show(f, after="declare_variables").splitlines()[1])
        y: None
    """
    return each_function(tree, _declare)


def _declare(function: gast.AST) -> None:
    if getattr(function, "is_thunk", False) or isinstance(function, gast.Lambda):
        return
    still = bound_names(function.body)
    missing = [name for name in function.scope.bound if name not in still and name not in function.scope.parameters]
    outside = {name for name in function.scope.parameters}
    declarations: Block = [
        at(gast.AnnAssign(store(name), constant(None), None, 1), function) for name in missing if name not in outside
    ]
    first = function.body[0]
    is_text = isinstance(first, gast.Expr) and isinstance(first.value, gast.Constant) and isinstance(first.value.value, str)
    function.body[1 if is_text else 0 : 1 if is_text else 0] = declarations
    if function.suspends and not isinstance(function, gast.AsyncFunctionDef) and not _suspends(function):
        # The `yield` that makes this a generator stood behind a `return`.
        function.body.append(at(gast.If(constant(False), [gast.Expr(gast.Yield(None))], []), function.body[-1]))


def _suspends(function: gast.AST) -> bool:
    return any(isinstance(node, gast.Yield | gast.YieldFrom) for node in own_nodes(gast.Module(function.body, [])))
