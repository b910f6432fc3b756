"""Make calls operator calls."""

from __future__ import annotations

import gast

from .context import Context
from .syntax import at, call, embedded, rewritten


def virtualize_calls(tree: gast.AST, context: Context) -> gast.AST:
    """Ask the operator set, at each call, what is called.

    The call itself stays where it is: its arguments, its errors and its place are Python's.

    >>> def f(x):
    ...     return g(x, *x, key=x)
    >>> print(show(f, after="virtualize_calls"))
    def f(x):
        return operators.callee(g)(x, *x, key=x)
    """
    if not context.wants("call"):
        return tree

    def virtualize(node: gast.AST, function: gast.AST) -> gast.AST:
        if isinstance(node, gast.Call) and embedded(node.func) is None:
            construct = context.construct(node, "call")
            node.func = at(call(context.operator(construct, "callee"), node.func), node.func)
        return node

    return rewritten(tree, virtualize)
