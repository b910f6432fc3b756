"""The back-end `torch`: plain PyTorch source with `torch.cond` and `while_loop`, captured whole by `torch.export`."""

from __future__ import annotations

import ast
import itertools
import linecache
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType
from typing import Any, ClassVar

import numpy as np

from snek_strategies.backends.backend import Run, cannot_say
from snek_strategies.backends.exported_script import exported_script
from snek_strategies.backends.tensor_program import TensorProgram
from snek_strategies.backends.torch_idioms import torch_idioms
from snek_strategies.backends.torch_linear import FACTOR, FACTORS
from snek_strategies.backends.torch_memory import is_new
from snek_strategies.backends.torchscript_expressions import Constants, exported_expression
from snek_strategies.ir.shape_rules import dims_of
from snek_strategies.ir.syntax import Atom, Block, Const, Node, Program, free_syms
from snek_strategies.torch_values import missing_torchscript

RECURSION = "torch.export's graphs do not call themselves; write a loop, or use back-end 'numba'"
HEAD = "import torch\nfrom torch._higher_order_ops.while_loop import while_loop\n"
_NUMBERS = itertools.count()


class _Writer:
    """Writes one function for each block: what it uses from around it, constants included, is a parameter."""

    def __init__(self) -> None:
        self.constants = Constants(backend="torch")
        self.functions: list[str] = []
        self.same: dict[int, str] = {}
        """What names are called that are other names of one value."""
        self.views: set[str] = set()
        """Names of what may share memory with something else."""

    def function(self, base: str, block: Block, taken: Sequence[str] = ()) -> tuple[str, list[str]]:
        """Write a block as a function; return its name and the names of what it takes beside its parameters.

        Among these are what it takes from around it, as far as it is said.
        """
        lines = [line for node in block.nodes for line in self.node(node)]
        results = list(self.results(block, ordered=base != "program"))
        lines.append(f"return ({', '.join(results)}{',' if len(results) == 1 else ''})")
        free = list(dict.fromkeys(map(self.use, free_syms(block))))
        given = [*(f"v{sym.index}" for sym in block.parameters), *taken]
        text = "\n".join(lines)
        used = list(dict.fromkeys(re.findall(r"\bc\d+\b", text)))
        captured = list(dict.fromkeys(name for name in (*free, *used) if name not in given))
        name = f"{base}_{len(self.functions)}" if base != "program" else base
        parameters = ", ".join([*given, *captured])
        body = "\n".join(f"    {line}" for line in lines)
        self.functions.append(ast.unparse(ast.parse(f"def {name}({parameters}):\n{body}")))
        return name, captured

    def results(self, block: Block, ordered: bool) -> Iterator[str]:
        """Give a block's results: operators want tensors of their own from a branch, and so do callers.

        Those of two branches must lie in memory in one order, too.
        """
        new = {f"v{node.results[0].index}" for node in block.nodes if is_new(node)}
        for atom in block.results:
            text = self.use(atom)
            made = f"{text}.contiguous()" if ordered and len(dims_of(atom.type)) > 1 else text
            yield made if text in new else f"{made}.clone()"
            new.discard(text)

    def use(self, atom: Atom) -> str:
        if isinstance(atom, Const):
            return self.constants.constant(atom)
        return self.same.get(atom.index, f"v{atom.index}")

    def node(self, node: Node) -> list[str]:
        if node.primitive in ("function", "call"):
            raise cannot_say("torch", node, RECURSION)
        operands = [self.use(atom) for atom in node.operands]
        left = "".join(f"v{sym.index}, " for sym in node.results)
        if node.primitive == "if":
            return self.choice(node, operands, left) if node.results else []
        if node.primitive == "while":
            return self.loop(node, operands, left)
        text = exported_expression(self.constants, node, operands)
        if len(node.results) > 1:
            return [f"{left}= {text}"]
        if text.strip("()").isidentifier():
            self.same[node.results[0].index] = text.strip("()")
            return []
        name = f"v{node.results[0].index}"
        if not is_new(node):
            self.views.add(name)
        return [f"{name} = {text}"]

    def choice(self, node: Node, operands: list[str], left: str) -> list[str]:
        # Both branches take the same operands, so each is written for what either uses.
        taken = dict.fromkeys(self.use(sym) for block in node.blocks for sym in free_syms(block))
        names, captured = [], []
        for base, block in zip(("then", "otherwise"), node.blocks, strict=True):
            name, more = self.function(base, block, tuple(taken))
            names.append(name)
            captured.append(more)
        every = [*taken, *dict.fromkeys([*captured[0], *captured[1]])]
        lines = []
        for name, more in zip(names, captured, strict=True):
            given = ", ".join([*taken, *more])
            lines.append(f"{name}_of = lambda {', '.join(every)}: {name}({given})")
        tuple_of = f"({', '.join(every)}{',' if len(every) == 1 else ''})"
        return [*lines, f"{left}= torch.cond({operands[0]}, {names[0]}_of, {names[1]}_of, {tuple_of})"]

    def loop(self, node: Node, operands: list[str], left: str) -> list[str]:
        test, step = node.blocks
        asked, of_test = self.function("test", test)
        body, of_body = self.function("body", step)
        state = [f"s{at}" for at in range(len(operands))]
        every = ", ".join(state)
        start = "".join(f"{name}.clone(), " for name in operands)
        # No two values that a loop knows may share memory.
        shared = [name for name in dict.fromkeys([*of_test, *of_body]) if name in self.views]
        own = {name: f"own_{name}" for name in shared}
        of_test, of_body = ([own.get(name, name) for name in names] for names in (of_test, of_body))
        return [
            *(f"{own[name]} = {name}.clone()" for name in shared),
            f"{asked}_of = lambda {every}: {asked}({', '.join([*state, *of_test])})[0]",
            f"{body}_of = lambda {every}: {body}({', '.join([*state, *of_body])})",
            f"{left}= while_loop({asked}_of, {body}_of, ({start}))",
        ]


