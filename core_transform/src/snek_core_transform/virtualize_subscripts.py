"""Make reads, stores and deletions of items and slices operator calls."""

from __future__ import annotations

import builtins

import gast

from .context import Context
from .syntax import at, attribute, call, constant, embed, rewritten, rules_for


def virtualize_subscripts(tree: gast.AST, context: Context) -> gast.AST:
    """Make `x[i]` a call of `getitem`, a store of it one of `setitem`, and `del x[i]` one of `delitem`.

    >>> def f(x):
    ...     x[0] = x[1:]
    ...     del x[0]
    >>> print(show(f, after="virtualize_subscripts", operators=RecordingOperators({"subscript"})))
    def f(x):
        operators.store_item(operators.getitem(x, builtins.slice(1, None, None)), x, 0)
        operators.delitem(x, 0)
    """
    if not context.wants("subscript"):
        return tree

    def virtualize(node: gast.AST, _: gast.AST) -> gast.AST:
        if isinstance(node, gast.Subscript) and isinstance(node.ctx, gast.Load):
            return at(call(context.value_operator("getitem"), node.value, index_value(node.slice)), node)
        if isinstance(node, gast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], gast.Subscript):
            target = node.targets[0]
            store = context.value_construct("store_item")
            new = at(call(store, node.value, target.value, index_value(target.slice)), target)
            return at(gast.Expr(new), node)
        if isinstance(node, gast.Delete) and isinstance(node.targets[0], gast.Subscript):
            target = node.targets[0]
            delete = at(call(context.value_operator("delitem"), target.value, index_value(target.slice)), target)
            return at(gast.Expr(delete), node)
        return node

    return rewritten(tree, rules_for(virtualize, gast.Subscript, gast.Assign, gast.Delete))


def index_value(index: gast.expr) -> gast.expr:
    """Return an index as a value: a slice has to be made by its builtin, outside of brackets."""
    if isinstance(index, gast.Slice):
        bounds = [bound or constant(None) for bound in (index.lower, index.upper, index.step)]
        return at(call(attribute(embed(builtins, "builtins"), "slice"), *bounds), index)
    if isinstance(index, gast.Tuple):
        return at(gast.Tuple([index_value(element) for element in index.elts], gast.Load()), index)
    return index
