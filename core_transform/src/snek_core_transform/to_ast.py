"""Turn a finished tree into one of Python's own, for `compile`: nodes, places and live objects in one walk."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

import gast

from .syntax import CHILD_FIELDS, PLACE, PLACED, Embedded
from .syntax import embedded as embedded_in

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


def _node(node: Any, place: _Place, seal: str, embedded: dict[str, object]) -> Any:
    kind = node.__class__
    mate = _KINDS.get(kind)
    if mate is None:
        # Python's own already: the tree had this node in two places.
        return node
    own = node.__dict__
    if kind is gast.Constant:
        value = own["value"]
        if value.__class__ is Embedded:
            text = f"{seal}{id(value.value)}>"
            embedded[text] = value.value
            own["value"] = text
    if kind in PLACED:
        place = _placed(own, place)
        if kind is gast.Attribute and embedded_in(node):
            # A method call over several lines is placed at the attribute's end; this one stands for the whole.
            own["end_lineno"], own["end_col_offset"] = place[:2]
    if kind is gast.Name and own.get("annotation"):
        own["annotation"] = _node(own["annotation"], place, seal, embedded)
    for field in CHILD_FIELDS[kind]:
        value = own.get(field)
        if value.__class__ is list:
            own[field] = [child if child is None else _node(child, place, seal, embedded) for child in value]
        elif value is not None:
            own[field] = _node(value, place, seal, embedded)
    if kind in SIGNED:
        field = SIGNED[kind]
        sign = own[field]
        own[field] = _SIGNS.get(sign.__class__, sign)
    elif kind is gast.Compare:
        own["ops"] = [_SIGNS.get(sign.__class__, sign) for sign in own["ops"]]
    elif kind is gast.arguments:
        for field in ("posonlyargs", "args", "kwonlyargs"):
            own[field] = [_parameter(name) for name in own[field]]
        own["vararg"], own["kwarg"] = _parameter(own["vararg"]), _parameter(own["kwarg"])
    elif kind is gast.ExceptHandler and own["name"] is not None:
        own["name"] = own["name"].id
    new = mate.__new__(mate)
    new.__dict__ = own
    return new


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
    if "lineno" not in own:
        own["lineno"], own["col_offset"], own["end_lineno"], own["end_col_offset"] = around
        return around
    for name, value in zip(PLACE, around, strict=True):
        if own.get(name) is None:
            own[name] = value
    return own["lineno"], own["col_offset"], own["end_lineno"], own["end_col_offset"]
