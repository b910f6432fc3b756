"""Tests in inline code: `if`, `while`, conditional expressions and `not` ask a value's truth where it stands.

`and`, `or`, `not` and comparisons in a test are tests themselves, so that Python jumps from them as it does in the
user's own text.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import gast

from .context import Context
from .forms import is_bare, is_plain
from .fragments import GIVEN
from .inline import (
    STAGED,
    TEST,
    all_of,
    bind,
    both,
    choose,
    decided,
    either,
    forget,
    is_,
    is_not,
    is_steady,
    keep,
    leave,
    negated,
    nothing_staged,
    settled,
    something_staged,
    staged,
)  # fmt: skip
from .inline_comparisons import Comparison
from .plainness import asks_once, is_lazy, leaves
from .syntax import at, call, constant, load

Rest = Callable[[int], list[gast.stmt]]


def truth_of(context: Context, node: gast.AST, function: gast.AST, arm: int | None = None) -> gast.expr:
    """Return the test of a statement or conditional expression; a staged value notes which `arm` of an `if` it met.

    A test that can meet none, by its text, makes the construct certain.
    """
    test = _Test(context, node, function, arm)
    value = test.of(node.test)
    node.is_certain = not test.asks
    return value


def inline_not(context: Context, node: gast.UnaryOp, function: gast.AST) -> gast.expr:
    """Return `not` as a value."""
    test = _Test(context, node, function, None)
    return at(choose(test.of(node.operand), constant(False), test.staged_not(constant(True))), node)


def rest_of_logic(context: Context, number: int, index: int) -> list[gast.stmt]:
    """Return what gives the value of an `and` or `or` from a staged operand at `index` on."""
    original = context.original(number)
    given = at(load(GIVEN), original.values[index])
    value = gast.BoolOp(original.op, [given, *original.values[index + 1 :]])
    return [at(gast.Return(at(value, original)), original)]


def rest_of_chain(context: Context, number: int, names: list[str], index: int) -> list[gast.stmt]:
    """Return what gives the value of a chain of comparisons from a staged answer at `index` on."""
    original = context.original(number)
    start = at(load(names[index + 1]), original.comparators[index])
    further = gast.Compare(start, original.ops[index + 1 :], original.comparators[index + 1 :])
    value = gast.BoolOp(gast.And(), [at(load(GIVEN), original), at(further, original)])
    return [at(gast.Return(at(value, original)), original)]


class _Test:
    """The test of one construct of the user's: false, with the staged value kept, where it meets one."""

    def __init__(self, context: Context, node: gast.AST, function: gast.AST, arm: int | None) -> None:
        self.context, self.node, self.function, self.arm = context, node, function, arm
        self.asks = False

    def of(self, value: gast.expr) -> gast.expr:
        """Return the test of a value."""
        context = self.context
        if isinstance(value, gast.Constant) or (isinstance(value, gast.Compare) and "internal" in value.__dict__):
            return value
        if not is_bare(value):
            if isinstance(value, gast.BoolOp) and context.wants("logic") and not is_plain(value):
                return self._logic(value)
            if isinstance(value, gast.UnaryOp) and isinstance(value.op, gast.Not) and context.wants("logic"):
                inside = choose(self.of(value.operand), constant(False), self.staged_not(constant(True)))
                return at(inside, context.test_place(self.node, value))
            is_inline = isinstance(value, gast.Compare) and (len(value.ops) == 1 or not is_plain(value))
            if is_inline and context.wants("compare"):
                return self._comparison(value)
        return at(self._truth(value), context.test_place(self.node, value))

    def staged_not(self, plain: gast.expr) -> gast.expr:
        """Return `plain` behind a false test, or `not` of the staged value that the test met."""
        if not self.asks:
            return plain
        operator = call(self.context.value_operator("not_"), load(STAGED))
        value = gast.Subscript(gast.Tuple([operator, forget()], gast.Load()), constant(0), gast.Load())
        other = value if isinstance(self.node, gast.UnaryOp) else self._settled(value)
        return choose(nothing_staged(), plain, other)

    def _truth(self, value: gast.expr) -> gast.expr:
        if isinstance(value, gast.Call):
            # Most often a boolean, and then this is the quicker question.
            self._note()
            other = both(is_not(load(TEST), False), self._decided(load(TEST)))
            return either(is_(bind(TEST, value), True), other)
        if not is_lazy(value, self.function):
            return self._decided(value)
        plain = asks_once(leaves(value) or [])
        if not plain:
            return value
        if isinstance(value, gast.Name) and is_steady(value, self.function):
            self._note()
            asks = either(*plain, negated(staged(self.context, load(value.id))))
            return choose(asks, value, keep(value.id, self.arm))
        return choose(all_of(plain), value, self._decided(value))

    def _decided(self, value: gast.expr) -> gast.expr:
        self._note()
        return decided(self.context, value, TEST, self.arm)

    def _settled(self, value: gast.expr) -> gast.expr:
        self._note()
        return settled(self.context, value, TEST, self.arm)

    def _note(self) -> None:
        """Note that a staged value may be met."""
        self.asks = self.function.tests = True

    def _logic(self, node: gast.BoolOp) -> gast.expr:
        word = "and" if isinstance(node.op, gast.And) else "or"
        rest = functools.partial(rest_of_logic, self.context, node.number)
        return self._chain(node, word, [self.of(value) for value in node.values], node.values, rest)

    def _chain(
        self, node: gast.expr, word: str, tests: list[gast.expr], places: list[gast.expr], rest: Rest
    ) -> gast.expr:
        """Return `and` or `or` of tests; `rest(index)` goes on from a staged value in the test at `index`."""
        result = tests[-1]
        for index in range(len(tests) - 2, -1, -1):
            construct = self.context.construct(node, f"`{word}`")
            fragment = self.context.fragment(node, construct, functools.partial(rest, index))
            further = self._settled(leave(construct, fragment, load(STAGED), self.function))
            if word == "and":
                result = choose(tests[index], result, both(something_staged(), further))
            else:
                result = either(tests[index], choose(nothing_staged(), result, further))
            at(result, self.context.test_place(self.node, places[index]))
        return result

    def _comparison(self, node: gast.Compare) -> gast.expr:
        comparison = Comparison(node, self.function, self.context, self._settled)
        if len(node.ops) == 1:
            return comparison.single()
        plain: list[gast.expr] = []
        if comparison.is_lazy():
            plain, native = comparison.native()
            if not plain:
                return native
        links = [comparison.link(index) for index in range(len(node.ops))]
        rest = functools.partial(rest_of_chain, self.context, node.number, comparison.names)
        chain = self._chain(node, "and", links, node.comparators, rest)
        if not plain:
            return chain
        return at(choose(all_of(plain), native, chain), node)
