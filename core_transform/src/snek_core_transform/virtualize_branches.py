"""Make `if` statements operator calls."""

from __future__ import annotations

import gast

from .construct import Construct
from .context import Context
from .forms import is_bare, is_chain, is_plain
from .inline import ARM, STAGED, both, inner, leave_frame, nothing_staged, resume, something_staged
from .inline_tests import truth_of
from .scoped import Function, each_statement_in_scope
from .syntax import Block, assign, at, call, constant, load
from .thunks import cells, run_thunks, statement_thunk

SEGMENT = 100
GOING_ON = "<going on>"


def virtualize_branches(tree: gast.AST, context: Context) -> gast.AST:
    """Make the branches of an `if` functions, and the `if` a call of `if_stmt`.

    >>> def f(x):
    ...     if x < 0:
    ...         x = 0
    ...     return x
    >>> print(show(f, after="virtualize_branches", operators=RecordingOperators(CONTROL)))
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


def _virtualize(node: gast.stmt, function: Function, context: Context) -> Block:
    if not isinstance(node, gast.If) or getattr(node, "internal", False):
        return [node]
    if context.inline and not is_bare(node):
        return _inline(node, function, context)
    if is_plain(node) or function is None:
        construct = context.construct(node.test, "`if`")
        node.test = at(call(context.operator(construct, "plain"), node.test), node.test)
        return [node]
    construct, scope = context.construct(node.test, "`if`"), function.scope
    body = statement_thunk("<if body>", node.body, scope, node)
    held = cells(construct, node.carried, scope, context.class_name)
    thunks, arm = [body], node
    arms: list[gast.expr] = []
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
    return [*thunks, run_thunks(at(new, context.test_place(node, node.test)), node, context)]


def _inline(node: gast.If, function: Function, context: Context) -> Block:
    """Return an `if` for plain values, whose last arm leaves the frame with a staged one."""
    constructs: list[Construct] = []
    arm, number_arms, is_certain = node, is_chain(node), True
    while True:
        construct = context.construct(arm.test, "`if`")
        if not constructs or constructs[0].fragment:
            construct.fragment = resume(arm, construct, context, known=bool(constructs))
        constructs.append(construct)
        test = truth_of(context, arm, function, len(constructs) if number_arms else None)
        is_certain = is_certain and arm.is_certain
        arm.test = test if is_certain else at(both(nothing_staged(), test), test) if len(constructs) > 1 else test
        if not is_chain(arm):
            break
        arm = arm.orelse[0]
    constructs[0].arms = constructs
    if is_certain and not number_arms:
        return [inner(node)]
    out = leave_frame(constructs[0], load(STAGED), function, node.test, load(ARM) if len(constructs) > 1 else None)
    return _segments(node, at(something_staged(), node.test), out)


def _segments(node: gast.If, is_staged: gast.expr, out: gast.stmt) -> Block:
    """Return the chain with its way out, long ones in pieces: `compile` takes trees of limited depth only."""
    arms: list[gast.If] = [node]
    while is_chain(arms[-1]):
        arms.append(arms[-1].orelse[0])
    pieces = [arms[start : start + SEGMENT] for start in range(0, len(arms), SEGMENT)]
    ending = inner(gast.If(is_staged, [out], arms[-1].orelse))
    result: Block = []
    for piece in pieces:
        is_last = piece is pieces[-1]
        # A staged value, too, goes on to the last piece: every test before it asks whether there is one.
        rest: gast.stmt = ending if is_last else assign(GOING_ON, constant(True))
        for arm in reversed(piece):
            arm.orelse = [at(rest, node)]
            rest = inner(arm)
        if piece is not pieces[0]:
            rest = inner(gast.If(load(GOING_ON), [assign(GOING_ON, constant(False)), rest], []))
        result.append(at(rest, node))
    start = [] if len(pieces) == 1 else [at(assign(GOING_ON, constant(False)), node)]
    return [*start, *result]
