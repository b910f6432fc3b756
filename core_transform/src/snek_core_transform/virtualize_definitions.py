"""Pass new functions and classes through operators."""

from __future__ import annotations

import gast

from .context import Context
from .syntax import at, call, rewritten, rules_for


def virtualize_definitions(tree: gast.AST, context: Context) -> gast.AST:
    """Make `def_` and `class_def` the innermost decorators of what a function defines, and wrap lambdas in `lambda_`.

    >>> def f(x):
    ...     @x
    ...     def g():
    ...         pass
    ...     return lambda: g
    >>> print(show(f, after="virtualize_definitions", operators=RecordingOperators({"function"})))
    def f(x):
        @x
        @operators.def_
        def g():
            pass
        return operators.lambda_(lambda: g)
    """
    if not (context.wants("function") or context.wants("class")):
        return tree

    def virtualize(node: gast.AST, _: gast.AST) -> gast.AST:
        if node is tree:
            return node
        if isinstance(node, gast.FunctionDef | gast.AsyncFunctionDef) and context.wants("function"):
            node.decorator_list = [*node.decorator_list, at(context.value_operator("def_"), node)]
        elif isinstance(node, gast.ClassDef) and context.wants("class"):
            node.decorator_list = [*node.decorator_list, at(context.value_operator("class_def"), node)]
        elif isinstance(node, gast.Lambda) and context.wants("function"):
            return at(call(context.value_operator("lambda_"), node), node)
        return node

    return rewritten(tree, rules_for(virtualize, gast.FunctionDef, gast.AsyncFunctionDef, gast.ClassDef, gast.Lambda))
