"""Comparisons in inline code: Python's own over plain values, the operator over staged ones."""

from __future__ import annotations

from collections.abc import Callable

import gast

from .context import Context
from .inline import PLAIN_TYPES, all_of, bind, choose, either, has_type, has_type_in, inner, is_steady, read_again
from .plainness import asks_once, is_lazy, leaves
from .syntax import SYMBOLS, at, call, constant, embed, load

ALWAYS_BOOL = (gast.Is, gast.IsNot, gast.In, gast.NotIn)
"""The comparisons whose answer in Python is a boolean, whatever is compared."""

NEVER = object()
"""No operand is this."""

Decide = Callable[[gast.expr], gast.expr]


class Comparison:
    """One comparison of the user's, whose operands are evaluated once, in order.

    `decide`, where there is one, makes a test of an answer that need not be a boolean.
    """

    def __init__(self, node: gast.Compare, function: gast.AST, context: Context, decide: Decide | None = None) -> None:
        self.node, self.function, self.context, self.decide = node, function, context, decide
        self.operands = [node.left, *node.comparators]
        self.names = [f"<operand {node.number} {position}>" for position in range(len(self.operands))]

    def is_lazy(self) -> bool:
        """Tell whether every operand may be asked about at once: what a chain may not reach has a value for certain."""
        scope = self.function.scope
        late = {name.id for operand in self.operands[2:] for name in leaves(operand) or ()}
        return late <= scope.parameters - scope.unset and all(is_lazy(one, self.function) for one in self.operands)

    def native(self) -> tuple[list[gast.expr], gast.expr]:
        """Return questions whether all operands, which are lazy, are plain, and the comparison as it is then."""
        names = [name for operand in self.operands for name in leaves(operand) or ()]
        native = gast.Compare(self.node.left, self.node.ops, self.node.comparators)
        return asks_once(names), at(inner(native), self.node)

    def single(self) -> gast.expr:
        """Return a comparison of two operands."""
        if not self.is_lazy():
            return self.link(0)
        plain, native = self.native()
        if not plain:
            return native
        firsts, reads = zip(*map(self._evaluated, self.operands, self.names), strict=True)
        unstaged = self._unstaged(*firsts)
        if all(first is read for first, read in zip(firsts, reads, strict=True)):
            return self._choice(plain, unstaged, native, native, reads, 0)
        return self._choice(plain, unstaged, native, self._compare(reads, 0), reads, 0)

    def link(self, index: int) -> gast.expr:
        """Return the comparison at `index` of a chain, whose left operand the one before has evaluated."""
        left, right = self.operands[index : index + 2]
        name, other = self.names[index : index + 2]
        is_last = index == len(self.node.ops) - 1
        conditions: list[gast.expr] = []
        first: gast.expr = left
        if not isinstance(left, gast.Constant):
            first = load(name)
            is_bound = index > 0
            if isinstance(right, gast.Constant) or (is_last and is_steady(right, self.function)):
                second: gast.expr = right
                conditions.append(_plain(first if is_bound else bind(name, left), name))
                conditions += asks_once(leaves(right) or [])
            else:
                second = load(other)
                if not is_bound:
                    conditions.append(_is_there(bind(name, left)))
                conditions += [_plain(bind(other, right), other), _plain(load(name), name)]
        else:
            second = right if isinstance(right, gast.Constant) else load(other)
            if second is not right:
                conditions.append(_plain(bind(other, right), other))
        native = self._compare((first, second), index)
        if not conditions:
            return native
        return self._choice(conditions, self._unstaged(first, second), native, native, (first, second), index)

    def _choice(
        self,
        plain: list[gast.expr],
        unstaged: gast.expr,
        native: gast.expr,
        again: gast.expr,
        reads: tuple[gast.expr, ...],
        index: int,
    ) -> gast.expr:
        """Return Python's comparison for plain operands and for those that are not staged, else the operator's."""
        symbol = constant(SYMBOLS[type(self.node.ops[index]).__name__])
        staged = call(self.context.value_operator("compare"), symbol, *reads)
        is_plain = all_of(plain)
        if native is again and (self.decide is None or isinstance(self.node.ops[index], ALWAYS_BOOL)):
            chosen = choose(either(is_plain, unstaged), native, self.decide(staged) if self.decide else staged)
        else:
            other = choose(unstaged, again, staged)
            chosen = choose(is_plain, native, self.decide(other) if self.decide else other)
        return at(chosen, self.node)

    def _evaluated(self, operand: gast.expr, name: str) -> tuple[gast.expr, gast.expr]:
        """Return the evaluation of a lazy operand, and another read of it."""
        if isinstance(operand, gast.Constant | gast.Name):
            read = at(read_again(operand), operand)
            return read, read
        return bind(name, operand), load(name)

    def _unstaged(self, *operands: gast.expr) -> gast.expr:
        asked = [operand for operand in operands if not isinstance(operand, gast.Constant)]
        return call(self.context.value_operator("unstaged"), *asked)

    def _compare(self, reads: tuple[gast.expr, ...], index: int) -> gast.expr:
        return inner(gast.Compare(reads[0], [self.node.ops[index]], [reads[1]]))


def _plain(value: gast.expr, name: str) -> gast.expr:
    """Return a question whether `value`, which `name` then holds, is plain: most often a whole number."""
    return either(has_type(value, int), has_type_in(load(name), PLAIN_TYPES, "PLAIN_TYPES"))


def _is_there(value: gast.expr) -> gast.expr:
    """Return a question that is true once `value` has been evaluated."""
    return inner(gast.Compare(value, [gast.IsNot()], [embed(NEVER, "NEVER")]))
