"""Make `try` statements operator calls."""

from __future__ import annotations

import gast

from .context import Context
from .forms import is_plain
from .scoped import Function, each_statement_in_scope
from .syntax import Block, assign, at, call, constant, load, store
from .thunks import cells, run_thunks, statement_thunk

ERROR = "<error>"


def virtualize_tries(tree: gast.AST, context: Context) -> gast.AST:
    """Make the blocks of a `try` functions, and the `try` a call of `try_stmt`, where the set stages exceptions.

    >>> def f(x):
    ...     try:
    ...         y = g(x)
    ...     except ValueError as error:
    ...         y = error
    ...     return y
    >>> class Staging(RecordingOperators):
    ...     inline, stages_exceptions = False, True
    >>> print(show(f, after="virtualize_tries", operators=Staging(CONTROL)))
    def f(x):
        def <try body>():
            nonlocal y
            y = g(x)
        def <try types 1>():
            return ValueError
        def <try handler 1>(<error>):
            nonlocal error, y
            error = <error>
            y = error
            error = None
            del error
        operators.try_stmt(<try body>, ((<try types 1>, <try handler 1>),), None, None, lambda: (y,))
        return y
    """
    if not context.operators.stages_exceptions:
        return tree
    return each_statement_in_scope(tree, context, _virtualize)


def _virtualize(node: gast.stmt, function: Function, context: Context) -> Block:
    if not isinstance(node, gast.Try) or is_plain(node) or getattr(node, "internal", False) or function is None:
        return [node]
    construct, scope = context.construct(node, "`try`"), function.scope
    thunks: Block = [statement_thunk("<try body>", node.body, scope, node)]
    handlers: list[gast.expr] = []
    for number, handler in enumerate(node.handlers, 1):
        types: gast.expr = constant(None)
        if handler.type:
            types = load(f"<try types {number}>")
            answer = at(gast.Return(handler.type), handler.type)
            thunks.append(statement_thunk(f"<try types {number}>", [answer], scope, handler))
        thunks.append(statement_thunk(f"<try handler {number}>", _named(handler), scope, handler, (ERROR,)))
        handlers.append(gast.Tuple([types, load(f"<try handler {number}>")], gast.Load()))
    ends: list[gast.expr] = []
    for word, block in (("orelse", node.orelse), ("final", node.finalbody)):
        if block:
            thunks.append(statement_thunk(f"<try {word}>", block, scope, block[0]))
        ends.append(load(f"<try {word}>") if block else constant(None))
    construct.caught = node.caught
    held = cells(construct, node.carried, scope, context.class_name)
    operator = context.operator(construct, "try_stmt")
    run = call(operator, load("<try body>"), gast.Tuple(handlers, gast.Load()), *ends, held)
    return [*thunks, run_thunks(run, node, context)]


def _named(handler: gast.ExceptHandler) -> Block:
    """Return a handler's body between the binding of its name and the end of that."""
    if handler.name is None:
        return handler.body  # type: ignore[no-any-return]
    name = handler.name.id
    start, end = assign(name, load(ERROR)), assign(name, constant(None))
    target = store(name)
    target.ctx = gast.Del()
    return [at(start, handler), *handler.body, at(end, handler), at(gast.Delete([target]), handler)]
