"""Make `and`, `or` and `not` operator calls."""

from __future__ import annotations

import functools
from collections.abc import Callable

import gast

from .context import Context
from .forms import is_bare, is_plain
from .fragments import GIVEN
from .inline import bind, both, choose, either, is_, is_not, leave, negated, staged
from .syntax import Rules, at, call, load, rewritten
from .thunks import expression_thunk


def virtualize_logic(tree: gast.AST, context: Context) -> gast.AST:
    """Make `and`, `or` and `not` calls of `and_`, `or_` and `not_`, whose right operands are thunks.

    >>> def f(a, b):
    ...     return not a or b
    >>> print(show(f, after="virtualize_logic", operators=RecordingOperators(CONTROL)))
    def f(a, b):
        return operators.or_(operators.not_(a), lambda: b)
    """
    return rewritten(tree, logic_rules(context))


def logic_rules(context: Context) -> Rules:
    """Return what is done to `and`, `or` and `not`."""

    def negate(node: gast.AST, _: gast.AST) -> gast.AST:
        if not isinstance(node.op, gast.Not):
            return node
        if context.inline and not is_bare(node):
            return _inline_not(node, context)
        return at(call(context.value_operator("not_"), node.operand), node)

    def virtualize(node: gast.AST, function: gast.AST) -> gast.AST:
        word = "and" if isinstance(node.op, gast.And) else "or"
        if context.inline and not is_plain(node) and not is_bare(node):
            number = node.number

            def rest(index: int) -> list[gast.stmt]:
                original = context.original(number)
                given = at(load(GIVEN), original.values[index])
                value = gast.BoolOp(original.op, [given, *original.values[index + 1 :]])
                return [at(gast.Return(at(value, original)), original)]

            return at(short_circuit(node, word, node.values, rest, function, context), node)
        construct = context.construct(node, f"`{word}`")
        if is_plain(node):
            plain = context.operator(construct, "plain")
            node.values = [*(at(call(plain, value), value) for value in node.values[:-1]), node.values[-1]]
            return node
        thunks = [expression_thunk(value) for value in node.values[1:]]
        return at(call(context.operator(construct, f"{word}_"), node.values[0], *thunks), node)

    return {gast.UnaryOp: negate, gast.BoolOp: virtualize} if context.wants("logic") else {}


OPERAND = "<operand>"


def _inline_not(node: gast.UnaryOp, context: Context) -> gast.expr:
    """Return `not` in the user's frame, and as an operator for a staged operand."""
    known = is_(bind(OPERAND, node.operand), True)
    plain = either(known, is_(load(OPERAND), False), negated(staged(context, load(OPERAND))))
    operator = call(context.value_operator("not_"), load(OPERAND))
    return at(choose(plain, negated(load(OPERAND)), operator), node)


def short_circuit(
    node: gast.expr,
    word: str,
    values: list[gast.expr],
    rest: Callable[[int], list[gast.stmt]],
    function: gast.AST,
    context: Context,
) -> gast.expr:
    """Return `and` or `or` of `values` in the user's frame.

    `rest(index)` gives the statements that go on in operator form from a staged operand at `index`.
    """
    result = values[-1]
    for index in range(len(values) - 2, -1, -1):
        construct = context.construct(node, f"`{word}`")
        fragment = context.fragment(node, construct, functools.partial(rest, index))
        operand, ask = load(OPERAND), staged(context, load(OPERAND))
        out = leave(construct, fragment, operand, function)
        # Python asks an operand's truth once, so what decides here is the test and never a second look.
        first, other = (True, False) if word == "and" else (False, True)
        truth = load(OPERAND) if word == "and" else negated(load(OPERAND))
        unstaged = both(is_not(load(OPERAND), other), negated(ask), truth)
        goes_on = either(is_(bind(OPERAND, values[index]), first), unstaged)
        again = staged(context, load(OPERAND))
        settled = either(is_(load(OPERAND), other), negated(again))
        result = choose(goes_on, result, choose(settled, load(OPERAND), out))
        at(result, values[index])
    return result
