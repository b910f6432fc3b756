"""Make comparisons operator calls."""

from __future__ import annotations

import functools

import gast

from .context import Context
from .forms import is_bare, is_plain
from .fragments import GIVEN
from .inline import bind, choose, inner, is_steady, plain_values, read_again
from .syntax import SYMBOLS, Rules, at, call, constant, load, parameters, rewritten
from .thunks import expression_thunk
from .virtualize_logic import short_circuit


def virtualize_comparisons(tree: gast.AST, context: Context) -> gast.AST:
    """Make each comparison a call of `compare`, and a chain an `and_` over them that evaluates each operand once.

    >>> def f(a, b):
    ...     return a < b, a < g() <= b
    >>> print(show(f, after="virtualize_comparisons", operators=RecordingOperators(CONTROL)))
    ... # doctest: +NORMALIZE_WHITESPACE
    def f(a, b):
        return (operators.compare('<', a, b), (lambda <left>, <right>:
            operators.and_(operators.compare('<', <left>, <right>),
                lambda: operators.compare('<=', <right>, b)))(a, g()))
    """
    return rewritten(tree, comparison_rules(context))


def comparison_rules(context: Context) -> Rules:
    """Return what is done to comparisons."""
    compare = functools.partial(context.value_operator, "compare")

    def virtualize(node: gast.AST, function: gast.AST) -> gast.AST:
        operands = [node.left, *node.comparators]
        symbols = [SYMBOLS[type(symbol).__name__] for symbol in node.ops]
        if context.inline and not is_bare(node) and not (is_plain(node) and len(symbols) > 1):
            return _inline(node, symbols, function, context)
        if len(symbols) == 1:
            return at(call(compare(), constant(symbols[0]), *operands), node)
        construct = context.construct(node, "comparison")
        if is_plain(node):
            plain = context.operator(construct, "plain")
            new = [at(call(plain, operand), operand) for operand in operands]
            node.left, node.comparators = new[0], new[1:]
            return node
        # Python evaluates an operand only when the comparisons before it hold, so each later one is a thunk deeper.
        value: gast.expr = call(compare(), constant(symbols[-1]), load("<right>"), operands[-1])
        for index in range(len(symbols) - 2, -1, -1):
            first = call(compare(), constant(symbols[index]), load("<left>"), load("<right>"))
            both = call(context.operator(construct, "and_"), first, expression_thunk(at(value, node)))
            link = gast.Lambda(parameters(("<left>", "<right>")), both)
            link.is_thunk = True
            left = operands[0] if index == 0 else load("<right>")
            value = inner(call(link, left, operands[index + 1]))
        return at(value, node)

    return {gast.Compare: virtualize} if context.wants("compare") else {}


def _inline(node: gast.Compare, symbols: list[str], function: gast.AST, context: Context) -> gast.expr:
    """Return a comparison in the user's frame, which is an operator where an operand is staged."""
    operands = [node.left, *node.comparators]
    names = [f"<operand {node.number} {position}>" for position in range(len(operands))]
    links: list[gast.expr] = []
    for index, symbol in enumerate(symbols):
        left = operands[0] if index == 0 else load(names[index])
        pair = names[index : index + 2]
        if len(symbols) == 1 and all(is_steady(operand, function) for operand in operands):
            pair = [operand.id if isinstance(operand, gast.Name) else "" for operand in operands]
        links.append(_link(symbol, node.ops[index], left, operands[index + 1], pair, node, context))
    if len(links) == 1:
        return links[0]
    number = node.number

    def rest(index: int) -> list[gast.stmt]:
        original = context.original(number)
        start = at(load(names[index + 1]), original.comparators[index])
        further = gast.Compare(start, original.ops[index + 1 :], original.comparators[index + 1 :])
        value = gast.BoolOp(gast.And(), [at(load(GIVEN), original), at(further, original)])
        return [at(gast.Return(at(value, original)), original)]

    return at(short_circuit(node, "and", links, rest, function, context), node)


def _link(
    symbol: str,
    sign: gast.cmpop,
    left: gast.expr,
    right: gast.expr,
    names: list[str],
    node: gast.Compare,
    context: Context,
) -> gast.expr:
    """Return one comparison, both operands evaluated once, in order."""
    operator = context.value_operator("compare")
    first: gast.expr = left if _is_known(left, names[0]) else load(names[0])
    second: gast.expr = right if _is_known(right, names[1]) and len(node.ops) == 1 else load(names[1])
    native = inner(gast.Compare(at(read_again(first), left), [sign], [at(read_again(second), right)]))
    plain = plain_values(context, read_again(first), read_again(second))
    # Both operands are bound first; the tuple is true, so this only puts them in front of the question.
    binds = [
        bind(name, value)
        for name, value, bound in zip(names, (left, right), (first, second), strict=True)
        if bound is not value
    ]
    test = plain if not binds else gast.BoolOp(gast.And(), [inner(gast.Tuple(binds, gast.Load())), plain])
    return at(
        choose(inner(test), native, call(operator, constant(symbol), read_again(first), read_again(second))), node
    )


def _is_known(operand: gast.expr, name: str) -> bool:
    """Tell whether `operand` can be read again as it is."""
    return isinstance(operand, gast.Constant) or (isinstance(operand, gast.Name) and operand.id == name)
