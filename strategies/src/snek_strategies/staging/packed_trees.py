"""Trees of the user's classes as data: one staging for all shapes of a tree.

An argument whose class reaches itself through its fields is packed into tables, one row a node: its arrays one upon
another, and its children as the numbers of their rows. A node of the next stage is such a number. The tables have room
for the next power of two, so that trees of many sizes are of one kind. A list's trees stand in the same tables, and one
more tells which rows are theirs.
"""

from __future__ import annotations

import dataclasses
import weakref
from typing import Any

import numpy as np

ROOM = 16
"""How many nodes a tree's tables have room for at least."""

ROOTS = "<roots>"
"""The table of the rows of a list's trees."""

CHILD, ARRAY, OPTIONAL = (f"<{word}>" for word in ("child", "array", "array or None"))
"""How a field that is no one value is read."""

_CHILDREN: weakref.WeakKeyDictionary[type, set[str]] = weakref.WeakKeyDictionary()
"""The fields of each class that have held children: a tree without any there is of the same kind."""


class PackedTree:
    """A tree, or a list of trees, given as an argument: what nodes' fields hold by name, as tables or as one value."""

    def __init__(self, given: object, kind: type, tables: dict[str, np.ndarray], fields: dict[str, object]) -> None:
        self.given = given
        self.kind = kind
        """The nodes' class."""
        self.tables = tables
        self.fields = fields
        """How each field is read: CHILD, ARRAY, OPTIONAL, or the value that all nodes have."""

    @property
    def room(self) -> int:
        """How many nodes there is room for."""
        return len(next(iter(self.tables.values())))

    def __repr__(self) -> str:
        many = f"{len(self.tables[ROOTS])} trees, each " if ROOTS in self.tables else ""
        return f"{many}a {self.kind.__name__} of at most {self.room} nodes"

    def key(self) -> tuple[object, ...]:
        """Return what a staging is keyed by."""
        held = tuple((name, one.dtype, one.shape) for name, one in self.tables.items())
        fields = tuple((name, repr(one)) for name, one in self.fields.items())
        return (PackedTree, self.room, type(self.given), self.kind, held, fields)


def packed(value: object, least: int = ROOM) -> object:
    """Return a tree, or a list or tuple of several, as tables with room for `least` nodes; any other value as it is."""
    several = type(value) in (list, tuple) and len(value) > 1  # type: ignore[arg-type]
    roots: list[Any] = list(value) if several else [value]  # type: ignore[call-overload]
    kind = type(roots[0])
    if not dataclasses.is_dataclass(kind) or any(type(one) is not kind for one in roots):
        return value
    names = [field.name for field in dataclasses.fields(kind)]
    nodes = _nodes(roots, names)
    if nodes is None or (len(nodes) == len(roots) and kind not in _CHILDREN):
        return value
    columns = {name: [vars(node)[name] for node in nodes] for name in names}
    children = _CHILDREN.setdefault(kind, set())
    children.update(name for name, column in columns.items() if any(type(one) is kind for one in column))
    if not children:
        return value
    rows = {id(node): row for row, node in enumerate(nodes)}
    room = max(least, 1 << (len(nodes) - 1).bit_length())
    tables: dict[str, np.ndarray] = {}
    fields: dict[str, object] = {}
    for name, column in columns.items():
        read = _packed_children(column, rows) if name in children else _packed_values(column)
        if read is None:
            return value
        fields[name] = read[0]
        for suffix, table in zip(("", "?"), read[1:], strict=False):
            tables[name + suffix] = _padded(table, room)
    if several:
        tables[ROOTS] = np.array([rows[id(one)] for one in roots])
    return PackedTree(value, kind, tables, fields)


def _nodes(roots: list[Any], names: list[str]) -> list[Any] | None:
    """Return trees' nodes, or None where one has other attributes than its class's fields."""
    found: dict[int, Any] = {}
    pending = roots[::-1]
    while pending:
        node = pending.pop()
        if id(node) in found:
            continue
        found[id(node)] = node
        held = getattr(node, "__dict__", None)
        if held is None or len(held) != len(names) or any(name not in held for name in names):
            return None
        pending.extend(one for name in reversed(names) if type(one := held[name]) is type(node))
    return list(found.values())


Column = tuple[Any, ...]


def _packed_children(column: list[object], rows: dict[int, int]) -> Column | None:
    if any(one is not None and id(one) not in rows for one in column):
        return None
    return CHILD, np.array([-1 if one is None else rows[id(one)] for one in column], dtype=np.int64)


def _packed_values(column: list[Any]) -> Column | None:
    """Return how a field is read, and its tables; None where its values are of several kinds."""
    there = [one for one in column if one is not None]
    if not there or not isinstance(there[0], (np.ndarray, np.generic)):
        return _one_value(column)
    first = there[0]
    like = (type(first), first.dtype, first.shape)
    if any(type(one) is not like[0] or (one.dtype, one.shape) != like[1:] for one in there):
        return None
    if first.dtype.kind not in "biufc" or (like[0] is np.ndarray and not first.ndim):
        return None
    table = np.stack([np.zeros(first.shape, first.dtype) if one is None else one for one in column])
    if len(there) == len(column):
        return ARRAY, table
    return OPTIONAL, table, np.array([one is not None for one in column])


def _one_value(column: list[Any]) -> Column | None:
    first = column[0]
    is_static = isinstance(first, (bool, int, float, complex, str, bytes, type(None)))
    same = is_static and all(type(one) is type(first) and repr(one) == repr(first) for one in column)
    return (first,) if same else None


def _padded(table: np.ndarray, room: int) -> np.ndarray:
    return np.concatenate([table, np.zeros((room - len(table), *table.shape[1:]), table.dtype)])
