"""A `torch.export` archive of a staged program."""

from __future__ import annotations

from pathlib import Path

from snek_strategies.backends.torch_program import TorchProgram
from snek_strategies.exports.interface import Interface, check_no_errors


def write(lowered: TorchProgram, faces: Interface, path: Path) -> None:
    """Write a file that `torch.export.load` reads."""
    import torch

    check_no_errors(faces.name, lowered.carried is not None)
    torch.export.save(lowered.capture(holds_constants=True), path)
