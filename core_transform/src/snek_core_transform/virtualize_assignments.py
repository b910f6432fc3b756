"""Make augmented assignments operator calls."""

from __future__ import annotations

import builtins
import copy

import gast

from .context import Context
from .inline import inner, plain_values
from .syntax import SYMBOLS, Block, assign, at, attribute, call, constant, embed, load, store
from .walk import each_statement


def virtualize_assignments(tree: gast.AST, context: Context) -> gast.AST:
    """Make `x += y` an assignment of what `aug_assign` gives; the target's owner and index are evaluated once.

    >>> def f(x, y):
    ...     x += y
    ...     x[g()] *= y
    >>> print(show(f, after="virtualize_assignments", operators=RecordingOperators()))
    def f(x, y):
        x = operators.aug_assign('+', x, y)
        <owner> = x
        <index> = g()
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
    if context.inline:
        return _inline(node, symbol, operator, context)
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


def _inline(node: gast.AugAssign, symbol: gast.expr, operator: gast.expr, context: Context) -> Block:
    """Return an augmented assignment in the user's frame, which is an operator where a value is staged."""
    target = node.target
    before: Block = []
    if isinstance(target, gast.Name) and isinstance(node.value, gast.Constant):
        name, value = target.id, node.value
        after: Block = []
        temporary: list[str] = []
    else:
        # Python reads the target before it evaluates the value, which may change it.
        name, temporary, after = "<target>", ["<target>", "<operand>"], []
        read = copy.deepcopy(target)
        if isinstance(target, gast.Name):
            read.ctx = gast.Load()
            write: gast.expr = target
        else:
            before.append(at(assign("<owner>", target.value), target.value))
            temporary.append("<owner>")
            if isinstance(target, gast.Subscript):
                before.append(at(assign("<index>", _index(target.slice)), target.slice))
                temporary.append("<index>")
            read, write = (_access(target, mode) for mode in (gast.Load(), gast.Store()))
        before.append(at(assign("<target>", at(read, target)), target))
        before.append(at(assign("<operand>", node.value), node.value))
        value = load("<operand>")
        after = [at(gast.Assign([at(write, target)], load("<target>"), None), node)]
    again = load("<operand>") if temporary else constant(value.value)
    in_place = at(gast.AugAssign(store(name), node.op, at(again, node.value)), node)
    staged = at(assign(name, call(operator, symbol, load(name), value)), node)
    choice = at(inner(gast.If(plain_values(context, load(name), again), [in_place], [staged])), node)
    delete = [at(gast.Delete([_delete(name) for name in temporary]), node)] if temporary else []
    return [*before, choice, *after, *delete]


def _access(target: gast.expr, mode: gast.expr_context) -> gast.expr:
    if isinstance(target, gast.Attribute):
        return gast.Attribute(load("<owner>"), target.attr, mode)
    return gast.Subscript(load("<owner>"), load("<index>"), mode)
