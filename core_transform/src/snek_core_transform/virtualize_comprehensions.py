"""Pass the values of comprehensions through an operator."""

from __future__ import annotations

import gast

from .context import Context
from .syntax import at, call, constant, rewritten, rules_for

KINDS = {gast.ListComp: "list", gast.SetComp: "set", gast.DictComp: "dict", gast.GeneratorExp: "generator"}


def virtualize_comprehensions(tree: gast.AST, context: Context) -> gast.AST:
    """Pass what a comprehension gives through `comprehension`.

    >>> def f(x):
    ...     return [y for y in x]
    >>> print(show(f, after="virtualize_comprehensions", operators=RecordingOperators({"comprehension"})))
    def f(x):
        return operators.comprehension('list', [y for y in x])
    """
    if not context.wants("comprehension"):
        return tree

    def virtualize(node: gast.AST, _: gast.AST) -> gast.AST:
        if type(node) in KINDS:
            return at(call(context.value_operator("comprehension"), constant(KINDS[type(node)]), node), node)
        return node

    return rewritten(tree, rules_for(virtualize, *KINDS))
