"""`snek/torchscript`: Snek's own staging, written as source that TorchScript compiles."""

from __future__ import annotations

from typing import ClassVar

from snek_strategies.snek_strategy import SnekStrategy
from snek_strategies.torch_values import TorchStrategy


class SnekTorchScript(SnekStrategy, TorchStrategy):
    """Stages a NumPy program as Snek IR, and writes it in TorchScript's Python."""

    name: ClassVar[str] = "snek/torchscript"
    backend: ClassVar[str] = "torchscript"
