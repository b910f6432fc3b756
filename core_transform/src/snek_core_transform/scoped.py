"""Apply a rewriting to every statement, with the function in which it stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gast

from .context import Context
from .forms import is_chain
from .syntax import FUNCTIONS, Block, blocks

Function = Any
Change = Callable[[gast.stmt, Function, Context], Block]


def each_statement_in_scope(tree: gast.AST, context: Context, change: Change) -> gast.AST:
    """Replace every statement by what `change` gives for it, inner ones first; in a class body the function is None.

    The `elif`s of an `if` are not offered apart: the chain is one construct.
    """
    if isinstance(tree, gast.Lambda):
        return tree
    tree.body = _block(tree.body, tree, context, change)
    return tree


def _block(statements: Block, function: Function, context: Context, change: Change) -> Block:
    result: Block = []
    for statement in statements:
        _inside(statement, function, context, change)
        result.extend(change(statement, function, context))
    return result


def _inside(statement: gast.stmt, function: Function, context: Context, change: Change) -> None:
    if isinstance(statement, FUNCTIONS):
        inner = function if getattr(statement, "is_thunk", False) else statement
        statement.body = _block(statement.body, inner, context, change)
        return
    if isinstance(statement, gast.ClassDef):
        statement.body = _block(statement.body, None, context, change)
        return
    node = statement
    while is_chain(node):
        node.body = _block(node.body, function, context, change)
        node = node.orelse[0]
    for owner, field in blocks(node):
        setattr(owner, field, _block(getattr(owner, field), function, context, change))
