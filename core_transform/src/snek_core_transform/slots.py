"""The variables that a construct assigns, read and written where they live."""

from __future__ import annotations

from types import CellType
from typing import Any, Protocol

from .operators import Unbound


class Slot(Protocol):
    """One variable."""

    def get(self) -> object:
        """Return its value, or `Unbound`."""

    def set(self, value: object) -> None:
        """Give it a value, or none where `value` is `Unbound`."""


class CellSlot:
    """A variable of a function."""

    __slots__ = ("cell", "name")

    def __init__(self, name: str, cell: CellType) -> None:
        self.name, self.cell = name, cell

    def get(self) -> object:
        """Return the variable's value, or `Unbound`."""
        try:
            return self.cell.cell_contents
        except ValueError:
            return Unbound(self.name)

    def set(self, value: object) -> None:
        """Set the variable, or empty it."""
        if not isinstance(value, Unbound):
            self.cell.cell_contents = value
        elif not isinstance(self.get(), Unbound):
            del self.cell.cell_contents


class GlobalSlot:
    """A variable that the function declares global."""

    __slots__ = ("name", "namespace")

    def __init__(self, name: str, namespace: dict[str, Any]) -> None:
        self.name, self.namespace = name, namespace

    def get(self) -> object:
        """Return the variable's value, or `Unbound`."""
        return self.namespace[self.name] if self.name in self.namespace else Unbound(self.name)

    def set(self, value: object) -> None:
        """Set the variable, or delete it."""
        if not isinstance(value, Unbound):
            self.namespace[self.name] = value
        elif self.name in self.namespace:
            del self.namespace[self.name]
