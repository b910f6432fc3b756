"""Apply a rewriting to every function, or to every statement, of a tree."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import gast

from .syntax import CHILD_FIELDS, FUNCTION_KINDS, Block
from .syntax import walk as nodes_in

BLOCK_FIELDS: Mapping[type, tuple[str, ...]] = {
    kind: tuple(field for field in ("body", "orelse", "finalbody") if field in fields)
    for kind, fields in CHILD_FIELDS.items()
    if issubclass(kind, gast.stmt | gast.excepthandler) or kind in (gast.match_case, gast.Module)
}
"""The fields of each kind of node that hold blocks of statements."""

PARTS: Mapping[type, str] = {gast.Try: "handlers", gast.TryStar: "handlers", gast.Match: "cases"}
"""The field of a statement whose parts hold blocks."""

OWNERS = frozenset({*PARTS, *(kind for kind, fields in BLOCK_FIELDS.items() if fields)})


def each_function(tree: gast.AST, change: Callable[[gast.AST], None]) -> gast.AST:
    """Call `change` for every function in `tree`, inner ones first."""
    for function in [node for node in nodes_in(tree) if node.__class__ in FUNCTION_KINDS][::-1]:
        change(function)
    return tree


def each_statement(tree: gast.AST, change: Callable[[gast.stmt], Block]) -> gast.AST:
    """Replace every statement by what `change` gives for it, inner statements first."""
    owners = [tree] if tree.__class__ in OWNERS else []
    for owner in owners:
        for field in BLOCK_FIELDS[owner.__class__]:
            owners += [child for child in getattr(owner, field) if child.__class__ in OWNERS]
        owners += getattr(owner, PARTS.get(owner.__class__, ""), ())
    for owner in reversed(owners):
        for field in BLOCK_FIELDS[owner.__class__]:
            block = getattr(owner, field)
            if block or field == "body":
                new: Block = []
                for statement in block:
                    new.extend(change(statement))
                setattr(owner, field, new or ([gast.Pass(lineno=1, col_offset=0)] if field == "body" else []))
    return tree
