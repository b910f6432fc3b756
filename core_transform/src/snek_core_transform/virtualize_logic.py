"""Make `and`, `or` and `not` operator calls."""

from __future__ import annotations

import gast

from .context import Context
from .forms import is_plain
from .syntax import at, call, rewritten
from .thunks import expression_thunk


def virtualize_logic(tree: gast.AST, context: Context) -> gast.AST:
    """Make `and`, `or` and `not` calls of `and_`, `or_` and `not_`, whose right operands are thunks.

    >>> def f(a, b):
    ...     return not a or b
    >>> print(show(f, after="virtualize_logic"))
    def f(a, b):
        return operators.or_(operators.not_(a), lambda: b)
    """
    if not context.wants("logic"):
        return tree

    def virtualize(node: gast.AST) -> gast.AST:
        if isinstance(node, gast.UnaryOp) and isinstance(node.op, gast.Not):
            construct = context.construct(node, "`not`")
            return at(call(context.operator(construct, "not_"), node.operand), node)
        if not isinstance(node, gast.BoolOp):
            return node
        word = "and" if isinstance(node.op, gast.And) else "or"
        construct = context.construct(node, f"`{word}`")
        if is_plain(node):
            plain = context.operator(construct, "plain")
            node.values = [*(at(call(plain, value), value) for value in node.values[:-1]), node.values[-1]]
            return node
        thunks = [expression_thunk(value) for value in node.values[1:]]
        return at(call(context.operator(construct, f"{word}_"), node.values[0], *thunks), node)

    return rewritten(tree, virtualize)
