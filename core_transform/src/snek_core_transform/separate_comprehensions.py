"""Keep the variables of comprehensions apart from those of the function, where Python runs both in one frame."""

from __future__ import annotations

import sys
from collections.abc import Iterable

import gast

from .context import Context
from .errors import Place, UnsupportedSyntax
from .scopes import mentioned_names, parameter_names, scope_of, target_names
from .syntax import FUNCTIONS, at, call, load, own_children, own_nodes, rewritten, rules_for, thunk
from .syntax import walk as nodes_in
from .walk import each_function

INLINED = (gast.ListComp, gast.SetComp, gast.DictComp) if sys.version_info >= (3, 12) else ()
"""The comprehensions whose variables are, since PEP 709, variables of the function around them."""
FIRST = "<iterable>"


def separate_comprehensions(tree: gast.AST, context: Context) -> gast.AST:
    """Give a comprehension's variable a name of its own, where a function beside it means another by that name.

    Python 3.12 and 3.13 hand a comprehension's variable to the functions beside it, where the function around both has
    no variable of that name itself, as a thunk has none: they would read or change the wrong one. Where a function of
    the user's holds on to the variable, its name has to stay, and the comprehension gets a thunk of its own.

    >>> def f(xs, y):
    ...     if xs:
    ...         xs = [y for y in xs]
    ...         if y:
    ...             y = 0
    ...     return y
    >>> shown = show(f, after="separate_comprehensions", operators=RecordingOperators(CONTROL))
    >>> ("[<own y> for <own y> in" in shown) == (sys.version_info >= (3, 12))
    True
    """
    # Inline code stays in the function whose variables it names.
    if context.inline or not context.kinds.intersection(INLINED):
        return tree
    kept: set[gast.AST] = set()
    each_function(tree, lambda function: _separate(function, kept))
    if not kept:
        return tree
    return rewritten(tree, rules_for(lambda node, _: _alone(node, context) if node in kept else node, *INLINED))


def _separate(function: gast.AST, kept: set[gast.AST]) -> None:
    """Rename what can be renamed, and add the comprehensions whose names have to stay to `kept`."""
    body = function.body if isinstance(function.body, list) else [function.body]
    nodes = own_nodes(gast.Module(body, []))
    comprehensions = [node for node in nodes if isinstance(node, INLINED)]
    if not comprehensions:
        return
    # In the user's own functions the user's own do as Python has it.
    every = getattr(function, "is_thunk", False)
    functions = {node for node in nodes if isinstance(node, FUNCTIONS) and (every or getattr(node, "is_thunk", False))}
    for comprehension in comprehensions:
        inside = functions & set(own_nodes(comprehension))
        users = _meant(node for node in nodes_in(comprehension) if _is_users(node))
        for name in target_names(comprehension) & _meant(functions - inside):
            if name in users:
                kept.add(comprehension)
            else:
                _rename(comprehension, name, f"<own {name}>")


def _meant(functions: Iterable[gast.AST]) -> set[str]:
    """Return the names that functions mention and do not bind."""
    return {name for node in functions for name in mentioned_names([node]) - scope_of(node).bound.keys()}


def _is_users(node: gast.AST) -> bool:
    return isinstance(node, FUNCTIONS) and not getattr(node, "is_thunk", False)


def _rename(comprehension: gast.AST, old: str, new: str) -> None:
    """Rename a variable of a comprehension; its first iterable is evaluated outside, where it means another."""
    first = set(nodes_in(comprehension.generators[0].iter))
    stack = [comprehension]
    while stack:
        node = stack.pop()
        if node in first:
            continue
        if isinstance(node, gast.Name) and node.id == old:
            node.id = new
        hidden = isinstance(node, gast.Lambda) and old in parameter_names(node.args)
        stack += own_children(node) if hidden else gast.iter_child_nodes(node)


def _alone(comprehension: gast.expr, context: Context) -> gast.expr:
    """Return a call of a thunk that has nothing in it but the comprehension."""
    bound_here = gast.NamedExpr | gast.Await | gast.Yield | gast.YieldFrom
    if any(isinstance(node, bound_here) or getattr(node, "is_async", 0) for node in own_nodes(comprehension)):
        name = ", ".join(sorted(target_names(comprehension)))
        raise UnsupportedSyntax(
            f"this comprehension has a `:=` or is asynchronous, a function in it holds on to its variable ({name}), "
            "and another function has one of the same name; rename the comprehension's",
            Place(context.filename, comprehension.lineno, comprehension.col_offset),
        )
    first = comprehension.generators[0]
    iterable, first.iter = first.iter, at(load(FIRST), first.iter)
    alone = thunk(comprehension, (FIRST,))
    alone.is_thunk = True
    return at(call(alone, iterable), comprehension)
