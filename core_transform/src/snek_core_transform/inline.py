"""Pieces of inline code: Python's own path for plain values, in the user's own frame, with a way out for staged ones.

A test `t` becomes `<test> if type(<test> := t) in PLAIN_TYPES or not stages(<test>) else (<staged> := <test>) is None`:
its truth is asked once, by Python itself. A staged value makes the test false, and `<staged>`, which is None otherwise,
says so: what follows a false test looks at it first.
"""

from __future__ import annotations

from types import GeneratorType
from typing import Any

import gast

from .construct import Construct
from .context import Context
from .fragments import Fragment, continuation
from .syntax import Node, at, attribute, built, call, constant, embed, load, parameters, store

TEST = "<test>"
ARM = "<arm>"
STAGED = "<staged>"

PLAIN_TYPES = frozenset({int, float, complex, bool, str, bytes, type(None)})
"""The types whose values no operator set stages, so that inline code need not ask."""


PLAIN_ITERABLES = frozenset({
    range, list, tuple, dict, set, frozenset, str, bytes, enumerate, zip, reversed, map, filter, GeneratorType,
})  # fmt: skip
"""The types that no operator set stages whole, and whose iterators a `for` may take again."""


def inner(node: Node) -> Node:
    """Mark `node` as written by a pass, so that no later pass takes it for the user's."""
    node.internal = True
    return node


_IS, _IS_NOT, _IN, _AND, _OR, _NOT = gast.Is(), gast.IsNot(), gast.In(), gast.And(), gast.Or(), gast.Not()


def _comparison(left: gast.expr, sign: gast.cmpop, right: gast.expr) -> gast.expr:
    return built(gast.Compare, left=left, ops=[sign], comparators=[right], internal=True)


def is_(left: gast.expr, value: bool) -> gast.expr:
    """Return `left is value`."""
    return _comparison(left, _IS, constant(value))


def is_not(left: gast.expr, value: bool) -> gast.expr:
    """Return `left is not value`."""
    return _comparison(left, _IS_NOT, constant(value))


def is_same(left: gast.expr, right: gast.expr) -> gast.expr:
    """Return `left is right`."""
    return _comparison(left, _IS, right)


def has_type(value: gast.expr, kind: type) -> gast.expr:
    """Return a question whether the very type of a value is `kind`."""
    return is_same(call(embed(type, "type"), value), embed(kind, kind.__name__))


def has_type_in(value: gast.expr, kinds: frozenset[Any], label: str) -> gast.expr:
    """Return a question whether the very type of a value is among `kinds`."""
    return _comparison(call(embed(type, "type"), value), _IN, embed(kinds, label))


def is_steady(operand: gast.expr, function: gast.AST | None) -> bool:
    """Tell whether nothing but its own function can change `operand`."""
    if isinstance(operand, gast.Constant):
        return True
    # What a class body reads may be a global as well.
    if not isinstance(operand, gast.Name) or function is None:
        return False
    return operand.id in function.scope.bound and operand.id not in function.scope.captured


def read_again(operand: gast.expr) -> gast.expr:
    """Return another read of a variable or constant."""
    return load(operand.id) if isinstance(operand, gast.Name) else constant(operand.value)


def either(*values: gast.expr) -> gast.expr:
    """Return `or` of the values."""
    return built(gast.BoolOp, op=_OR, values=list(values), internal=True)


def both(*values: gast.expr) -> gast.expr:
    """Return `and` of the values."""
    return built(gast.BoolOp, op=_AND, values=list(values), internal=True)


def all_of(values: list[gast.expr]) -> gast.expr:
    """Return `and` of any number of values."""
    return constant(True) if not values else values[0] if len(values) == 1 else both(*values)


def choose(test: gast.expr, body: gast.expr, orelse: gast.expr) -> gast.expr:
    """Return `body if test else orelse`."""
    return built(gast.IfExp, test=test, body=body, orelse=orelse, internal=True)


