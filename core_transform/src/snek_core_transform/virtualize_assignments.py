"""Make augmented assignments operator calls."""

from __future__ import annotations

import builtins

import gast

from .context import Context
from .syntax import SYMBOLS, Block, assign, at, attribute, call, constant, embed, load, store
from .walk import each_statement


def virtualize_assignments(tree: gast.AST, context: Context) -> gast.AST:
    """Make `x += y` an assignment of what `aug_assign` gives; the target's owner and index are evaluated once.

    >>> def f(x, y):
    ...     x += y
    ...     x[g()] *= y
    >>> print(show(f, after="virtualize_assignments"))
    def f(x, y):
        x = operators.aug_assign('+', x, y)
        <owner> = x
        <index> = operators.callee(g)()
        <owner>[<index>] = operators.aug_assign('*', <owner>[<index>], y)
        del <owner>, <index>
    """
    if not context.wants("assign"):
        return tree
    return each_statement(tree, lambda statement: _virtualize(statement, context))


def _virtualize(node: gast.stmt, context: Context) -> Block:
    if not isinstance(node, gast.AugAssign):
        return [node]
    construct = context.construct(node, "augmented assignment")
    operator = context.operator(construct, "aug_assign")
    symbol = constant(SYMBOLS[type(node.op).__name__])

    def change(read: gast.expr, write: gast.expr) -> gast.stmt:
        at(read, node.target)
        at(write, node.target)
        value = at(call(operator, symbol, read, node.value), node)
        return at(gast.Assign([write], value, None), node)

    target = node.target
    if isinstance(target, gast.Name):
        return [change(load(target.id), store(target.id))]
    owner = at(assign("<owner>", target.value), target.value)
    if isinstance(target, gast.Attribute):
        read, write = (gast.Attribute(load("<owner>"), target.attr, mode) for mode in (gast.Load(), gast.Store()))
        return [owner, change(read, write), at(gast.Delete([_delete("<owner>")]), node)]
    index = at(assign("<index>", _index(target.slice)), target.slice)
    read, write = (gast.Subscript(load("<owner>"), load("<index>"), mode) for mode in (gast.Load(), gast.Store()))
    return [owner, index, change(read, write), at(gast.Delete([_delete("<owner>"), _delete("<index>")]), node)]


def _delete(name: str) -> gast.Name:
    return gast.Name(name, gast.Del(), None, None)


def _index(index: gast.expr) -> gast.expr:
    """Return an index as a value: a slice has to be made by its builtin, outside of brackets."""
    if isinstance(index, gast.Slice):
        bounds = [bound or constant(None) for bound in (index.lower, index.upper, index.step)]
        return call(attribute(embed(builtins, "builtins"), "slice"), *bounds)
    if isinstance(index, gast.Tuple):
        return gast.Tuple([_index(element) for element in index.elts], gast.Load())
    return index
