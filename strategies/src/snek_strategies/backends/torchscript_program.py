"""The back-end `torchscript`: Python source over tensors, which PyTorch's own compiler of a Python subset takes."""

from __future__ import annotations

import math  # noqa: F401 - TorchScript looks names up where the text is handed in
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from snek_strategies.backends.arithmetic import ELEMENTWISE
from snek_strategies.backends.backend import Run, cannot_say
from snek_strategies.backends.in_place import in_place
from snek_strategies.backends.lifted_functions import Lifted
from snek_strategies.backends.structured_source import Dialect, write
from snek_strategies.backends.tensor_program import TensorProgram
from snek_strategies.backends.torch_idioms import torch_idioms
from snek_strategies.backends.torch_linear import FACTOR, FACTORS
from snek_strategies.backends.torch_memory import COMMUTING, overwritten
from snek_strategies.backends.torchscript_expressions import STORED, STORES, Constants, expression
from snek_strategies.backends.torchscript_numbers import unboxed
from snek_strategies.ir.loop_counters import index_of
from snek_strategies.ir.symbolic_rules import places_of
from snek_strategies.ir.syntax import Node, Program, every_node
from snek_strategies.torch_values import deprecated_torchscript, missing_torchscript

INLINED = ELEMENTWISE | {
    "asarray",
    "astype",
    "bool",
    "int",
    "float",
    "not",
    "item",
    "extent",
    "transpose",
    "reshape",
    "math",
    "where",
}
RECURSION = "TorchScript's functions do not call themselves; write a loop, or use back-end 'numba'"


class TorchScriptProgram(TensorProgram):
    """A program as a TorchScript function; its errors are further results, since TorchScript forgets their class."""

    backend: ClassVar[str] = "torchscript"
    in_turn: ClassVar[bool] = True
    kinds: ClassVar[tuple[str, ...]] = ("python", "graph")
    lacks: ClassVar[frozenset[str]] = frozenset()
    own_signs: ClassVar[bool] = True
    any_size: ClassVar[bool] = True

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        for node in every_node(self.ready.body):
            if node.primitive in ("function", "call"):
                raise cannot_say(self.backend, node, RECURSION)
        self.ready = in_place(torch_idioms(self.ready))
        into = overwritten(self.ready)
        second = {
            index_of(node.operands[into[sym.index]])
            for node in every_node(self.ready.body)
            for sym in node.results
            if into.get(sym.index) and node.primitive not in COMMUTING
        }
        self.constants = Constants(numbers=True, overwritten=into)
        dialect = Dialect(
            expression=lambda node, operands: expression(self.constants, node, operands),
            constant=self.constants.constant,
            statement=self._statement,
            # What is written into as a second operand is named twice.
            inlined=lambda node: node.primitive in INLINED and node.results[0].index not in second,
            head=self._head,
            returned=self._returned,
        )
        body = write(self.ready, dialect)
        # Only now the constants are known.
        names = ", ".join(f"c{at}: Tensor" for at in range(len(self.constants.values)))
        head, arrow, rest = body.partition(") -> ")
        stores = STORES if f"{STORED}(" in body else ""
        factors = FACTORS if f"{FACTOR}(" in body else ""
        self.source = f"{stores}{factors}{head}{', ' if names and not head.endswith('(') else ''}{names}{arrow}{rest}"
        self.unit: Any = None

    @classmethod
    def missing(cls) -> str | None:
        """Say why `torch.jit` cannot be used on this Python, or None where it can."""
        return missing_torchscript()

    def _statement(self, node: Node, operands: list[str]) -> list[str]:  # noqa: ARG002
        raise cannot_say(self.backend, node, "it is not written in TorchScript yet; use back-end 'interpret'")

    def _head(self, one: Lifted, parameters: list[str]) -> list[str]:
        head, lines = [], []
        for symbol, (at, axis) in places_of(tuple(sym.type for sym in one.block.parameters)).items():
            self.constants.extents[symbol] = f"{parameters[at]}.size({axis})"
        for name, sym in zip(parameters, one.block.parameters, strict=True):
            given = f"{name}_tensor" if self.constants.is_number(sym) else name
            head.append(f"{given}: Tensor")
            if given != name:
                lines.append(f"    {name} = {unboxed(given, sym.type)}")
        made = "List[Tensor]" if self.carried is None else "Tuple[List[Tensor], List[int], List[float]]"
        return [f"def program({', '.join(head)}) -> {made}:", *lines]

    def _returned(self, one: Lifted, texts: list[str]) -> str:
        """Return tensors, and an error as numbers: its own and the whole ones that it holds, and the others."""
        whole = len(self.program.body.results)
        real = len(texts) if self.carried is None else whole + 1 + self.carried.whole
        tensors = list(map(self.constants.boxed, texts[:whole], one.block.results))
        if self.carried is None:
            return f"return {_list('Tensor', tensors)}"
        parts = _list("Tensor", tensors), _list("int", texts[whole:real]), _list("float", texts[real:])
        return f"return {', '.join(parts)}"

    def as_text(self, kind: str) -> str:
        """Return the `python` source, or the `graph` that PyTorch makes of it."""
        if kind == "python":
            return self.source
        return str(self._scripted().graph) if kind == "graph" else super().as_text(kind)

    def _scripted(self) -> Any:
        import torch

        if self.unit is None:
            with deprecated_torchscript():
                self.unit = torch.jit.CompilationUnit(self.source)
        return self.unit.program

    def compile(self) -> Run:
        """Return the compiled function over host values."""
        import torch

        native = self.compile_native()

        def from_host(value: np.ndarray[Any, Any], dtype: np.dtype[np.generic]) -> Any:
            return torch.tensor(value.astype(dtype, copy=False))

        return self.host(lambda *arguments: tuple(map(np.asarray, native(*arguments))), from_host)

    def compile_native(self) -> Run:
        """Return the compiled function over tensors."""
        import torch

        run = self._scripted()
        constants = [torch.tensor(one) for one in self.constants.values]
        own = _apart_from(constants)
        if self.carried is None:
            return lambda *arguments: own(run(*arguments, *constants))

        def checked(*arguments: Any) -> tuple[Any, ...]:
            tensors, whole, real = run(*arguments, *constants)
            return self.checked((*tensors, *whole, *real)) if whole[0] else own(tensors)

        return checked


def _apart_from(constants: list[Any]) -> Callable[[list[Any]], tuple[Any, ...]]:
    """Return what copies those results that are a program's constants: a caller may write into what it gets."""
    kept = {one.untyped_storage().data_ptr() for one in constants}

    def own(results: list[Any]) -> tuple[Any, ...]:
        return tuple([one.clone() if one.untyped_storage().data_ptr() in kept else one for one in results])

    return own if kept else tuple


def _list(kind: str, texts: list[str]) -> str:
    return f"torch.jit.annotate(List[{kind}], [{', '.join(texts)}])"
