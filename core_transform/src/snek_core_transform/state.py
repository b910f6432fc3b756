"""Note, on every construct, the variables it carries, and on every function, its names."""

from __future__ import annotations

from dataclasses import replace

import gast

from .context import Context
from .liveness import carried_names
from .scopes import scope_of
from .syntax import own_nodes
from .walk import each_function


def note_state(tree: gast.AST, context: Context) -> gast.AST:
    """Note what `virtualize_loops` and `virtualize_branches` need to know, before either changes the tree.

    >>> def f(x):
    ...     if x:
    ...         y = x
    ...         x = y + y
    ...     return x
    >>> print(show(f, after="note_state"))
    def f(x):
        if x:
            y = x
            x = y + y
        return x
    """
    # Inline code carries no state, and binds what `prepare` has noted.
    return tree if context.inline else each_function(tree, _note)


def _note(function: gast.AST) -> None:
    scope = scope_of(function)
    # What stood behind a `return` is gone, but the names that it bound are still the function's.
    function.scope = replace(scope, bound={**function.scope.bound, **scope.bound})
    if isinstance(function, gast.Lambda):
        return
    carried = carried_names(function, scope)
    for node in own_nodes(gast.Module(function.body, [])):
        if id(node) in carried:
            node.carried = carried[id(node)]
