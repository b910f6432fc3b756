"""Make calls operator calls."""

from __future__ import annotations

import sys

import gast

from .context import Context
from .syntax import Rules, at, call, embedded, rewritten


def virtualize_calls(tree: gast.AST, context: Context) -> gast.AST:
    """Ask the operator set, at each call, what is called.

    The call itself stays where it is: its arguments, its errors and its place are Python's.

    >>> def f(x):
    ...     return g(x, *x, key=x)
    >>> print(show(f, after="virtualize_calls"))
    def f(x):
        return operators.callee(g)(x, *x, key=x)
    """
    return rewritten(tree, call_rules(context))


def call_rules(context: Context) -> Rules:
    """Return what is done to calls."""
    construct = context.call_construct()

    def virtualize(node: gast.AST, _: gast.AST) -> gast.AST:
        if embedded(node.func) is None:
            _place_as_method(node)
            node.func = at(call(context.operator(construct, "callee"), node.func), node.func)
        return node

    return {gast.Call: virtualize} if context.wants("call") else {}


def _place_as_method(node: gast.Call) -> None:
    """Place a call where Python places one of a method: over several lines, at the attribute's name."""
    method = getattr(node.func, "method", node.func)
    starred = any(isinstance(argument, gast.Starred) for argument in node.args)
    if not isinstance(method, gast.Attribute) or starred or any(keyword.arg is None for keyword in node.keywords):
        return
    width = len(method.attr)
    if node.lineno != method.end_lineno and width <= method.end_col_offset:
        # What is made of the call later stands where the user wrote it.
        node.shown_at = {"lineno": method.end_lineno, "col_offset": method.end_col_offset - width}
        if sys.version_info >= (3, 12):
            node.shown_at |= {"end_lineno": method.end_lineno, "end_col_offset": method.end_col_offset}