class TorchProgram(TensorProgram):
    """A program that `torch.export` captured."""

    backend: ClassVar[str] = "torch"
    in_turn: ClassVar[bool] = True
    kinds: ClassVar[tuple[str, ...]] = ("python", "fx")
    lacks: ClassVar[frozenset[str]] = frozenset({"extent"})
    own_signs: ClassVar[bool] = True

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self.ready = torch_idioms(self.ready)
        writer = _Writer()
        _, names = writer.function("program", self.ready.body)
        factors = any(f"{FACTOR}(" in text for text in writer.functions)
        first = [HEAD, f"from torch import Tensor\n\n\n{FACTORS.rstrip()}\n"] if factors else [HEAD]
        self.source = "\n\n".join([*first, *(f"{text}\n" for text in writer.functions)])
        self.constants = [writer.constants.values[int(name[1:])] for name in names]
        self.exported: Any = None

    def as_text(self, kind: str) -> str:
        """Return the `python` source, or the `fx` graph that `torch.export` makes of it."""
        if kind == "python":
            return self.source
        return str(self._exported()) if kind == "fx" else super().as_text(kind)

    def _exported(self) -> Any:
        if self.exported is None:
            self.exported = self.capture(holds_constants=False)
        return self.exported

    def capture(self, holds_constants: bool) -> Any:
        """Return what `torch.export` makes of the program; its constants are arguments, unless it holds them."""
        import torch

        number = next(_NUMBERS)  # never used twice: Dynamo remembers modules by name
        filename = f"<snek torch {self.program.name} {number}>"
        linecache.cache[filename] = (len(self.source), None, self.source.splitlines(keepends=True), filename)
        # The capture looks functions up by their module, which is known by its name for as long as that takes.
        module = ModuleType(f"snek_torch_program_{number}")
        exec(compile(self.source, filename, "exec"), vars(module))  # noqa: S102 - the text was written here
        entry: Callable[..., Any] = vars(module)["program"]
        held = [torch.tensor(one) for one in self.constants]

        class Staged(torch.nn.Module):  # type: ignore[misc]
            def __init__(self) -> None:
                super().__init__()
                for at, one in enumerate(held if holds_constants else ()):
                    self.register_buffer(f"constant_{at}", one)

            def forward(self, *arguments: Any) -> Any:
                return entry(*arguments, *self.buffers())

        examples = [torch.zeros(dims, dtype=getattr(torch, dtype.name)) for dtype, dims in self.shapes()]
        sys.modules[module.__name__] = module
        try:
            with torch.no_grad():
                given = examples if holds_constants else [*examples, *held]
                return torch.export.export(Staged(), tuple(given), strict=False)
        finally:
            del sys.modules[module.__name__]

    def compile(self) -> Run:
        """Return the graph as a callable over host values."""
        import torch

        native = self.compile_native()

        def from_host(value: np.ndarray[Any, Any], dtype: np.dtype[np.generic]) -> Any:
            return torch.tensor(value.astype(dtype, copy=False))

        return self.host(lambda *arguments: tuple(map(np.asarray, native(*arguments))), from_host)

    def compile_native(self) -> Run:
        """Return the graph as a callable over tensors."""
        import torch

        exported = self._exported()
        scripted = missing_torchscript() is None
        run = exported_script(exported, len(self.program.body.results)) if scripted else exported.module()
        held = [torch.tensor(one) for one in self.constants]

        def call(*arguments: Any) -> tuple[Any, ...]:
            with torch.no_grad():
                return self.checked(run(*arguments, *held))

        return call
