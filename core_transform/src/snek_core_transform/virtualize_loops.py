"""Make `while` and `for` statements operator calls."""

from __future__ import annotations

import gast

from .construct import Construct
from .context import Context
from .forms import is_bare, is_plain
from .fragments import iterator_name
from .inline import PLAIN_ITERABLES, STAGED, has_type_in, inner, leave_frame, resume, something_staged, staged
from .inline_tests import truth_of
from .scoped import Function, each_statement_in_scope
from .syntax import Block, assign, at, call, constant, embed, load
from .thunks import cells, expression_thunk, run_thunks, statement_thunk


def virtualize_loops(tree: gast.AST, context: Context) -> gast.AST:
    """Make the body and the test of a loop functions, and the loop a call of `while_stmt` or `for_stmt`.

    >>> def f(n):
    ...     while n > 1:
    ...         n = n // 2
    ...     return n
    >>> print(show(f, after="virtualize_loops", operators=RecordingOperators(CONTROL)))
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


def _virtualize(node: gast.stmt, function: Function, context: Context) -> Block:
    if isinstance(node, gast.While):
        return _while(node, function, context)
    if isinstance(node, gast.For | gast.AsyncFor):
        return _for(node, function, context)
    return [node]


def _while(node: gast.While, function: Function, context: Context) -> Block:
    construct = context.construct(node.test, "`while`")
    if context.inline and not is_bare(node):
        test = truth_of(context, node, function)
        if not node.is_certain:
            construct.fragment = resume(node, construct, context)
            out = leave_frame(construct, load(STAGED), function, node.test)
            node.orelse = [at(inner(gast.If(at(something_staged(), node.test), [out], node.orelse)), node)]
        node.test = test
        return [node]
    if is_plain(node) or function is None:
        node.test = at(call(context.operator(construct, "plain"), node.test), node.test)
        return [node]
    test, scope = node.test, function.scope
    if hasattr(node, "flag"):
        going_on = call(context.value_operator("not_"), load(node.flag))
        test = at(call(context.operator(construct, "and_"), going_on, expression_thunk(test)), test)
    held = cells(construct, node.carried, scope, context.class_name)
    place = context.test_place(node, node.test)
    run = call(context.operator(construct, "while_stmt"), load("<while test>"), load("<while body>"), held)
    return [
        statement_thunk("<while test>", [at(gast.Return(test), test)], scope, node.test),
        statement_thunk("<while body>", node.body, scope, node),
        run_thunks(run, place, context),
    ]


def _for(node: gast.For | gast.AsyncFor, function: Function, context: Context) -> Block:
    construct = context.construct(node.iter, "`for`")
    if context.inline and isinstance(node, gast.For) and not is_bare(node):
        fragment = resume(node, construct, context)
        if fragment:
            construct.fragment = fragment
            return _inline_for(node, construct, function, context)
    if context.inline or is_plain(node) or function is None or isinstance(node, gast.AsyncFor):
        node.iter = at(call(context.operator(construct, "plain"), node.iter), node.iter)
        return [node]
    scope = function.scope
    take = at(gast.Assign([node.target], load("<item>"), None), node.target)
    # The thunk's frame, which a traceback may keep, holds an item no longer than its variables do.
    let_go = at(gast.Delete([gast.Name("<item>", gast.Del(), None, None)]), node.target)
    thunks = [statement_thunk("<for body>", [take, let_go, *node.body], scope, node, ("<item>",))]
    test: gast.expr = constant(None)
    if hasattr(node, "flag"):
        going_on = gast.Return(call(context.value_operator("not_"), load(node.flag)))
        thunks.append(statement_thunk("<for test>", [going_on], scope, node.iter))
        test = load("<for test>")
    held = cells(construct, node.carried, scope, context.class_name)
    run = call(context.operator(construct, "for_stmt"), node.iter, test, load("<for body>"), held)
    return [*thunks, run_thunks(run, context.iteration_place(node), context)]


def _inline_for(node: gast.For, construct: Construct, function: Function, context: Context) -> Block:
    """Return a `for` over plain values, with its iterator where a fragment can go on with it."""
    iterator = iterator_name(node.number)
    ask = staged(context, load(iterator))
    iterate = call(embed(iter, "iter"), load(iterator))
    steady = call(context.operator(construct, "steady"), iterate)
    at(iterate, context.iteration_place(node))
    is_plain_iterable = has_type_in(load(iterator), PLAIN_ITERABLES, "PLAIN_ITERABLES")
    known = call(embed(iter, "iter"), load(iterator))
    further = [
        inner(gast.If(ask, [leave_frame(construct, load(iterator), function, node.iter)], [])),
        assign(iterator, steady),
    ]
    start = [
        at(assign(iterator, node.iter), node.iter),
        at(inner(gast.If(is_plain_iterable, [assign(iterator, known)], further)), node.iter),
    ]
    node.iter = at(load(iterator), node.iter)
    node.body = _let_go(node.body, iterator)
    node.orelse = [at(assign(iterator, constant(None)), node), *node.orelse]
    return [*start, node]


def _let_go(body: Block, iterator: str) -> Block:
    """Let go of a loop's iterator where a `break` leaves it, as Python does."""

    class LetGo(gast.NodeTransformer):  # type: ignore[misc]
        def visit_Break(self, node: gast.Break) -> Block:
            return [at(assign(iterator, constant(None)), node), node]

        def visit_While(self, node: gast.While) -> gast.stmt:
            node.orelse = [statement for old in node.orelse for statement in _let_go([old], iterator)]
            return node

        visit_For = visit_AsyncFor = visit_While

        def visit_FunctionDef(self, node: gast.AST) -> gast.AST:
            return node

        visit_AsyncFunctionDef = visit_ClassDef = visit_Lambda = visit_FunctionDef

    result: Block = []
    for statement in body:
        new = LetGo().visit(statement)
        result.extend(new if isinstance(new, list) else [new])
    return result
