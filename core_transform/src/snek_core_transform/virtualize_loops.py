"""Make `while` and `for` statements operator calls."""

from __future__ import annotations

import gast

from .context import Context
from .forms import is_plain
from .scoped import each_statement_in_scope
from .scopes import Scope
from .syntax import Block, at, call, constant, load
from .thunks import cells, expression_thunk, statement_thunk


def virtualize_loops(tree: gast.AST, context: Context) -> gast.AST:
    """Make the body and the test of a loop functions, and the loop a call of `while_stmt` or `for_stmt`.

    >>> def f(n):
    ...     while n > 1:
    ...         n = n // 2
    ...     return n
    >>> print(show(f, after="virtualize_loops"))
    def f(n):
        def <while test>():
            return n > 1
        def <while body>():
            nonlocal n
            n = n // 2
        operators.while_stmt(<while test>, <while body>, lambda: (n,))
        return n
    """
    if not context.wants("loop"):
        return tree
    return each_statement_in_scope(tree, context, _virtualize)


def _virtualize(node: gast.stmt, scope: Scope | None, context: Context) -> Block:
    if isinstance(node, gast.While):
        return _while(node, scope, context)
    if isinstance(node, gast.For | gast.AsyncFor):
        return _for(node, scope, context)
    return [node]


def _while(node: gast.While, scope: Scope | None, context: Context) -> Block:
    construct = context.construct(node.test, "`while`")
    if is_plain(node) or scope is None:
        node.test = at(call(context.operator(construct, "plain"), node.test), node.test)
        return [node]
    test = node.test
    if hasattr(node, "flag"):
        going_on = call(context.operator(construct, "not_"), load(node.flag))
        test = at(call(context.operator(construct, "and_"), going_on, expression_thunk(test)), test)
    held = cells(construct, node.carried, scope, context.class_name)
    return [
        statement_thunk("<while test>", [at(gast.Return(test), test)], scope, node.test),
        statement_thunk("<while body>", node.body, scope, node),
        _run(context.operator(construct, "while_stmt"), [load("<while test>"), load("<while body>"), held], node.test),
    ]


def _for(node: gast.For | gast.AsyncFor, scope: Scope | None, context: Context) -> Block:
    construct = context.construct(node.iter, "`for`")
    if is_plain(node) or scope is None or isinstance(node, gast.AsyncFor):
        node.iter = at(call(context.operator(construct, "plain"), node.iter), node.iter)
        return [node]
    take = at(gast.Assign([node.target], load("<item>"), None), node.target)
    thunks = [statement_thunk("<for body>", [take, *node.body], scope, node, ("<item>",))]
    test: gast.expr = constant(None)
    if hasattr(node, "flag"):
        going_on = gast.Return(call(context.operator(construct, "not_"), load(node.flag)))
        thunks.append(statement_thunk("<for test>", [going_on], scope, node.iter))
        test = load("<for test>")
    held = cells(construct, node.carried, scope, context.class_name)
    operator = context.operator(construct, "for_stmt")
    return [*thunks, _run(operator, [node.iter, test, load("<for body>"), held], node.iter)]


def _run(operator: gast.expr, arguments: list[gast.expr], place: gast.AST) -> gast.stmt:
    return at(gast.Expr(call(operator, *arguments)), place)
