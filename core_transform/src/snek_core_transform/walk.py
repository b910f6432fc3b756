"""Apply a rewriting to every function, or to every statement, of a tree."""

from __future__ import annotations

from collections.abc import Callable

import gast

from .syntax import FUNCTIONS, Block


def each_function(tree: gast.AST, change: Callable[[gast.AST], None]) -> gast.AST:
    """Call `change` for every function in `tree`, inner ones first."""
    for function in [node for node in gast.walk(tree) if isinstance(node, FUNCTIONS)][::-1]:
        change(function)
    return tree


def each_statement(tree: gast.AST, change: Callable[[gast.stmt], Block]) -> gast.AST:
    """Replace every statement by what `change` gives for it, inner statements first."""
    for owner in list(gast.walk(tree))[::-1]:
        for field in ("body", "orelse", "finalbody"):
            block = getattr(owner, field, None)
            if isinstance(block, list) and (block or field == "body"):
                new: Block = []
                for statement in block:
                    new.extend(change(statement))
                setattr(owner, field, new or ([gast.Pass(lineno=1, col_offset=0)] if field == "body" else []))
    return tree
