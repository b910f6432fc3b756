"""Nodes of trees in the next stage: each is the number of a row in the tree's tables (`packed_trees.py`)."""

from __future__ import annotations

from collections.abc import Iterator
from types import FunctionType, MethodType
from typing import Any, NoReturn

import numpy as np

from snek_strategies.ir.syntax import Sym
from snek_strategies.staging.builder import builder
from snek_strategies.staging.lists import StagedList
from snek_strategies.staging.optional import Maybe
from snek_strategies.staging.packed_trees import ARRAY, CHILD, OPTIONAL, ROOTS
from snek_strategies.staging.refusal import refuse
from snek_strategies.staging.rep import Memory, Rep, constant, emit


class Forest:
    """The tables of a tree in the next stage."""

    def __init__(self, kind: type, tables: dict[str, Any], fields: dict[str, object]) -> None:
        self.kind = kind
        self.tables = tables
        self.fields = fields
        self.trees: object = None
        """The list of trees that was given, if it is one."""

    def as_given(self, given: object) -> object:
        """Return the tree itself, or the list of trees, which nobody may change."""
        if ROOTS not in self.tables:
            return TreeNode(self, constant(np.int64(0)))
        roots = [self.tree(at) for at in range(len(given))]  # type: ignore[arg-type]
        self.trees = tuple(roots) if isinstance(given, tuple) else StagedList(roots)
        if isinstance(self.trees, StagedList):
            self.trees.memory = Memory()
            self.trees.memory.seal("its trees are given as data")
        return self.trees

    def tree(self, at: Any) -> TreeNode:
        """Return a tree of a list by its position, which only the next stage may know."""
        return TreeNode(self, self.tables[ROOTS][at])


class TreeNode:
    """Stands for a node of a tree: the number of its row."""

    __slots__ = ("_forest", "_read", "_row")

    def __init__(self, forest: Forest, row: object) -> None:
        object.__setattr__(self, "_forest", forest)
        object.__setattr__(self, "_row", row)
        object.__setattr__(self, "_read", {})

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        """The user's class, for `isinstance`."""
        return forest_of(self).kind

    def __repr__(self) -> str:
        return f"<Rep of a {forest_of(self).kind.__name__}>"

    def __getattr__(self, name: str) -> Any:
        forest = forest_of(self)
        if name in forest.fields:
            return _field(self, name)
        if name in ("__dict__", "__dataclass_fields__"):
            self._refuse(name)
        if name.startswith("__"):
            raise AttributeError(name)
        found = getattr(forest.kind, name)
        if isinstance(found, FunctionType):
            return MethodType(found, self)
        if isinstance(found, property) and found.fget is not None:
            return found.fget(self)
        if hasattr(type(found), "__get__"):
            self._refuse(name)
        return found

    def _refuse(self, *what: object) -> NoReturn:
        refuse(
            f"{what[0] if what and isinstance(what[0], str) else 'an operation'} on a "
            f"{forest_of(self).kind.__name__} that is a node of a tree known only in the next stage; read its fields",
            code="SNK0201",
        )

    def __setattr__(self, name: str, value: object) -> None:
        self._refuse(f"a store to {name!r}")

    def __delattr__(self, name: str) -> None:
        self._refuse(f"deletion of {name!r}")

    def __eq__(self, other: object) -> bool:
        return self._refuse("==")

    def __hash__(self) -> int:
        return self._refuse("hash()")

    def __bool__(self) -> bool:
        kind = forest_of(self).kind
        if hasattr(kind, "__bool__") or hasattr(kind, "__len__"):
            self._refuse("the truth")
        return True


_DUNDERS = "lt le gt ge add radd sub rsub mul rmul len iter getitem contains call str format copy deepcopy reduce_ex"
for _name in _DUNDERS.split():
    setattr(TreeNode, f"__{_name}__", lambda self, *_, _what=_name: self._refuse(_what))


def forest_in(source: object) -> Forest | None:
    """Return the tables of a list of trees as it was given; None for any other value."""
    if isinstance(source, (StagedList, tuple)) and is_node(first := next(_items(source), None)):
        forest = forest_of(first)  # type: ignore[arg-type]
        return forest if forest.trees is source else None
    return None


def forest_of(node: TreeNode) -> Forest:
    """Return the tables that a node stands in."""
    return object.__getattribute__(node, "_forest")  # type: ignore[no-any-return]


def row_of(node: TreeNode) -> Any:
    """Return the number of a node's row."""
    return object.__getattribute__(node, "_row")


def is_node(value: object) -> bool:
    """Tell whether a value is a node of a tree of the next stage."""
    return type(value) is TreeNode


def same_node(a: object, b: object) -> object:
    """Return whether two values are one node."""
    if not (is_node(a) and is_node(b)):
        return False
    if forest_of(a) is not forest_of(b):  # type: ignore[arg-type]
        refuse("identity of nodes of two trees that are two arguments; number the nodes", code="SNK0201")
    return emit("bool", emit("equal", row_of(a), row_of(b)))  # type: ignore[arg-type]


def _items(source: list[Any] | tuple[Any, ...]) -> Iterator[Any]:
    """Walk what a list holds while staging, whatever its length in the next stage is."""
    return list.__iter__(source) if isinstance(source, list) else tuple.__iter__(source)


def _field(node: TreeNode, name: str) -> object:
    """Return what a field holds; read twice it is one value, so that what a test tells of it is known."""
    read: dict[str, object] = object.__getattribute__(node, "_read")
    if name not in read or not all(_is_known(one) for one in _reps(read[name])):
        from snek_strategies.staging.loops import unwatched

        read[name] = unwatched(lambda: _read(forest_of(node), row_of(node), name))
    return read[name]


def _read(forest: Forest, row: Any, name: str) -> object:
    how = forest.fields[name]
    if how == CHILD:
        child = forest.tables[name][row]
        return Maybe(emit("bool", emit("greater_equal", child, 0)), TreeNode(forest, child))
    if how == ARRAY:
        return forest.tables[name][row]
    if how == OPTIONAL:
        return Maybe(emit("bool", forest.tables[f"{name}?"][row]), forest.tables[name][row])
    return how


def _reps(value: object) -> Iterator[Rep]:
    if isinstance(value, Rep):
        yield value
    elif isinstance(value, Maybe):
        yield from _reps(value.snek_flag)
        yield from _reps(row_of(value.snek_value) if is_node(value.snek_value) else value.snek_value)  # type: ignore[arg-type]


def _is_known(rep: Rep) -> bool:
    return not isinstance(rep.atom, Sym) or any(rep.atom.index in block.bound for block in builder().open)
