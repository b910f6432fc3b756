"""Nodes of classes that the user has registered with optree, under the namespace `snek` or for all.

Such a node is its children, which are data or further structures, and auxiliary data, which is static. Staged code gets
a node of its own, made by the class's own function; what it changes about that would be lost, and is refused.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from snek_core_transform.errors import StagingError
from snek_strategies.staging.refusal import refuse

NAMESPACE = "snek"
"""Where classes may be registered for Snek alone."""


@dataclass(frozen=True, eq=False)
class Made:
    """Stands in a structure for a node: how it is made of its auxiliary data and its children."""

    kind: type
    unflatten: Callable[[Any, Any], object]
    auxiliary: object
    children: tuple[object, ...]

    def made(self, children: list[object]) -> object:
        """Return the node with these children."""
        return self.unflatten(self.auxiliary, tuple(children))


def is_registered(value: object) -> bool:
    """Tell whether a value is a node; asks nothing where optree has not been imported."""
    return _entry(type(value)) is not None


def _entry(kind: type) -> Any:
    optree: Any = sys.modules.get("optree")
    if optree is None or kind.__module__ in ("builtins", "numpy"):
        return None
    entry = optree.register_pytree_node.get(kind, namespace=NAMESPACE)
    return entry if entry is not None and entry.kind == optree.PyTreeKind.CUSTOM else None


def taken_apart(node: object) -> Made:
    """Return a node's children and auxiliary data, as its class's own function gives them."""
    entry = _entry(type(node))
    children, auxiliary, *_ = entry.flatten_func(node)
    return Made(type(node), entry.unflatten_func, auxiliary, tuple(children))


def are_of_one_kind(one: Made, other: Made) -> bool:
    """Tell whether two nodes are of one class, with equal auxiliary data and so many children."""
    if one.kind is not other.kind or len(one.children) != len(other.children):
        return False
    return _static(one.kind, one.auxiliary) == _static(one.kind, other.auxiliary)


def new_children(node: object, found: Made) -> Iterator[object]:
    """Walk the children that are others when the node is taken apart once more."""
    for one, again in zip(found.children, taken_apart(node).children, strict=True):
        if one is not again:
            yield one


def key_of_node(node: object, key: Callable[[object], object]) -> object:
    """Return what a staging is keyed by for a node: its class, its auxiliary data, and the keys of its children."""
    found = taken_apart(node)
    return (type(node), "node", _static(type(node), found.auxiliary), tuple(map(key, found.children)))


def _static(kind: type, value: object) -> object:
    if type(value) in (tuple, list):
        return (type(value), *(_static(kind, one) for one in value))  # type: ignore[attr-defined]
    if isinstance(value, np.ndarray):
        return (np.ndarray, value.dtype, value.shape, value.tobytes())
    if isinstance(value, (float, complex)):
        return (type(value), repr(value))
    if isinstance(value, Hashable):
        return (type(value), value)
    raise StagingError(
        f"the auxiliary data of a {kind.__name__} holds a {type(value).__name__}: {value!r:.60}; a staging is "
        "keyed by it: give values that can be hashed",
        code="SNK0217",
    )


def refuse_changed(node: object) -> NoReturn:
    """Refuse a program that changes a node that the caller gave: that would stay as it is."""
    refuse(
        f"a staged program changes a {type(node).__name__} that it is given, a class registered with optree; return a "
        "new one instead",
        code="SNK0210",
    )
