"""Make comparisons operator calls."""

from __future__ import annotations

import functools

import gast

from .context import Context
from .forms import is_bare, is_plain
from .inline import all_of, choose, inner
from .inline_comparisons import Comparison
from .inline_tests import rest_of_chain
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
            return _inline(node, function, context)
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


def _inline(node: gast.Compare, function: gast.AST, context: Context) -> gast.expr:
    """Return a comparison in the user's frame, which is an operator where an operand is staged."""
    comparison = Comparison(node, function, context)
    if len(node.ops) == 1:
        return comparison.single()
    links = [comparison.link(index) for index in range(len(node.ops))]
    rest = functools.partial(rest_of_chain, context, node.number, comparison.names)
    chain = at(short_circuit(node, "and", links, rest, function, context), node)
    if not comparison.is_lazy():
        return chain
    plain, native = comparison.native()
    return at(choose(all_of(plain), native, chain), node) if plain else native
