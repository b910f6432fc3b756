"""`eager/torch`: the program as written, on PyTorch."""

from __future__ import annotations

from snek_strategies.as_written import AsWritten
from snek_strategies.protocol import Program
from snek_strategies.spellings.torch_spelling import TORCH
from snek_strategies.torch_values import TorchStrategy, loaded


class EagerTorch(TorchStrategy):
    """Run the program with Python and PyTorch; no staging."""

    name = "eager/torch"
    spelling = TORCH

    def stage(self, program: Program, example: tuple[object, ...]) -> AsWritten:  # noqa: ARG002 - the protocol
        """Return the program as it is."""
        loaded(self.device)
        return AsWritten(program)
