"""What lists, dicts, objects and variables that callees write hold: a choice or a loop joins it like variables.

A region that changes a container leaves it as it was; the choice or loop around it then gives the container what it
holds on whichever path is taken.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Mapping
from types import CellType
from typing import Any

import numpy as np

from snek_strategies.ir.types import ListOf
from snek_strategies.staging.attributes import slots_of
from snek_strategies.staging.iterators import is_iterator
from snek_strategies.staging.join import Slot, parts, rebuild
from snek_strategies.staging.joined_lists import JoinedList
from snek_strategies.staging.joined_nodes import refuse_changed_node
from snek_strategies.staging.lists import Listed, StagedList
from snek_strategies.staging.refusal import refuse
from snek_strategies.staging.registered_nodes import is_registered
from snek_strategies.staging.rep import Rep
from snek_strategies.staging.watch import EMPTY, Content, Names, Watch, content_of, same_content


def carries(value: object) -> bool:
    """Tell whether what an object holds can be carried over a choice or a loop."""
    if type(value) in (list, dict, StagedList, CellType):
        return True
    others = (list, dict, set, frozenset, bytearray, deque, array, np.ndarray, type, Names, Rep)
    with_names = isinstance(getattr(value, "__dict__", None), dict) or bool(slots_of(type(value)))
    return with_names and not isinstance(value, others) and not is_iterator(value)


def now(host: object) -> Content:
    """Return what a container holds."""
    content = content_of(host)
    assert content is not None, "only containers are carried"
    return content


def held(host: object, content: Content) -> tuple[object, ...]:
    """Return the values in a container's content."""
    return content if isinstance(host, list) else content[len(content) // 2 :]


def names(host: object, content: Content) -> tuple[object, ...]:
    """Return the names in a container's content; the items of a list have their positions."""
    return tuple(range(len(content))) if isinstance(host, list) else content[: len(content) // 2]


def restore(host: object, content: Content) -> None:
    """Make a container hold what it held."""
    put(host, names(host, content), held(host, content))


def put(host: object, keys: tuple[object, ...], values: tuple[object, ...]) -> None:
    """Make a container hold these values under these names."""
    if isinstance(host, list):
        list.__setitem__(host, slice(None), values)
        return
    if isinstance(host, CellType):
        _assign(host, *values)
        return
    given: dict[Any, object] = dict(zip(keys, values, strict=True))
    for name in () if isinstance(host, dict) else slots_of(type(host)):
        if name in given:
            object.__setattr__(host, name, given.pop(name))
        elif hasattr(host, name):
            object.__delattr__(host, name)
    entries: dict[Any, object] = host if isinstance(host, dict) else getattr(host, "__dict__", {})
    entries.clear()
    entries.update(given)


def _assign(cell: CellType, value: object) -> None:
    if value is EMPTY:
        del cell.cell_contents
    else:
        cell.cell_contents = value


def with_same_names(host: object, contents: list[Content], what: str) -> list[Content]:
    """Return contents under the same names: a list of several lengths as one value.

    Refuses containers that hold other names as data decides.
    """
    if isinstance(host, StagedList):
        values = [_value(one) for one in contents]
        if any(one is not None for one in values) or any(len(one) != len(contents[0]) for one in contents):
            return [(Listed(one) if value is None else value,) for value, one in zip(values, contents, strict=True)]
    kinds = [names(host, one) for one in contents]
    if any(one != kinds[0] for one in kinds):
        counts = " and ".join(str(len(one)) for one in kinds)
        refuse(
            f"{what} decides by data which names or how many items a {type(host).__name__} has ({counts}); give it "
            "the same on all paths, and say by a value which of them count",
            code="SNK0211",
        )
    return contents


def is_one(template: object) -> bool:
    """Tell whether a container's template is that of a list whose length depends on data."""
    only = template[0] if isinstance(template, tuple) and len(template) == 1 else None
    return isinstance(only, Slot | Rep) and isinstance(only.type, ListOf)


def as_one(content: Content) -> Content:
    """Return the content of a list whose length depends on data."""
    if content and isinstance(content[0], Listed):
        return content
    value = _value(content)
    return (Listed(content) if value is None else value,)


def _value(content: Content) -> Rep | None:
    only = content[0] if len(content) == 1 else None
    return only if isinstance(only, Rep) and isinstance(only.type, ListOf) else None


def as_left(value: object, contents: Mapping[int, Content]) -> object:
    """Return a value that a region gives with its lists as the region leaves them; they hold again what they held."""
    if isinstance(value, list) and id(value) in contents:
        return JoinedList(contents[id(value)], (value,))
    if is_registered(value) and not same_content(contents.get(id(value), now(value)), now(value)):
        refuse_changed_node(value)
    inside = parts(value)
    return value if inside is None else rebuild(value, [as_left(one, contents) for one in inside])


def label(host: object) -> str:
    """Name a container's content in a refusal."""
    return f"<content of a {type(host).__name__}>"


def let_go(guards: Watch) -> None:
    """Give what lies outside a refused program back what it held: nothing of the program has happened."""
    for value, before in list(guards.changes()):
        if carries(value):
            restore(value, before)
        else:
            _take_back(value, before)


def _take_back(value: object, before: Any) -> None:
    """Make an object that no choice or loop carries hold what it held; a tensor tells no more than that it changed."""
    match value:
        case Names():
            value.put(before)
        case set():
            value.clear()
            value.update(before[0])
        case bytearray():
            value[:] = before[0]
        case deque():
            value.clear()
            value.extend(before)
        case array():
            value[:] = array(value.typecode, before[0])
        case np.ndarray():
            value[...] = np.frombuffer(before[1], value.dtype).reshape(before[0])
        case type():
            held = dict(zip(before[: len(before) // 2], before[len(before) // 2 :], strict=True))
            for name in set(vars(value)) - set(held) - {"__slotnames__"}:
                delattr(value, name)
            for name, one in held.items():
                if vars(value).get(name, EMPTY) is not one:
                    setattr(value, name, one)
