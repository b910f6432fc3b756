"""`snek/lantern`: Snek's own staging, run as C++ that the system's compiler makes native code of."""

from __future__ import annotations

import importlib
from typing import ClassVar

from snek_strategies.snek_strategy import SnekStrategy


class SnekLantern(SnekStrategy):
    """Stages a NumPy program as Snek IR, writes it as C++, and compiles that."""

    name: ClassVar[str] = "snek/lantern"
    framework: ClassVar[str] = "numpy"
    imports: ClassVar[tuple[str, ...]] = ("numpy", "scipy")  # SciPy brings the BLAS that compiled code calls
    backend: ClassVar[str] = "lantern"

    def pin_threads(self, count: int) -> None:
        """Let the BLAS that compiled code calls compute with `count` threads."""
        importlib.import_module("scipy.linalg.cython_blas")  # loaded while compiling it would be too late to be pinned
        super().pin_threads(count)

    def from_host(self, value: object) -> object:
        """Return the value: host values are native."""
        return value

    def to_host(self, value: object) -> object:
        """Return the value: native values are the host's."""
        return value
