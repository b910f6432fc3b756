"""`dynamo/compile`: `torch.compile` in its default mode, which captures bytecode and runs the rest in Python."""

from __future__ import annotations

import dis
import io
from collections.abc import Mapping
from types import CodeType
from typing import Any

from snek_strategies.protocol import Program, Staged
from snek_strategies.spellings.torch_spelling import TORCH
from snek_strategies.torch_values import WITH_DYNAMO, TorchStrategy, deprecated_torchscript, loaded


class DynamoCompile(TorchStrategy):
    """Compile the program with PyTorch's Dynamo and Inductor; graph breaks are allowed, and counted."""

    name = "dynamo/compile"
    imports = WITH_DYNAMO
    spelling = TORCH

    def pin_threads(self, count: int) -> None:
        """Let PyTorch compute with `count` threads, and compile in this process where that is one."""
        super().pin_threads(count)
        import torch._inductor.config

        torch._inductor.config.compile_threads = count

    def stage(self, program: Program, example: tuple[object, ...]) -> Compiled:  # noqa: ARG002 - the protocol
        """Wrap the program, with Dynamo's caches empty; it captures and compiles in the first call."""
        torch = loaded(self.device)
        with deprecated_torchscript():  # Inductor, imported here, has a few TorchScript methods of its own
            torch._dynamo.reset()
            return Compiled(program, torch.compile(program))


class Compiled(Staged):
    """A program under Dynamo, and every rewriting of its file's functions that Dynamo has done since.

    Dynamo runs a captured function through code that it has rewritten, under the program's own file name and line: it
    calls a compiled graph, and, where the graph breaks, goes on in Python and calls the rest of the function.
    """

    def __init__(self, program: Program, run: Program) -> None:
        import torch._dynamo.convert_frame as convert_frame

        self.run = run
        self.filename = program.__code__.co_filename
        self.rewritten: list[tuple[CodeType, CodeType]] = []
        self.tried: Any = convert_frame.input_codes
        convert_frame.register_bytecode_hook(self._record)

    def _record(self, code: CodeType, rewritten: CodeType) -> None:
        if code.co_filename == self.filename:
            self.rewritten.append((code, rewritten))

    def compile(self) -> Program:
        """Return the wrapped program; Dynamo compiles in its first call."""
        return self.run

    def dump(self) -> Mapping[str, str]:
        """Return the bytecode by which Dynamo has replaced the program's, once it was called."""
        texts = {}
        for number, (code, rewritten) in enumerate(self.rewritten, start=1):
            text = io.StringIO()
            dis.dis(rewritten, file=text)
            texts[f"bytecode {number}: {code.co_name}"] = text.getvalue()
        return texts

    def counters(self) -> Mapping[str, int]:
        """Return the rewritten functions, the graphs they call, and where they go back to Python.

        A break is a rest of a function that rewritten code calls, or a function that Dynamo tried and left as it is.
        """
        done = {code for code, _ in self.rewritten}
        tried = {code for code in (reference() for reference in self.tried.seen) if code is not None}
        given_up = {code for code in tried - done if code.co_filename == self.filename}
        return {
            "stagings": len(self.rewritten),
            "graphs": sum(len(called(code, GRAPH)) for _, code in self.rewritten),
            "breaks": sum(len(called(code, REST)) for _, code in self.rewritten) + len(given_up),
        }

    def is_glue(self, code: CodeType) -> bool:
        """Tell whether `code` is rewritten code that goes straight into a graph, with no Python rest."""
        return any(
            code is rewritten and called(code, GRAPH) and not called(code, REST) for _, rewritten in self.rewritten
        )


GRAPH = "__compiled_fn_"
REST = "__resume_at_"


def called(code: CodeType, prefix: str) -> list[str]:
    """Return the global names starting with `prefix` that a code object uses."""
    return [name for name in code.co_names if name.startswith(prefix)]
