"""Make unpacking an operator call."""

from __future__ import annotations

import gast

from .context import Context
from .lower_targets import is_flat, set_step_value, step_value
from .syntax import COMPREHENSIONS, at, call, constant, rewritten, rules_for
from .virtualize_names import shape


def virtualize_unpacking(tree: gast.AST, context: Context) -> gast.AST:
    """Pass what several targets unpack through `unpack`, which gives each its value, the starred one its list.

    >>> def f(x):
    ...     a, *b = x
    >>> print(show(f, after="virtualize_unpacking", operators=RecordingOperators({"unpack"})))
    def f(x):
        a, b = operators.unpack(x, 1, True, 0)
    """
    if not context.wants("unpack"):
        return tree

    def unpacked(target: gast.expr, value: gast.expr) -> gast.expr:
        numbers = [constant(number) for number in shape(target)]
        target.elts = [part.value if isinstance(part, gast.Starred) else part for part in target.elts]
        return at(call(context.value_operator("unpack"), value, *numbers), value)

    def is_wanted(target: gast.expr, is_split: bool) -> bool:
        # Where names are operators' too, one call unpacks and gives each name its value.
        return is_split or (is_flat(target) and not context.wants("name"))

    def virtualize(node: gast.AST, _: gast.AST) -> gast.AST:
        if isinstance(node, gast.Assign) and len(node.targets) == 1:
            if is_wanted(node.targets[0], getattr(node, "is_split", False)):
                node.value = unpacked(node.targets[0], node.value)
        elif isinstance(node, COMPREHENSIONS):
            for generator in node.generators:
                value = step_value(generator)
                if value is not None and is_wanted(generator.target, False):
                    set_step_value(generator, unpacked(generator.target, value))
        return node

    return rewritten(tree, rules_for(virtualize, gast.Assign, *COMPREHENSIONS))
