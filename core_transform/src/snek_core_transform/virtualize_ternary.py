"""Make conditional expressions operator calls."""

from __future__ import annotations

import gast

from .context import Context
from .forms import is_plain
from .syntax import at, call, rewritten
from .thunks import expression_thunk


def virtualize_ternary(tree: gast.AST, context: Context) -> gast.AST:
    """Make `a if c else b` a call of `if_exp`.

    >>> def f(a, b, c):
    ...     return a if c else b
    >>> print(show(f, after="virtualize_ternary"))
    def f(a, b, c):
        return operators.if_exp(c, lambda: a, lambda: b)
    """
    if not context.wants("branch"):
        return tree

    def virtualize(node: gast.AST) -> gast.AST:
        if not isinstance(node, gast.IfExp):
            return node
        construct = context.construct(node, "conditional expression")
        if is_plain(node):
            node.test = at(call(context.operator(construct, "plain"), node.test), node.test)
            return node
        operator = context.operator(construct, "if_exp")
        return at(call(operator, node.test, expression_thunk(node.body), expression_thunk(node.orelse)), node)

    return rewritten(tree, virtualize)
