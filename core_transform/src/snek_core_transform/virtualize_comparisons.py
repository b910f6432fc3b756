"""Make comparisons operator calls."""

from __future__ import annotations

import gast

from .context import Context
from .forms import is_plain
from .syntax import SYMBOLS, at, call, constant, load, parameters, rewritten
from .thunks import expression_thunk


def virtualize_comparisons(tree: gast.AST, context: Context) -> gast.AST:
    """Make each comparison a call of `compare`, and a chain an `and_` over them that evaluates each operand once.

    >>> def f(a, b):
    ...     return a < b, a < g() <= b
    >>> print(show(f, after="virtualize_comparisons"))  # doctest: +NORMALIZE_WHITESPACE
    def f(a, b):
        return (operators.compare('<', a, b), (lambda <left>, <right>:
            operators.and_(operators.compare('<', <left>, <right>),
                lambda: operators.compare('<=', <right>, b)))(a, operators.callee(g)()))
    """
    if not context.wants("compare"):
        return tree

    def virtualize(node: gast.AST) -> gast.AST:
        if not isinstance(node, gast.Compare):
            return node
        construct = context.construct(node, "comparison")
        operands = [node.left, *node.comparators]
        symbols = [SYMBOLS[type(symbol).__name__] for symbol in node.ops]
        compare = context.operator(construct, "compare")
        if len(symbols) == 1:
            return at(call(compare, constant(symbols[0]), *operands), node)
        if is_plain(node):
            plain = context.operator(construct, "plain")
            new = [at(call(plain, operand), operand) for operand in operands]
            node.left, node.comparators = new[0], new[1:]
            return node
        # Python evaluates an operand only when the comparisons before it hold, so each later one is a thunk deeper.
        value: gast.expr = call(compare, constant(symbols[-1]), load("<right>"), operands[-1])
        for index in range(len(symbols) - 2, -1, -1):
            first = call(compare, constant(symbols[index]), load("<left>"), load("<right>"))
            both = call(context.operator(construct, "and_"), first, expression_thunk(at(value, node)))
            link = gast.Lambda(parameters(("<left>", "<right>")), both)
            link.is_thunk = True
            left = operands[0] if index == 0 else load("<right>")
            value = call(link, left, operands[index + 1])
        return at(value, node)

    return rewritten(tree, virtualize)
