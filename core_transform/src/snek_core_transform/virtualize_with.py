"""Make the ends of `with` operator calls."""

from __future__ import annotations

import sys

import gast

from .context import Context
from .syntax import at, call, rewritten, rules_for


def virtualize_with(tree: gast.AST, context: Context) -> gast.AST:
    """Enter and leave each context manager through operators: `enter` and `exit_`, or `aenter` and `aexit`.

    >>> def f(x):
    ...     with x as y:
    ...         pass
    >>> print(show(f, after="virtualize_with", operators=RecordingOperators({"with"})))
    def f(x):
        with operators.managed(x) as y:
            pass
    """

    def virtualize(node: gast.AST, _: gast.AST) -> gast.AST:
        if isinstance(node, gast.With) and context.wants("with"):
            _manage(node, "managed", context)
        elif isinstance(node, gast.AsyncWith) and context.wants("async"):
            _manage(node, "async_managed", context)
        return node

    rules = rules_for(virtualize, gast.With, gast.AsyncWith)
    return rewritten(tree, rules) if context.wants("with") or context.wants("async") else tree


def _manage(node: gast.With | gast.AsyncWith, method: str, context: Context) -> None:
    for item in node.items:
        # What is no context manager is refused where Python refuses it.
        place = node if sys.version_info < (3, 13) else item.context_expr
        item.context_expr = at(call(context.value_construct(method), item.context_expr), place)
