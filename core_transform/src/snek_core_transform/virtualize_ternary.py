"""Make conditional expressions operator calls."""

from __future__ import annotations

import gast

from .context import Context
from .forms import is_bare, is_plain
from .fragments import GIVEN
from .inline import STAGED, choose, leave, nothing_staged
from .inline_tests import truth_of
from .syntax import at, call, load, rewritten
from .thunks import expression_thunk


def virtualize_ternary(tree: gast.AST, context: Context) -> gast.AST:
    """Make `a if c else b` a call of `if_exp`.

    >>> def f(a, b, c):
    ...     return a if c else b
    >>> print(show(f, after="virtualize_ternary", operators=RecordingOperators(CONTROL)))
    def f(a, b, c):
        return operators.if_exp(c, lambda: a, lambda: b)
    """
    if not context.wants("branch") or gast.IfExp not in context.kinds:
        return tree

    def virtualize(node: gast.AST, function: gast.AST) -> gast.AST:
        construct = context.construct(node, "conditional expression")
        if context.inline and not is_plain(node) and not is_bare(node):
            number = node.number

            def rest() -> list[gast.stmt]:
                original = context.original(number)
                value = gast.IfExp(at(load(GIVEN), original.test), original.body, original.orelse)
                return [at(gast.Return(at(value, original)), original)]

            test = truth_of(context, node, function)
            if node.is_certain:
                return at(choose(test, node.body, node.orelse), node)
            out = leave(construct, context.fragment(node, construct, rest), load(STAGED), function)
            otherwise = choose(nothing_staged(), node.orelse, out)
            return at(choose(test, node.body, otherwise), node)
        if is_plain(node):
            node.test = at(call(context.operator(construct, "plain"), node.test), node.test)
            return node
        operator = context.value_operator("if_exp")
        return at(call(operator, node.test, expression_thunk(node.body), expression_thunk(node.orelse)), node)

    return rewritten(tree, {gast.IfExp: virtualize})
