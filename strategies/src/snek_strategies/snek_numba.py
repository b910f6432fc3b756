"""`snek/numba`: Snek's own staging, run as Python source that Numba compiles."""

from __future__ import annotations

import importlib
from typing import ClassVar

from snek_strategies.snek_strategy import SnekStrategy


class SnekNumba(SnekStrategy):
    """Stages a NumPy program as Snek IR, writes it as source for Numba, and compiles that."""

    name: ClassVar[str] = "snek/numba"
    framework: ClassVar[str] = "numba"
    imports: ClassVar[tuple[str, ...]] = ("numba", "scipy")  # SciPy brings the BLAS that compiled code calls
    backend: ClassVar[str] = "numba"

    def pin_threads(self, count: int) -> None:
        """Let the BLAS that compiled code calls compute with `count` threads."""
        importlib.import_module("scipy.linalg.cython_blas")  # Numba loads it while it compiles: too late to be pinned
        super().pin_threads(count)

    def from_host(self, value: object) -> object:
        """Return the value: host values are native."""
        return value

    def to_host(self, value: object) -> object:
        """Return the value: native values are the host's."""
        return value
