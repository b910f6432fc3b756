"""Make augmented assignments operator calls."""

from __future__ import annotations

import copy

import gast

from .context import Context
from .inline import inner, is_steady, plain_values, read_again
from .lower_targets import is_lowered
from .operators import IN_PLACE
from .scoped import Function, each_statement_in_scope
from .syntax import SYMBOLS, Block, assign, at, call, constant, embed, load, store
from .virtualize_attributes import stored_name
from .virtualize_subscripts import index_value


def virtualize_assignments(tree: gast.AST, context: Context) -> gast.AST:
    """Make `x += y` an assignment of what `aug_assign` gives; the target's owner and index are evaluated once.

    >>> def f(x, y):
    ...     x += y
    ...     x[g()] *= y
    >>> print(show(f, after="virtualize_assignments", operators=RecordingOperators(CONTROL)))
    def f(x, y):
        x = operators.aug_assign('+', x, y)
        <owner> = x
        <index> = g()
        <owner>[<index>] = operators.aug_assign('*', <owner>[<index>], y)
        del <owner>, <index>
    """
    if not any(context.wants(group) for group in ("assign", "name", "attribute", "subscript")):
        return tree
    if gast.AugAssign not in context.kinds:
        return tree
    return each_statement_in_scope(tree, context, _virtualize)


def _virtualize(node: gast.stmt, function: Function, context: Context) -> Block:
    if not isinstance(node, gast.AugAssign):
        return [node]
    target = node.target
    is_access = is_lowered(target, context)
    if not context.wants("assign") and not is_access:
        return [node]
    operator = context.value_operator("aug_assign")
    symbol = constant(SYMBOLS[type(node.op).__name__])
    if context.inline and not is_access:
        return _inline(node, symbol, operator, function, context)

    def change(read: gast.expr) -> gast.expr:
        at(read, target)
        if not context.wants("assign"):
            return at(call(embed(IN_PLACE[symbol.value], "in_place"), read, node.value), node)
        return at(call(operator, symbol, read, node.value), node)

    if isinstance(target, gast.Name):
        if not is_access:
            return [at(assign(target.id, change(load(target.id))), node)]
        name = constant(target.id)
        value = change(call(context.value_operator("read"), name, load(target.id)))
        return [at(assign(target.id, call(context.value_operator("assign"), name, value)), node)]
    temporary = ["<owner>"] if isinstance(target, gast.Attribute) else ["<owner>", "<index>"]
    before = [at(assign("<owner>", target.value), target.value)]
    if isinstance(target, gast.Subscript):
        before.append(at(assign("<index>", index_value(target.slice)), target.slice))
    if is_access:
        is_attribute = isinstance(target, gast.Attribute)
        where = [load("<owner>"), constant(stored_name(target)) if is_attribute else load("<index>")]
        again = [load("<owner>"), constant(stored_name(target)) if is_attribute else load("<index>")]
        value = change(call(context.value_operator("getattr_" if is_attribute else "getitem"), *where))
        put = context.value_construct("store_attribute" if is_attribute else "store_item")
        stored: gast.stmt = gast.Expr(at(call(put, value, *again), target))
    else:
        stored = gast.Assign([at(_access(target, gast.Store()), target)], change(_access(target, gast.Load())), None)
    return [*before, at(stored, node), at(gast.Delete([_delete(name) for name in temporary]), node)]


def _delete(name: str) -> gast.Name:
    return gast.Name(name, gast.Del(), None, None)


def _inline(
    node: gast.AugAssign, symbol: gast.expr, operator: gast.expr, function: Function, context: Context
) -> Block:
    """Return an augmented assignment in the user's frame, which is an operator where a value is staged."""
    target = node.target
    before: Block = []
    # A constant, and a variable that only the function itself can change, may be read later.
    value, is_settled = node.value, is_steady(node.value, function)
    after: Block = []
    temporary: list[str] = []
    if (
        isinstance(target, gast.Name)
        and is_settled
        and (isinstance(value, gast.Constant) or is_steady(target, function))
    ):
        name = target.id
    else:
        # Python reads the target before it evaluates the value, which may change it.
        name, temporary = "<target>", ["<target>"] if is_settled else ["<target>", "<operand>"]
        read = copy.deepcopy(target)
        if isinstance(target, gast.Name):
            read.ctx = gast.Load()
            write: gast.expr = target
        else:
            before.append(at(assign("<owner>", target.value), target.value))
            temporary.append("<owner>")
            if isinstance(target, gast.Subscript):
                before.append(at(assign("<index>", index_value(target.slice)), target.slice))
                temporary.append("<index>")
            read, write = (_access(target, mode) for mode in (gast.Load(), gast.Store()))
        before.append(at(assign("<target>", at(read, target)), target))
        if not is_settled:
            before.append(at(assign("<operand>", value), value))
            value = at(load("<operand>"), value)
        after = [at(gast.Assign([at(write, target)], load("<target>"), None), node)]
    again = at(read_again(value), value)
    in_place = at(gast.AugAssign(store(name), node.op, at(again, node.value)), node)
    staged = at(assign(name, call(operator, symbol, load(name), value)), node)
    choice = at(inner(gast.If(plain_values(context, load(name), again), [in_place], [staged])), node)
    delete = [at(gast.Delete([_delete(name) for name in temporary]), node)] if temporary else []
    return [*before, choice, *after, *delete]


def _access(target: gast.expr, mode: gast.expr_context) -> gast.expr:
    if isinstance(target, gast.Attribute):
        return gast.Attribute(load("<owner>"), target.attr, mode)
    return gast.Subscript(load("<owner>"), load("<index>"), mode)
