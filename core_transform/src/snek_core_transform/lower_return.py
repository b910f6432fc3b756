"""Lower `return`."""

from __future__ import annotations

import gast

from .context import Context
from .forms import is_plain
from .jumps import THUNKED, Lowering, Region, without_flag
from .syntax import Block, after_docstring, assign, at, constant, load, own_nodes
from .walk import each_function


def lower_return(tree: gast.AST, context: Context) -> gast.AST:
    """Make `return` inside a construct an assignment to `<value>`, with one `return <value>` at the end.

    >>> def f(x):
    ...     if x > 0:
    ...         return x
    ...     return -x
    >>> print(show(f, after="lower_return", operators=RecordingOperators(CONTROL)))
    def f(x):
        if x > 0:
            <value> = x
        else:
            <value> = -x
        return <value>
    """
    if context.inline:
        return tree
    return each_function(tree, _lower)


def _lower(function: gast.AST) -> None:
    if isinstance(function, gast.Lambda):
        return
    # An asynchronous generator may return, but no value.
    is_empty = function.yields and isinstance(function, gast.AsyncFunctionDef)
    leave = _return_nothing if is_empty else _return_value
    lowering = Lowering(gast.Return, "<returned>", _keep_value, leave)
    nodes = own_nodes(gast.Module(function.body, []))
    if not any(isinstance(node, THUNKED) and not is_plain(node) and lowering.holds(node) for node in nodes):
        return
    body, ends = lowering.block([*function.body, *_end(function)], Region.TOP)
    assert ends, "a body that ends in `return` ends"
    if not lowering.asked:
        body = without_flag(body, lowering.flag)
    else:
        body.insert(after_docstring(body), at(assign(lowering.flag, constant(False)), function))
    if not isinstance(body[-1], gast.Return | gast.Raise):
        body += leave(_last_return(function))
    function.body = body


def _end(function: gast.FunctionDef) -> Block:
    """Return the `return None` that stands at every function's end."""
    return [at(gast.Return(None), function.body[-1])]


def _keep_value(statement: gast.stmt) -> Block:
    assert isinstance(statement, gast.Return)
    return [at(assign("<value>", statement.value or constant(None)), statement)]


def _return_value(statement: gast.stmt) -> Block:
    return [at(gast.Return(load("<value>")), statement)]


def _return_nothing(statement: gast.stmt) -> Block:
    return [at(gast.Return(None), statement)]


def _last_return(function: gast.AST) -> gast.stmt:
    returns = [node for node in own_nodes(gast.Module(function.body, [])) if isinstance(node, gast.Return)]
    return max(returns, key=lambda node: (node.lineno, node.col_offset))
