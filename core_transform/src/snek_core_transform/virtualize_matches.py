"""Tell operators of `match`: its subject, its guards, the case that is taken."""

from __future__ import annotations

import gast

from .context import Context
from .syntax import at, call, constant, rewritten, rules_for


def virtualize_matches(tree: gast.AST, context: Context) -> gast.AST:
    """Pass through operators what `match` tries its patterns on and what guards decide; the patterns are Python's.

    >>> def f(x):
    ...     match x:
    ...         case [y] if y:
    ...             return y
    >>> print(show(f, after="virtualize_matches", operators=RecordingOperators({"match"})))
    def f(x):
        match operators.match_(x):
            case [y] if operators.guard(y):
                operators.case(0)
                return y
    """
    if not context.wants("match"):
        return tree

    def virtualize(node: gast.AST, _: gast.AST) -> gast.AST:
        if isinstance(node, gast.Match):
            node.subject = at(call(context.value_operator("match_"), node.subject), node.subject)
            for index, case in enumerate(node.cases):
                if case.guard:
                    case.guard = at(call(context.value_operator("guard"), case.guard), case.guard)
                start = at(gast.Expr(call(context.value_operator("case"), constant(index))), case.body[0])
                case.body = [start, *case.body]
        return node

    return rewritten(tree, rules_for(virtualize, gast.Match))
