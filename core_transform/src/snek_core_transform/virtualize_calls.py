"""Make calls operator calls."""

from __future__ import annotations

import sys

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

    def virtualize(node: gast.AST, _: gast.AST) -> gast.AST:
        if isinstance(node, gast.Call) and embedded(node.func) is None:
            construct = context.construct(node, "call")
            _place_as_method(node)
            node.func = at(call(context.operator(construct, "callee"), node.func), node.func)
        return node

    return rewritten(tree, virtualize)


def _place_as_method(node: gast.Call) -> None:
    """Place a call where Python places one of a method: over several lines, at the attribute's name."""
    method = getattr(node.func, "method", node.func)
    starred = any(isinstance(argument, gast.Starred) for argument in node.args)
    if not isinstance(method, gast.Attribute) or starred or any(keyword.arg is None for keyword in node.keywords):
        return
    width = len(method.attr)
    if node.lineno != method.end_lineno and width <= method.end_col_offset:
        node.lineno, node.col_offset = method.end_lineno, method.end_col_offset - width
        if sys.version_info >= (3, 12):
            node.end_lineno, node.end_col_offset = method.end_lineno, method.end_col_offset
