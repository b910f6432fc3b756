"""Lower `with`."""

from __future__ import annotations

import gast

from .context import Context
from .scoped import Function, each_statement_in_scope
from .syntax import Block, assign, at, attribute, call, constant, embed, load


def lower_with(tree: gast.AST, context: Context) -> gast.AST:
    """Make `with` a `try` around its body, where the operator set stages exceptions, as Python's reference defines it.

    >>> def f(x):
    ...     with x as y:
    ...         print(y)
    >>> class Staging(RecordingOperators):
    ...     inline, stages_exceptions = False, True
    >>> print(show(f, after="lower_with", operators=Staging(CONTROL)))
    def f(x):
        <manager> = x
        <exit> = operators(<manager>, '__exit__')
        <entered> = operators(<manager>, '__enter__')()
        <caught> = False
        try:
            try:
                y = <entered>
                print(y)
            except operators as <left by>:
                <caught> = True
                if <exit>(operators(<left by>), <left by>, <left by>.__traceback__):
                    pass
                else:
                    raise
        finally:
            if <caught>:
                pass
            else:
                <exit>(None, None, None)
    """
    return each_statement_in_scope(tree, context, _lower) if context.operators.stages_exceptions else tree


def _lower(node: gast.stmt, function: Function, context: Context) -> Block:
    if not isinstance(node, gast.With) or function is None:
        return [node]
    body: Block = node.body
    for item in reversed(node.items):
        body = _managed(item, body, node, context)
    return body


def _managed(item: gast.withitem, body: Block, node: gast.With, context: Context) -> Block:
    manager, leave, entered, caught, error = map(context.fresh, ("manager", "exit", "entered", "caught", "left by"))
    bound = [] if item.optional_vars is None else [gast.Assign([item.optional_vars], load(entered), None)]
    nothing = [at(gast.Pass(), node)]
    left = call(load(leave), call(embed(type, "operators"), load(error)), load(error), _traceback(error))
    swallowed = gast.If(left, nothing, [gast.Raise(None, None)])
    name = gast.Name(error, gast.Store(), None, None)
    handler = gast.ExceptHandler(embed(BaseException, "operators"), name, [assign(caught, constant(True)), swallowed])
    inner = gast.Try([*bound, *body], [handler], [], [])
    ending = gast.If(load(caught), nothing, [gast.Expr(call(load(leave), *(constant(None) for _ in range(3))))])
    outer = gast.Try([inner], [], [], [ending])
    start = [
        assign(manager, item.context_expr),
        assign(leave, call(embed(special_method, "operators"), load(manager), constant("__exit__"))),
        assign(entered, call(call(embed(special_method, "operators"), load(manager), constant("__enter__")))),
        assign(caught, constant(False)),
    ]
    return [at(one, item.context_expr) for one in start] + [at(outer, node)]


def _traceback(error: str) -> gast.expr:
    return attribute(load(error), "__traceback__")


def special_method(manager: object, name: str) -> object:
    """Return a manager's method as `with` finds it: on its class. Raises TypeError as Python does."""
    kind = type(manager)
    if not (hasattr(kind, "__enter__") and hasattr(kind, "__exit__")):
        with manager:  # type: ignore[attr-defined]
            raise AssertionError("what lacks a method is no manager")
    return getattr(kind, name).__get__(manager, kind)
