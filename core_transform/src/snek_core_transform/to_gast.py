"""Copy one of Python's own trees as one of gast's: what `gast.ast_to_gast` gives, in a third of its time."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import gast

from .syntax import CHILD_FIELDS, KINDS

_PARAM, _STORE = gast.Param(), gast.Store()


def to_gast(tree: ast.AST, above: int = 0) -> Any:
    """Return a copy of `tree` in gast's kinds, `above` lines further down.

    Contexts and signs, which hold nothing, are one node a kind.
    """
    kind, own = tree.__class__, tree.__dict__
    plan = _PLANS[kind]
    new = plan.mate.__new__(plan.mate)
    new.__dict__ = made = {**plan.lacking, **own}
    if above and plan.is_placed:
        made["lineno"] += above
        made["end_lineno"] += above
    if plan.sign is not None:
        made[plan.sign] = _SIGNS[own[plan.sign].__class__]
    for field in plan.fields:
        value = own[field]
        if value.__class__ is list:
            made[field] = [to_gast(child, above) if child.__class__ in _PLANS else child for child in value]
        elif value.__class__ in _PLANS:
            made[field] = to_gast(value, above)
    if plan.finish is not None:
        plan.finish(made)
    return new


def _compare(made: dict[str, Any]) -> None:
    made["ops"] = [_SIGNS[sign.__class__] for sign in made["ops"]]


def _parameter(made: dict[str, Any]) -> None:
    """A parameter is a name in a tree of gast's."""
    made["id"], made["ctx"] = made.pop("arg"), _PARAM


def _handler(made: dict[str, Any]) -> None:
    if made["name"]:
        made["name"] = gast.Name(made["name"], _STORE, None, None)


def _definition(made: dict[str, Any]) -> None:
    """Before Python 3.12 a definition has no parameters for types."""
    if made["type_params"] is None:
        made["type_params"] = []


class _Plan(NamedTuple):
    """How the nodes of one kind are copied: `lacking` is what gast's kind has and Python's does not."""

    mate: Any
    is_placed: bool
    lacking: Mapping[str, Any]
    fields: tuple[str, ...]
    sign: str | None
    finish: Callable[[dict[str, Any]], None] | None


_MATES: Mapping[type[ast.AST], type[gast.AST]] = {
    getattr(ast, kind.__name__): kind for kind in KINDS if hasattr(ast, kind.__name__)
} | {ast.arg: gast.Name}
_SIGNS: Mapping[type[ast.AST], gast.AST] = {
    kind: mate()
    for kind, mate in _MATES.items()
    if issubclass(kind, ast.expr_context | ast.operator | ast.boolop | ast.unaryop | ast.cmpop)
}
_FINISH: Mapping[type[ast.AST], Callable[[dict[str, Any]], None]] = {
    ast.Compare: _compare,
    ast.arg: _parameter,
    ast.ExceptHandler: _handler,
} | dict.fromkeys((ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef), _definition)
_PLANS: Mapping[type[ast.AST], _Plan] = {
    kind: _Plan(
        mate,
        "lineno" in kind._attributes,
        {field: None for field in mate._fields if field not in kind._fields and field != "id"},
        ("annotation",) if kind is ast.arg else tuple(field for field in CHILD_FIELDS[mate] if field in kind._fields),
        next((field for field in ("ctx", "op") if field in kind._fields), None),
        _FINISH.get(kind),
    )
    for kind, mate in _MATES.items()
}
