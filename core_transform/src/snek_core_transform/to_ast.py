"""Make a finished tree one of Python's own, for `compile`: nodes, places and live objects in one walk."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
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


def to_ast(tree: gast.AST, seal: str, embedded: dict[str, object], around: _Place = (1, 0, 1, 0)) -> Any:
    """Make `tree` one of Python's own where it stands, and return it: gast's kinds are laid out as Python's are.

    A node without a place stands where the one around it stands, and the tree at the place `around`. A live object
    becomes a text that starts with `seal`, because `compile` takes no others; `embedded` then holds it by that text.
    """
    places: list[_Place] = [around]
    left: list[Any] = [tree]
    while left:
        node, place = left.pop(), places.pop()
        kind = node.__class__
        plan = _PLANS.get(kind)
        if plan is None:
            # Python's own already, as the tree had this node in two places; or the key that a dictionary's `**` lacks.
            continue
        mate, is_placed, fields, sign, finish = plan
        own = node.__dict__
        if is_placed:
            if "lineno" in own:
                place = _placed(own, place)
            else:
                own["lineno"], own["col_offset"], own["end_lineno"], own["end_col_offset"] = place
        if finish is not None:
            finish(own, place, seal, embedded)
        if sign is not None:
            own[sign] = _SIGNS.get(own[sign].__class__, own[sign])
        node.__class__ = mate
        for field in fields:
            value = own.get(field)
            if value.__class__ is list:
                left += value
                places += [place] * len(value)
            elif value is not None:
                left.append(value)
                places.append(place)
    return tree


def _constant(own: dict[str, Any], _: _Place, seal: str, embedded: dict[str, object]) -> None:
    value = own["value"]
    if value.__class__ is Embedded:
        text = f"{seal}{id(value.value)}>"
        embedded[text] = value.value
        own["value"] = text


def _attribute(own: dict[str, Any], place: _Place, *_: object) -> None:
    if own["value"].__class__ is gast.Constant and own["value"].value.__class__ is Embedded:
        # A method call over several lines is placed at the attribute's end; this one stands for the whole.
        own["end_lineno"], own["end_col_offset"] = place[:2]


def _compare(own: dict[str, Any], *_: object) -> None:
    own["ops"] = [_SIGNS.get(sign.__class__, sign) for sign in own["ops"]]


def _handler(own: dict[str, Any], *_: object) -> None:
    if own["name"] is not None:
        own["name"] = own["name"].id


def _arguments(own: dict[str, Any], place: _Place, seal: str, embedded: dict[str, object]) -> None:
    """Make parameters, which are names in a tree of ours."""

    def parameter(name: Any) -> ast.arg | None:
        if name is None:
            return None
        new = ast.arg.__new__(ast.arg)
        new.__dict__ = own = {**dict(zip(PLACE, place, strict=True)), **name.__dict__, "arg": name.id}
        there = _placed(own, place)
        if own["annotation"] is not None:
            to_ast(own["annotation"], seal, embedded, there)
        return new

    for field in ("posonlyargs", "args", "kwonlyargs"):
        own[field] = [parameter(name) for name in own[field]]
    own["vararg"], own["kwarg"] = parameter(own["vararg"]), parameter(own["kwarg"])


class _Plan(NamedTuple):
    """What is done to the nodes of one kind."""

    mate: type[ast.AST]
    is_placed: bool
    fields: tuple[str, ...]
    sign: str | None
    finish: Callable[..., None] | None


_FINISH: Mapping[type, Callable[..., None]] = {
    gast.Constant: _constant,
    gast.Attribute: _attribute,
    gast.Compare: _compare,
    gast.ExceptHandler: _handler,
    gast.arguments: _arguments,
}
_PLANS: Mapping[type, _Plan] = {
    kind: _Plan(mate, kind in PLACED, CHILD_FIELDS[kind], SIGNED.get(kind), _FINISH.get(kind))
    for kind, mate in _KINDS.items()
}


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
