"""Lower tests that bind a variable (`:=`) where it is evaluated later or again."""

from __future__ import annotations

import gast

from .context import Context
from .scoped import Function, each_statement_in_scope
from .syntax import JUMPS, Block, assign, at, constant, load, own_nodes


def lower_named(tree: gast.AST, context: Context) -> gast.AST:
    """Let `:=` stand where its statement is evaluated first, where the operator set stages exceptions.

    A thunk cannot bind a variable of its function. So a loop's test moves to an `if` in its body, and the operands of
    `and`, `or` and of a ternary become statements of their own, in a test and in a value that is bound or returned.

    >>> def f(x):
    ...     while x and (y := x - 1) > 0:
    ...         x = y
    >>> class Staging(RecordingOperators):
    ...     inline, stages_exceptions = False, True
    >>> print(show(f, after="lower_named", operators=Staging(CONTROL)))
    def f(x):
        while True:
            <operand> = not not x
            if <operand>:
                <operand> = not not (y := (x - 1)) > 0
            if <operand>:
                pass
            else:
                break
            x = y
    """
    return each_statement_in_scope(tree, context, _lower) if context.operators.stages_exceptions else tree


def _lower(node: gast.stmt, function: Function, context: Context) -> Block:
    if function is None:
        return [node]
    if isinstance(node, gast.While) and _binds(node.test) and not any(_jumps(one) for one in node.orelse):
        return [_loop(node, context)]
    if isinstance(node, gast.If):
        return _branch(node, context)
    if isinstance(node, gast.Return | gast.Assign | gast.Expr) and node.value is not None:
        before, node.value = _in_steps(node.value, context)
        return [*before, node]
    return [node]


def _loop(node: gast.While, context: Context) -> gast.stmt:
    leave = at(gast.Break(), node.test)
    before, test = _in_steps(node.test, context, True)
    going_on = at(gast.If(test, [at(gast.Pass(), node.test)], [*node.orelse, leave]), node.test)
    return at(gast.While(at(constant(True), node.test), [*before, going_on, *node.body], []), node)


def _branch(node: gast.If, context: Context) -> Block:
    if len(node.orelse) == 1 and isinstance(node.orelse[0], gast.If):
        node.orelse = _branch(node.orelse[0], context)
    before, node.test = _in_steps(node.test, context, True)
    return [*before, node]


def _in_steps(value: gast.expr, context: Context, tested: bool = False) -> tuple[Block, gast.expr]:
    """Return the statements that evaluate what is evaluated on a condition and binds a variable, and what is left.

    Where a value is only `tested`, its truth stands for it: the operands of `and` need not be of one type.
    """
    if not _binds(value):
        return [], value
    if isinstance(value, gast.BoolOp):
        name = context.fresh("operand")
        goes_on = isinstance(value.op, gast.And)
        return _operands(name, value.values, goes_on, context, tested), at(load(name), value)
    if isinstance(value, gast.IfExp) and (_binds(value.body) or _binds(value.orelse)):
        name = context.fresh("operand")
        before, test = _in_steps(value.test, context, True)
        branches = [_step(name, one, context, tested) for one in (value.body, value.orelse)]
        return [*before, at(gast.If(test, *branches), value)], at(load(name), value)
    # What is evaluated first may move in front of the rest.
    first = {gast.UnaryOp: "operand", gast.NamedExpr: "value", gast.Compare: "left", gast.IfExp: "test"}.get(
        type(value)
    )
    if first is None:
        return [], value
    inside = isinstance(value, gast.IfExp) or (isinstance(value, gast.UnaryOp) and isinstance(value.op, gast.Not))
    before, inner = _in_steps(getattr(value, first), context, inside)
    setattr(value, first, inner)
    return before, value


def _operands(name: str, values: list[gast.expr], goes_on: bool, context: Context, tested: bool) -> Block:
    step = _step(name, values[0], context, tested)
    if len(values) == 1:
        return step
    rest, place = _operands(name, values[1:], goes_on, context, tested), values[1]
    nothing = [at(gast.Pass(), place)]
    further = gast.If(load(name), rest, []) if goes_on else gast.If(load(name), nothing, rest)
    return [*step, at(further, place)]


def _step(name: str, value: gast.expr, context: Context, tested: bool) -> Block:
    before, inner = _in_steps(value, context, tested)
    if tested:
        inner = gast.UnaryOp(gast.Not(), gast.UnaryOp(gast.Not(), inner))
    return [*before, at(assign(name, inner), value)]


def _binds(value: gast.expr) -> bool:
    return any(isinstance(one, gast.NamedExpr) for one in own_nodes(value))


def _jumps(statement: gast.stmt) -> bool:
    return any(isinstance(one, JUMPS) for one in own_nodes(statement))
