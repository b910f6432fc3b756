"""Watch over the constructs that have no operator yet."""

from __future__ import annotations

import gast

from .context import Context
from .syntax import COMPREHENSIONS, at, call, rewritten, rules_for

GUARDED = frozenset({gast.Assert, gast.Match, *COMPREHENSIONS})


def virtualize_guards(tree: gast.AST, context: Context) -> gast.AST:
    """Pass what decides a construct without an operator through `plain`, which refuses a staged value there.

    >>> def f(x):
    ...     assert x
    >>> print(show(f, after="virtualize_guards"))
    def f(x):
        assert operators.plain(x)
    """

    def watched(value: gast.expr, word: str) -> gast.expr:
        return at(call(context.operator(context.construct(value, word), "plain"), value), value)

    def virtualize(node: gast.AST, _: gast.AST) -> gast.AST:
        if isinstance(node, gast.Assert) and context.wants("compare"):
            context.keep_assert_place(node)
        if isinstance(node, gast.Assert) and context.wants("branch"):
            context.keep_assert_place(node)
            node.test = watched(node.test, "`assert`")
        elif isinstance(node, gast.Match) and context.wants("branch"):
            node.subject = watched(node.subject, "`match`")
            for case in node.cases:
                case.guard = case.guard and watched(case.guard, "`case` guard")
        elif isinstance(node, COMPREHENSIONS):
            for generator in node.generators:
                if context.wants("loop"):
                    generator.iter = watched(generator.iter, "comprehension")
                if context.wants("branch"):
                    generator.ifs = [watched(test, "comprehension's `if`") for test in generator.ifs]
        return node

    return rewritten(tree, rules_for(virtualize, *GUARDED)) if context.kinds & GUARDED else tree
