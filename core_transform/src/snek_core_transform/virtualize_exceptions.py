"""Tell operators of exceptions: raised, asserted, caught, and of the blocks that watch for them."""

from __future__ import annotations

import gast

from .context import Context
from .scoped import Function, each_statement_in_scope
from .syntax import Block, at, call


def virtualize_exceptions(tree: gast.AST, context: Context) -> gast.AST:
    """Pass through operators what `raise`, `assert` and `except` are given, and tell them of the blocks of a `try`.

    >>> def f(x):
    ...     try:
    ...         raise x from None
    ...     except KeyError:
    ...         raise
    ...     finally:
    ...         assert x
    >>> print(show(f, after="virtualize_exceptions", operators=RecordingOperators({"exception"})))
    def f(x):
        operators.try_()
        try:
            raise operators.raise_(x) from operators.cause(None)
        except operators.except_(KeyError):
            operators.caught()
            operators.reraise()
            raise
        finally:
            operators.finally_()
            assert operators.assert_(x)
    """
    return each_statement_in_scope(tree, context, _virtualize) if context.wants("exception") else tree


def _virtualize(node: gast.stmt, _: Function, context: Context) -> Block:
    def passed(operator: str, value: gast.expr) -> gast.expr:
        return at(call(context.value_operator(operator), value), value)

    def tell(construct: str, place: gast.AST) -> gast.stmt:
        return at(gast.Expr(call(context.value_construct(construct))), place)

    if isinstance(node, gast.Raise):
        if node.exc is None:
            return [tell("reraise", node), node]
        node.exc = passed("raise_", node.exc)
        node.cause = node.cause and passed("cause", node.cause)
    elif isinstance(node, gast.Assert):
        context.keep_assert_place(node)
        node.test = passed("assert_", node.test)
    elif isinstance(node, gast.Try | gast.TryStar):
        for handler in node.handlers:
            handler.type = handler.type and passed("except_", handler.type)
            handler.body = [tell("caught", handler), *handler.body]
        if node.finalbody:
            node.finalbody = [tell("finally_", node.finalbody[0]), *node.finalbody]
        start = at(gast.Expr(call(context.value_operator("try_"))), node)
        return [start, node]
    return [node]
