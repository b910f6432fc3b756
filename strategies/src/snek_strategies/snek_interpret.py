"""`snek/interpret`: Snek's own staging, run by the interpreter of the IR on NumPy."""

from __future__ import annotations

from typing import ClassVar

from snek_strategies.snek_strategy import SnekStrategy


class SnekInterpret(SnekStrategy):
    """Stages a NumPy program as Snek IR and interprets it."""

    name: ClassVar[str] = "snek/interpret"
    framework: ClassVar[str] = "numpy"
    imports: ClassVar[tuple[str, ...]] = ("numpy",)
    backend: ClassVar[str] = "interpret"

    def from_host(self, value: object) -> object:
        """Return the value: host values are native."""
        return value

    def to_host(self, value: object) -> object:
        """Return the value: native values are the host's."""
        return value
