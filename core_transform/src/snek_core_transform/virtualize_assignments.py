"""Make augmented assignments operator calls."""

from __future__ import annotations

from dataclasses import dataclass

import gast

from .context import Context
from .inline import PLAIN_TYPES, all_of, bind, either, has_type_in, inner, is_steady, read_again
from .lower_targets import is_lowered
from .operators import IN_PLACE
from .plainness import asks_once, is_lazy, leaves
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
    target, value = node.target, node.value
    if is_steady(target, function) and is_lazy(value, function):
        plain = asks_once([target, *(leaves(value) or [])])
        is_read = isinstance(value, gast.Name | gast.Constant)
        first = at(read_again(value), value) if is_read else bind("<operand>", value)
        change = _Change(node, target.id, first if is_read else load("<operand>"), operator, symbol)
        return change.statements(plain, call(context.value_operator("unstaged"), load(target.id), first), value)
    # Python reads the target before it evaluates the value, which may change it.
    is_settled = is_steady(value, function)
    temporary = ["<target>"] if is_settled else ["<target>", "<operand>"]
    before: Block = []
    owner: gast.expr = load("<owner>")
    if isinstance(target, gast.Name):
        read: gast.expr = load(target.id)
        write: gast.expr = target
    else:
        if is_settled and is_steady(target.value, function):
            owner = target.value
        else:
            before.append(at(assign("<owner>", target.value), target.value))
            temporary.append("<owner>")
        if isinstance(target, gast.Subscript):
            before.append(at(assign("<index>", index_value(target.slice)), target.slice))
            temporary.append("<index>")
        read, write = (_access(target, mode, owner) for mode in (gast.Load(), gast.Store()))
    before.append(at(assign("<target>", at(read, target)), target))
    if not is_settled:
        before.append(at(assign("<operand>", value), value))
    operand = at(read_again(value), value) if is_settled else at(load("<operand>"), value)
    plain = [*_asked(target, "<target>"), *([] if isinstance(value, gast.Constant) else _asked(value, operand.id))]
    change = _Change(node, "<target>", operand, operator, symbol)
    unstaged = call(context.value_operator("unstaged"), load("<target>"), operand)
    after = at(gast.Assign([at(write, target)], load("<target>"), None), node)
    delete = at(gast.Delete([_delete(name) for name in temporary]), node)
    return [*before, *change.statements(plain, unstaged, operand), after, delete]


def _asked(value: gast.expr, name: str) -> list[gast.expr]:
    """Return a question whether a value, which `name` holds, is plain."""
    if hasattr(value, "known"):
        return asks_once([value])
    return [has_type_in(load(name), PLAIN_TYPES, "PLAIN_TYPES")]


@dataclass(frozen=True)
class _Change:
    """What an augmented assignment does to the variable `name`, with an operand that can be read again."""

    node: gast.AugAssign
    name: str
    operand: gast.expr
    operator: gast.expr
    symbol: gast.expr

    def statements(self, plain: list[gast.expr], unstaged: gast.expr, value: gast.expr) -> Block:
        """Return the change: Python's own with `value` where all is plain, and where nothing is staged."""
        node, flag = self.node, getattr(self.node.target, "known", None)
        if not plain:
            return [self._in_place(value)]
        staged = at(assign(self.name, call(self.operator, self.symbol, load(self.name), self.operand)), node)
        if value is self.operand and not isinstance(flag, str):
            return [self._choice(either(all_of(plain), unstaged), [self._in_place(value)], [staged])]
        other = [self._choice(unstaged, [self._in_place(self.operand)], [staged])]
        if isinstance(flag, str):
            other.append(at(assign(flag, constant(False)), node))
        return [self._choice(all_of(plain), [self._in_place(value)], other)]

    def _in_place(self, value: gast.expr) -> gast.stmt:
        return at(gast.AugAssign(store(self.name), self.node.op, value), self.node)

    def _choice(self, test: gast.expr, body: Block, orelse: Block) -> gast.stmt:
        return at(inner(gast.If(test, body, orelse)), self.node)


def _access(target: gast.expr, mode: gast.expr_context, owner: gast.expr | None = None) -> gast.expr:
    owner = load("<owner>") if owner is None else owner
    if isinstance(target, gast.Attribute):
        return gast.Attribute(owner, target.attr, mode)
    return gast.Subscript(owner, load("<index>"), mode)
