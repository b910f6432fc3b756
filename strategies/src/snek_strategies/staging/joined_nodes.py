"""Nodes of registered classes that differ from path to path: they are joined part by part, and changed no more.

Which of them a variable has, only the next stage knows; what staged code does to one would have to happen to another.
"""

from __future__ import annotations

from typing import NoReturn

from snek_strategies.staging.attributes import attributes_of
from snek_strategies.staging.builder import builder
from snek_strategies.staging.refusal import refuse
from snek_strategies.staging.registered_nodes import Made


def note_joined(*nodes: object) -> None:
    """Note that nodes have become one of several, with what they hold."""
    for node in nodes:
        if not isinstance(node, Made):
            builder().joined_nodes.setdefault(id(node), (node, attributes_of(node)))


def filled(template: Made) -> object:
    """Return the node of a template whose parts are there; it stands for those that were joined."""
    node = template.made(list(template.children))
    note_joined(node)
    return node


def is_joined(value: object) -> bool:
    """Tell whether a value is a node that was joined, or what stands for such nodes."""
    return id(value) in builder().joined_nodes


def check_unchanged() -> None:
    """Refuse a program that changed a node after it was joined."""
    for node, before in builder().joined_nodes.values():
        now = attributes_of(node)
        if now.keys() != before.keys() or any(now[name] is not one for name, one in before.items()):
            refuse_changed_node(node)


def refuse_changed_node(node: object) -> NoReturn:
    """Refuse a change of a node which is one of several, as data decide."""
    refuse(
        f"a staged program changes a {type(node).__name__}, a class registered with optree, that is another one on "
        "another path, as data decide; make a new one instead",
        code="SNK0210",
    )
