"""Lower comprehensions."""

from __future__ import annotations

import gast

from .context import Context
from .syntax import COMPREHENSIONS, at, call, constant, load, own_nodes, rewritten, rules_for, thunk, walk
from .virtualize_comprehensions import KINDS

KEEPING = (gast.Yield, gast.YieldFrom, gast.Await, gast.NamedExpr, gast.Lambda)
CONSUMING = frozenset({"sum", "any", "all", "min", "max", "list", "tuple", "set", "sorted", "dict"})
"""Functions that have taken all of a generator when they return."""
FRAME_READERS = frozenset({"super", "__class__", "locals", "vars", "dir", "eval", "exec"})


def lower_comprehensions(tree: gast.AST, context: Context) -> gast.AST:
    """Make a comprehension a call of `comprehend`, where the operator set stages them: its loops may then be staged.

    A step takes an item and gives its condition and what follows, as functions: an element, or the next loop. What
    suspends, binds a variable of the function around it, looks at its frame, or makes functions that outlive a trip
    keeps Python's form.

    >>> def f(xs):
    ...     return [z for y in xs if y for z in y]
    >>> class Staging(RecordingOperators):
    ...     inline, stages_comprehensions = False, True
    >>> print(show(f, after="lower_comprehensions", operators=Staging(CONTROL)))
    def f(xs):
        return operators.comprehend('list', xs, lambda y: (lambda: y, lambda: (y, lambda z: (None, lambda: z))), 2)
    """
    if not context.operators.stages_comprehensions:
        return tree

    kept = {node for node in walk(tree) if isinstance(node, COMPREHENSIONS) and _keeps_its_form(node)}

    def lower(node: gast.AST, _: gast.AST) -> gast.AST:
        if node in kept:
            return node
        following: gast.expr = (
            gast.Tuple([node.key, node.value], gast.Load()) if isinstance(node, gast.DictComp) else node.elt
        )
        for generator in reversed(node.generators[1:]):
            following = gast.Tuple([generator.iter, _step(generator, following)], gast.Load())
        first, count = node.generators[0], len(node.generators)
        operator = context.value_operator("comprehend")
        step = _step(first, following)
        return at(call(operator, constant(KINDS[type(node)]), first.iter, step, constant(count)), node)

    return rewritten(tree, rules_for(lower, *COMPREHENSIONS))


def _keeps_its_form(node: gast.AST) -> bool:
    inside = [*own_nodes(node)][1:]
    consumed = {
        one.args[0]
        for one in inside
        if isinstance(one, gast.Call) and isinstance(one.func, gast.Name) and one.func.id in CONSUMING and one.args
    }
    return any(
        isinstance(one, KEEPING)
        or (isinstance(one, gast.comprehension) and one.is_async)
        or (isinstance(one, gast.Name) and one.id in FRAME_READERS)
        # Its variable would be another one at each trip.
        or (isinstance(one, gast.GeneratorExp) and one not in consumed)
        for one in inside
    )


def _step(generator: gast.comprehension, following: gast.expr) -> gast.expr:
    """Return the function of an item that gives the condition and what follows, as functions."""
    tests = generator.ifs
    test = gast.BoolOp(gast.And(), tests) if len(tests) > 1 else tests[0] if tests else None
    pair = gast.Tuple([constant(None) if test is None else thunk(test), thunk(following)], gast.Load())
    if isinstance(generator.target, gast.Name):
        return thunk(pair, [generator.target.id])
    # Python's own binding of a target of several parts, or one that is an item or an attribute.
    item = gast.comprehension(generator.target, gast.Tuple([load("<item>")], gast.Load()), [], 0)
    return thunk(gast.Subscript(gast.ListComp(pair, [item]), constant(0), gast.Load()), ["<item>"])
