"""A list that is one list on one path and another on another: what it holds is joined item by item.

As with arrays, a change of a list is seen under every name that it has. So of lists that may be one, none is changed
while another is alive; `list(x)` makes one that is a list of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from snek_strategies.staging.lists import StagedList
from snek_strategies.staging.refusal import refuse
from snek_strategies.staging.rep import Memory


class JoinedList:
    """Stands in a template for a list: what stands for its items, and the lists that it may be."""

    __slots__ = ("items", "origins")

    def __init__(self, items: tuple[object, ...], origins: tuple[list[Any], ...] = ()) -> None:
        self.items = items
        self.origins = origins

    def made(self, items: Iterable[object]) -> StagedList:
        """Return a list of these items that may be one of those that it was made of."""
        result = StagedList(items)
        for one in self.origins:
            may_be_one(result, one)
        return result


def is_list(value: object) -> bool:
    """Tell whether a value is a list of Python's or of staging's, or what stands for one."""
    return type(value) in (list, StagedList, JoinedList)


def items_of(value: Any) -> tuple[object, ...]:
    """Return what a list holds; a list whose length depends on data holds one value."""
    return value.items if isinstance(value, JoinedList) else tuple(list.__iter__(value))


def origins_of(value: Any) -> tuple[list[Any], ...]:
    """Return the lists that a list may be."""
    return value.origins if isinstance(value, JoinedList) else (value,)


def may_be_one(a: StagedList, b: list[Any]) -> None:
    """Note that two lists may be one."""
    if isinstance(b, StagedList):
        memory_of_list(a).join(memory_of_list(b))
        return
    memory_of_list(a).seal("it may be a list that Python's own code has made")
    a.origins = (*a.origins, (b, tuple(b)))


def memory_of_list(value: StagedList) -> Memory:
    """Return the lists that a list may be."""
    if value.memory is None:
        value.memory = Memory()
        value.memory.add(value)
    return value.memory


def check_returned(value: list[Any]) -> None:
    """Refuse to give back a list that may be another one that is alive: the caller would see whether it is."""
    memory = value.memory if isinstance(value, StagedList) else None
    if memory is not None and (memory.sealed or memory.others(value)):
        refuse(
            "the program gives a list that is one of several lists as data decide, and another of them is alive; "
            "return a copy: list(x)",
            code="SNK0212",
        )
