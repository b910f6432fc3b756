"""`trace/torch`: `torch.jit.trace`, which records the operations of one run, with Python scalars as constants.

Control flow that depends on data is not recorded: the trace keeps the path of the example, and PyTorch only warns
(`dump()` shows the warnings). That a trace answers wrongly for other data is a finding, not a fault of this file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from snek_strategies.collect_warnings import collect_warnings
from snek_strategies.protocol import Program, Staged
from snek_strategies.spellings.torch_spelling import TORCH
from snek_strategies.static_arguments import close_over, dynamic_positions, without_static
from snek_strategies.torch_values import TorchStrategy, deprecated_torchscript, loaded, missing_torchscript


class TraceTorch(TorchStrategy):
    """Trace the program with PyTorch; a trace is fixed, so other static values are refused at the call."""

    name = "trace/torch"
    spelling = TORCH

    def missing(self) -> str | None:
        """Say why this strategy cannot run here, or None where it can."""
        return missing_torchscript() or super().missing()

    def stage(self, program: Program, example: tuple[object, ...]) -> Traced:
        """Run the program once on the example, recorded. Raises what PyTorch raises."""
        torch = loaded(self.device)
        arrays = tuple(self.from_host(example[position]) for position in dynamic_positions(example))
        with collect_warnings(torch.jit.TracerWarning) as doubts, deprecated_torchscript():
            # Checking runs the program again; strict would forbid lists and dicts as results.
            trace = torch.jit.trace(close_over(program, example), arrays, check_trace=False, strict=False)
        return Traced(trace, example, doubts)


class Traced(Staged):
    """A trace: a fixed graph."""

    def __init__(self, trace: Any, example: tuple[object, ...], doubts: list[str]) -> None:
        self.trace = trace
        self.example = example
        self.doubts = doubts

    def compile(self) -> Program:
        """Return the traced function; PyTorch optimises the graph in its first calls."""
        return without_static(self.trace, self.example)

    def dump(self) -> Mapping[str, str]:
        """Return the graph, the same as code, and what PyTorch warned of while tracing."""
        return {"graph": str(self.trace.graph), "code": self.trace.code, "warnings": "\n".join(self.doubts)}

    def counters(self) -> Mapping[str, int]:
        """Return one staging, since a trace never changes, and the nodes that call back into Python."""
        return {"stagings": 1, "graphs": 1, "breaks": len(self.trace.graph.findAllNodes("prim::PythonOp"))}
