"""Pass what generators and coroutines hand over through operators."""

from __future__ import annotations

import gast

from .context import Context
from .syntax import COMPREHENSIONS, at, call, constant, rewritten, rules_for


def virtualize_suspensions(tree: gast.AST, context: Context) -> gast.AST:
    """Pass through operators what is yielded, sent, delegated to, awaited and iterated asynchronously.

    The function suspends where it did: `yield` and `await` stay in its frame.

    >>> def f(x):
    ...     y = yield x
    ...     yield from y
    >>> print(show(f, after="virtualize_suspensions", operators=RecordingOperators({"generator"})))
    def f(x):
        y = operators.sent((yield operators.yield_(x)))
        yield from operators.yield_from(y)
    """
    if not (context.wants("generator") or context.wants("async")):
        return tree
    rows = {
        (gast.YieldFrom, "value"): ("generator", "yield_from"),
        (gast.Await, "value"): ("async", "await_"),
        (gast.AsyncFor, "iter"): ("async", "aiter_"),
    }

    def virtualize(node: gast.AST, _: gast.AST) -> gast.AST:
        for (kind, field), (group, operator) in rows.items():
            if isinstance(node, kind) and context.wants(group):
                value = getattr(node, field)
                setattr(node, field, at(call(context.value_operator(operator), value), value))
        if isinstance(node, gast.Yield) and context.wants("generator"):
            value = node.value or at(constant(None), node)
            node.value = at(call(context.value_operator("yield_"), value), value)
            return at(call(context.value_operator("sent"), node), node)
        if isinstance(node, COMPREHENSIONS) and context.wants("async"):
            for generator in node.generators:
                if generator.is_async:
                    iterable = call(context.value_operator("aiter_"), generator.iter)
                    generator.iter = at(iterable, generator.iter)
        return node

    kinds = [kind for kind, _ in rows]
    return rewritten(tree, rules_for(virtualize, gast.Yield, *kinds, *COMPREHENSIONS))
