"""`snek/torch`: Snek's own staging, captured by `torch.export` and run in TorchScript's interpreter."""

from __future__ import annotations

from typing import ClassVar

from snek_strategies.snek_strategy import SnekStrategy
from snek_strategies.torch_values import WITH_DYNAMO, TorchStrategy


class SnekTorch(SnekStrategy, TorchStrategy):
    """Stages a NumPy program as Snek IR, writes it with `torch.cond` and `while_loop`, and exports that."""

    name: ClassVar[str] = "snek/torch"
    imports: ClassVar[tuple[str, ...]] = WITH_DYNAMO
    backend: ClassVar[str] = "torch"
