"""`torchscript/torch`: `torch.jit.script` as it is, which translates source text and types it by its annotations.

A parameter without an annotation is a tensor; static Python scalars need one (`n: int`), or the call is rejected.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from snek_strategies.protocol import Program, Staged
from snek_strategies.spellings.torch_spelling import TORCH
from snek_strategies.torch_values import TorchStrategy, deprecated_torchscript, loaded, missing_torchscript


class TorchScript(TorchStrategy):
    """Translate the program with PyTorch's own compiler of a Python subset."""

    name = "torchscript/torch"
    spelling = TORCH

    def missing(self) -> str | None:
        """Say why this strategy cannot run here, or None where it can."""
        return missing_torchscript() or super().missing()

    def stage(self, program: Program, example: tuple[object, ...]) -> Scripted:  # noqa: ARG002 - the protocol
        """Translate the program; the example is not needed. Raises what PyTorch raises."""
        torch = loaded(self.device)
        with deprecated_torchscript():
            return Scripted(torch.jit.script(program))


class Scripted(Staged):
    """A translated program: fixed code, which PyTorch specialises by itself without reading the program again."""

    def __init__(self, function: Any) -> None:
        self.function = function

    def compile(self) -> Program:
        """Return the translated function; PyTorch optimises its graph in its first calls."""
        run: Program = self.function
        return run

    def dump(self) -> Mapping[str, str]:
        """Return the graph, and the same as code."""
        return {"graph": str(self.function.graph), "code": self.function.code}

    def counters(self) -> Mapping[str, int]:
        """Return one staging, since the translation never changes, and the nodes that call back into Python."""
        return {"stagings": 1, "graphs": 1, "breaks": len(self.function.graph.findAllNodes("prim::PythonOp"))}
