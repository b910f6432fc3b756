"""Make `and`, `or` and `not` operator calls."""

from __future__ import annotations

import functools
from collections.abc import Callable

import gast

from .context import Context
from .forms import is_bare, is_plain
from .inline import STAGED, bind, both, choose, decided, either, is_, is_not, leave, nothing_staged
from .inline_tests import inline_not, rest_of_logic
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

    def negate(node: gast.AST, function: gast.AST) -> gast.AST:
        if not isinstance(node.op, gast.Not):
            return node
        if context.inline and not is_bare(node):
            return inline_not(context, node, function)
        return at(call(context.value_operator("not_"), node.operand), node)

    def virtualize(node: gast.AST, function: gast.AST) -> gast.AST:
        word = "and" if isinstance(node.op, gast.And) else "or"
        if context.inline and not is_plain(node) and not is_bare(node):
            rest = functools.partial(rest_of_logic, context, node.number)
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
        out = leave(construct, fragment, load(STAGED), function)
        test = _operand_test(values[index], context)
        if word == "and":
            result = choose(test, result, choose(nothing_staged(), load(OPERAND), out))
        else:
            result = choose(test, load(OPERAND), choose(nothing_staged(), result, out))
        at(result, values[index])
    return result


def _operand_test(value: gast.expr, context: Context) -> gast.expr:
    """Return the truth of an operand, which `<operand>` then holds; of a comparison, most likely, a boolean."""
    if not isinstance(value, gast.IfExp):
        return decided(context, value, OPERAND)
    other = both(is_not(load(OPERAND), False), decided(context, load(OPERAND), OPERAND))
    return either(is_(bind(OPERAND, value), True), other)