def bind(name: str, value: gast.expr) -> gast.expr:
    """Return `(name := value)`."""
    return built(gast.NamedExpr, target=store(name), value=value)


def staged(context: Context, *values: gast.expr) -> gast.expr:
    """Return a question whether any of the values is staged."""
    asks = [call(attribute(embed(context.operators, "operators"), "stages"), value) for value in values]
    return asks[0] if len(asks) == 1 else either(*asks)


def negated(value: gast.expr) -> gast.expr:
    """Return `not value`."""
    return built(gast.UnaryOp, op=_NOT, operand=value, internal=True)


def nothing_staged() -> gast.expr:
    """Return a question whether the last test met no staged value."""
    return is_same(load(STAGED), constant(None))


def something_staged() -> gast.expr:
    """Return a question whether the last test met a staged value."""
    return _comparison(load(STAGED), _IS_NOT, constant(None))


def forget() -> gast.expr:
    """Return an expression that lets go of the staged value that a test met."""
    return bind(STAGED, constant(None))


def keep(name: str, arm: int | None) -> gast.expr:
    """Return an expression that is false, and keeps the staged value of `name`, which has met this `arm` of an `if`."""
    kept = is_same(bind(STAGED, load(name)), constant(None))
    return kept if arm is None else either(kept, is_same(bind(ARM, constant(arm)), constant(None)))


def settled(context: Context, value: gast.expr, name: str, arm: int | None = None) -> gast.expr:
    """Return what `decided` does, where the value is seldom asked for: less code, and slower."""
    unstaged = call(context.value_operator("unstaged"), bind(name, value))
    return choose(unstaged, load(name), keep(name, arm))


def decided(context: Context, value: gast.expr, name: str, arm: int | None = None) -> gast.expr:
    """Return the truth of `value`, which `name` then holds; as the module says for a staged one."""
    plain = has_type_in(bind(name, value), PLAIN_TYPES, "PLAIN_TYPES")
    return choose(either(plain, negated(staged(context, load(name)))), load(name), keep(name, arm))


def frame(function: gast.AST) -> list[gast.expr]:
    """Return what a fragment needs of the frame: its variables, and what holds on to its cells."""
    variables = call(embed(locals, "locals"))
    if not function.cell_names:
        return [variables, call(embed(globals, "globals"))]
    held = gast.Lambda(parameters(), gast.Tuple([load(name) for name in function.cell_names], gast.Load()))
    held.is_thunk = held.is_cells = True
    return [variables, held]


def leave_frame(
    construct: Construct, given: gast.expr, function: gast.AST, place: gast.AST, arm: gast.expr | None = None
) -> gast.stmt:
    """Return the statement that goes on with `given` in operator form, or refuses it where the frame cannot be left."""
    operator = attribute(embed(construct, "operators"), "leave" if arm is None else "leave_arm")
    function.tests = True
    if not construct.fragment:
        # The call refuses, in a frame that goes on; a `return` may not even stand there, as in `except*`.
        return at(gast.Expr(call(operator, *([] if arm is None else [arm]), given, *frame(function), forget())), place)
    value = call(operator, *([] if arm is None else [arm]), given, *frame(function))
    return at(gast.Return(value), place)


def resume(node: gast.AST, construct: Construct, context: Context, known: bool = False) -> Fragment | None:
    """Return how to go on from a statement in operator form, or None where its frame cannot be left.

    `known` says that it can be left, as it can from the `if` whose `elif` this is.
    """
    if not (known or getattr(node, "is_exit", False)):
        return None
    source, number = context.source, node.number
    assert source is not None, "inline code is made from a program's own tree"
    return context.fragment(node, construct, lambda: continuation(source, number))


def leave(construct: Construct, fragment: Fragment, given: gast.expr, function: gast.AST) -> gast.expr:
    """Return a call that goes on with `given` in operator form."""
    construct.fragment = fragment
    function.tests = True
    return call(attribute(embed(construct, "operators"), "leave"), given, *frame(function), forget())
