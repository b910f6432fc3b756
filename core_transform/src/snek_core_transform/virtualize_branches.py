"""Make `if` statements operator calls."""

from __future__ import annotations

import gast

from .context import Context
from .forms import is_plain
from .scoped import each_statement_in_scope, is_chain
from .scopes import Scope
from .syntax import Block, at, call, load
from .thunks import cells, statement_thunk


def virtualize_branches(tree: gast.AST, context: Context) -> gast.AST:
    """Make the branches of an `if` functions, and the `if` a call of `if_stmt`.

    >>> def f(x):
    ...     if x < 0:
    ...         x = 0
    ...     return x
    >>> print(show(f, after="virtualize_branches"))
    def f(x):
        def <if body>():
            nonlocal x
            x = 0
        def <if orelse>():
            pass
        operators.if_stmt(x < 0, <if body>, <if orelse>, lambda: (x,))
        return x
    """
    if not context.wants("branch"):
        return tree
    return each_statement_in_scope(tree, context, _virtualize)


def _virtualize(node: gast.stmt, scope: Scope | None, context: Context) -> Block:
    if not isinstance(node, gast.If):
        return [node]
    if is_plain(node) or scope is None:
        construct = context.construct(node.test, "`if`")
        node.test = at(call(context.operator(construct, "plain"), node.test), node.test)
        return [node]
    construct = context.construct(node.test, "`if`")
    body = statement_thunk("<if body>", node.body, scope, node)
    held = cells(construct, node.carried, scope, context.class_name)
    thunks, arms, arm = [body], [], node
    while is_chain(arm):
        arm = arm.orelse[0]
        number = len(arms) // 2 + 2
        test_name, body_name = f"<if test {number}>", f"<if body {number}>"
        thunks.append(statement_thunk(test_name, [at(gast.Return(arm.test), arm.test)], scope, arm))
        thunks.append(statement_thunk(body_name, arm.body, scope, arm))
        arms += [load(test_name), load(body_name)]
    thunks.append(statement_thunk("<if orelse>", arm.orelse or [gast.Pass()], scope, node))
    method = "if_chain" if arms else "if_stmt"
    chain = [gast.Tuple(arms, gast.Load())] if arms else []
    operator = context.operator(construct, method)
    new = call(operator, node.test, load("<if body>"), *chain, load("<if orelse>"), held)
    return [*thunks, at(gast.Expr(at(new, node.test)), node)]
