"""Make arithmetic operator calls."""

from __future__ import annotations

import gast

from .context import Context
from .syntax import SYMBOLS, at, call, constant, rewritten, rules_for

UNARY_SYMBOLS = {"UAdd": "+", "USub": "-", "Invert": "~"}


def virtualize_arithmetic(tree: gast.AST, context: Context) -> gast.AST:
    """Make `x + y` and its like calls of `binary`, and `-x`, `+x`, `~x` calls of `unary`.

    >>> def f(x, y):
    ...     return x + -y * -1
    >>> print(show(f, after="virtualize_arithmetic", operators=RecordingOperators({"arithmetic"})))
    def f(x, y):
        return operators.binary('+', x, operators.binary('*', operators.unary('-', y), -1))
    """
    if not context.wants("arithmetic"):
        return tree

    def virtualize(node: gast.AST, _: gast.AST) -> gast.AST:
        if isinstance(node, gast.BinOp):
            symbol = constant(SYMBOLS[type(node.op).__name__])
            return at(call(context.value_operator("binary"), symbol, node.left, node.right), node)
        # A signed number is a literal.
        if isinstance(node, gast.UnaryOp) and type(node.op).__name__ in UNARY_SYMBOLS and not _is_literal(node.operand):
            symbol = constant(UNARY_SYMBOLS[type(node.op).__name__])
            return at(call(context.value_operator("unary"), symbol, node.operand), node)
        return node

    return rewritten(tree, rules_for(virtualize, gast.BinOp, gast.UnaryOp))


def _is_literal(node: gast.expr) -> bool:
    return isinstance(node, gast.Constant) and type(node.value) in (int, float, complex)
