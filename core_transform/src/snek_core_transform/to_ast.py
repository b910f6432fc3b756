"""Turn a finished tree into one of Python's own, for `compile`: nodes, places and live objects in one walk."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any, NamedTuple

import gast

from .syntax import CHILD_FIELDS, PLACE, PLACED, Embedded

_KINDS: Mapping[type, type[ast.AST]] = {
    kind: getattr(ast, kind.__name__) for kind in CHILD_FIELDS if hasattr(ast, kind.__name__)
}
_SIGNS: Mapping[type, ast.AST] = {
    kind: mate()
    for kind, mate in _KINDS.items()
    if issubclass(kind, gast.expr_context | gast.operator | gast.boolop | gast.unaryop | gast.cmpop)
    and not mate._fields
}
"""One node for all contexts and signs of a kind: they have no place and hold nothing."""

SIGNED: Mapping[type, str] = {
    kind: field for kind in _KINDS for field in ("ctx", "op") if field in getattr(kind, "_fields", ())
}
"""The field of each kind of node that holds a context or sign."""

_Place = tuple[int, int, int | None, int | None]


def to_ast(tree: gast.AST, seal: str, embedded: dict[str, object]) -> Any:
    """Return `tree` as Python's own, which takes its nodes' fields over: the tree is spent.

    A node without a place stands where the one around it stands. A live object becomes a text that starts with `seal`,
    because `compile` takes no others; `embedded` then holds it by that text.
    """
    return _node(tree, (1, 0, 1, 0), seal, embedded)


class _Plan(NamedTuple):
    """What is done to the nodes of one kind."""

    mate: type[ast.AST]
    is_placed: bool
    fields: tuple[str, ...]
    sign: str | None


_PLANS: Mapping[type, _Plan] = {
    kind: _Plan(mate, kind in PLACED, CHILD_FIELDS[kind], SIGNED.get(kind)) for kind, mate in _KINDS.items()
}


def _node(node: Any, place: _Place, seal: str, embedded: dict[str, object]) -> Any:
    kind = node.__class__
    plan = _PLANS.get(kind)
    if plan is None:
        # Python's own already: the tree had this node in two places.
        return node
    mate, is_placed, fields, sign = plan
    own = node.__dict__
    if is_placed:
        if "lineno" in own:
            place = _placed(own, place)
        else:
            own["lineno"], own["col_offset"], own["end_lineno"], own["end_col_offset"] = place
        if kind is gast.Name:
            if own.get("annotation"):
                own["annotation"] = _node(own["annotation"], place, seal, embedded)
        elif kind in _SPECIAL:
            _special(kind, own, place, seal, embedded)
    for field in fields:
        value = own.get(field)
        if value.__class__ is list:
            own[field] = [child if child is None else _node(child, place, seal, embedded) for child in value]
        elif value is not None:
            own[field] = _node(value, place, seal, embedded)
    if sign is not None:
        own[sign] = _SIGNS.get(own[sign].__class__, own[sign])
    elif kind is gast.arguments:
        for field in ("posonlyargs", "args", "kwonlyargs"):
            own[field] = [_parameter(name) for name in own[field]]
        own["vararg"], own["kwarg"] = _parameter(own["vararg"]), _parameter(own["kwarg"])
    elif kind is gast.ExceptHandler and own["name"] is not None:
        own["name"] = own["name"].id
    new = mate.__new__(mate)
    new.__dict__ = own
    return new


_SPECIAL = frozenset({gast.Constant, gast.Attribute, gast.Compare})


def _special(kind: type, own: dict[str, Any], place: _Place, seal: str, embedded: dict[str, object]) -> None:
    """Do what a node of one of some frequent kinds needs besides."""
    if kind is gast.Constant:
        value = own["value"]
        if value.__class__ is Embedded:
            text = f"{seal}{id(value.value)}>"
            embedded[text] = value.value
            own["value"] = text
    elif kind is gast.Compare:
        own["ops"] = [_SIGNS.get(sign.__class__, sign) for sign in own["ops"]]
    elif own["value"].__class__ is gast.Constant and own["value"].value.__class__ is Embedded:
        # A method call over several lines is placed at the attribute's end; this one stands for the whole.
        own["end_lineno"], own["end_col_offset"] = place[:2]


def _parameter(name: Any) -> ast.arg | None:
    """Return a parameter, which is a name in a tree of ours."""
    if name is None:
        return None
    new = ast.arg.__new__(ast.arg)
    new.__dict__ = {**name.__dict__, "arg": name.id}
    return new


def _placed(own: dict[str, Any], around: _Place) -> _Place:
    """Give a node the place that it is to be shown at, and what its place lacks of the one around it; return it."""
    if "shown_at" in own:
        own.update(own["shown_at"])
    place = own["lineno"], own["col_offset"], own.get("end_lineno"), own.get("end_col_offset")
    if None not in place:
        return place
    for name, value in zip(PLACE, around, strict=True):
        if own.get(name) is None:
            own[name] = value
    return own["lineno"], own["col_offset"], own["end_lineno"], own["end_col_offset"]
