"""Make the literals of containers, and f-strings, operator calls."""

from __future__ import annotations

import gast

from .context import Context
from .syntax import at, call, constant, rewritten, rules_for

LITERALS = {gast.List: "list_", gast.Tuple: "tuple_", gast.Set: "set_", gast.Dict: "dict_"}


def virtualize_literals(tree: gast.AST, context: Context) -> gast.AST:
    """Pass new lists, tuples, sets and dicts through operators; make an f-string a `join_str` of its parts.

    >>> def f(x):
    ...     return [x, (x, 1)], f"{x!r:>{x}} of it"
    >>> print(show(f, after="virtualize_literals", operators=RecordingOperators({"literal"})))
    ... # doctest: +NORMALIZE_WHITESPACE
    def f(x):
        return operators.tuple_((operators.list_([x, operators.tuple_((x, 1))]),
            operators.join_str(operators.format_value(x, 'r',
                operators.join_str('>', operators.format_value(x, None, ''))), ' of it')))
    """
    if not context.wants("literal"):
        return tree

    def virtualize(node: gast.AST, _: gast.AST) -> gast.AST:
        if type(node) in LITERALS and _is_value(node):
            return at(call(context.value_operator(LITERALS[type(node)]), node), node)
        if isinstance(node, gast.FormattedValue):
            conversion = None if node.conversion == -1 else chr(node.conversion)
            spec = node.format_spec or constant("")
            return at(call(context.value_operator("format_value"), node.value, constant(conversion), spec), node)
        if isinstance(node, gast.JoinedStr):
            return at(call(context.value_operator("join_str"), *node.values), node)
        return node

    return rewritten(tree, rules_for(virtualize, *LITERALS, gast.FormattedValue, gast.JoinedStr))


def _is_value(node: gast.AST) -> bool:
    """Tell whether a literal makes a value: targets do not, nor a row of indices one of which is a slice."""
    if getattr(node, "is_step", False) or not isinstance(getattr(node, "ctx", None), gast.Load | None):
        return False
    return not isinstance(node, gast.Tuple) or not any(isinstance(part, gast.Slice) for part in node.elts)
