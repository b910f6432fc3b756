"""Expert rivals as strategies: `expert/jax` runs what a specialist wrote for the workload with JAX, by hand."""

from __future__ import annotations

import importlib
import importlib.util
import os
import shlex
import shutil
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, cast

from snek_core_transform.errors import UsageError
from snek_core_transform.spelling import Spelling
from snek_harness.record import Mode
from snek_strategies.numpy_values import to_host
from snek_strategies.protocol import Program, Staged, Strategy
from snek_workloads.workload import Workload

EXPERTS: Mapping[str, str] = {
    "expert/torch": "snek_strategies.torch_values:TorchStrategy",
    "expert/tensorflow": "snek_strategies.tensorflow_values:TensorFlowStrategy",
    "expert/jax": "snek_strategies.jax_values:JaxStrategy",
    "expert/numba": "snek_harness.expert:OnNumba",
    "expert/cpp": "snek_harness.expert:OnCpp",
}
"""By name, whose values an expert takes and answers."""


class ExpertStaged(Staged):
    """What an expert's `with_...` function returns for one example."""

    def __init__(
        self, build: Program, example: tuple[object, ...], by: tuple[int, ...], native: tuple[object, ...]
    ) -> None:
        self._run: Any = build(example, by)
        self._stagings = 1
        if hasattr(self._run, "get_concrete_function"):
            self._run.get_concrete_function(*native)
        elif hasattr(self._run, "trace"):
            self._run.trace(*native).lower()
        else:
            self._stagings = 0

    def compile(self) -> Callable[..., object]:
        """Return the expert's callable."""
        return cast("Callable[..., object]", self._run)

    def counters(self) -> Mapping[str, int]:
        """Return one staging of what `tf.function` or `jax.jit` traces, and none of what stages when it is called."""
        return {**super().counters(), "stagings": self._stagings}


class Expert(Strategy):
    """A strategy that stages nothing: the program it is given is the expert's own function (see `expert_program`)."""

    spelling: ClassVar[Spelling] = Spelling("expert", {}, {})

    def stage(self, program: Program, example: tuple[object, ...]) -> Staged:
        """Take the expert's function for arguments like `example`."""
        return self.stage_gradient(program, example, ())

    def stage_gradient(self, program: Program, example: tuple[object, ...], by: tuple[int, ...]) -> Staged:
        """Take the expert's function, with gradients by the arguments at positions `by`."""
        return ExpertStaged(program, example, by, tuple(map(self.from_host, example)))


class OnNumba(Strategy):
    """NumPy values, for code that Numba compiles."""

    framework = "numba"
    imports: ClassVar[tuple[str, ...]] = ("numba",)

    def from_host(self, value: object) -> object:
        """Return the value: host values are native."""
        return value

    def to_host(self, value: object) -> object:
        """Return the result with its arrays as NumPy's."""
        return to_host(value)


class OnCpp(OnNumba):
    """NumPy values, for code that the system's C++ compiler makes."""

    framework = "numpy"
    imports: ClassVar[tuple[str, ...]] = ("numpy",)

    def missing(self) -> str | None:
        """Say that there is no compiler, or None where there is one."""
        compiler = shlex.split(os.environ.get("CXX", "g++"))[0]
        lacking = f"no C++ compiler {compiler!r} was found; install g++, or name one in $CXX"
        return super().missing() or (None if shutil.which(compiler) else lacking)


def load_expert(name: str, device: str = "cpu") -> Strategy:
    """Return the expert strategy of that name. Raises UsageError for an unknown one."""
    if name not in EXPERTS:
        raise UsageError(f"unknown expert {name!r}; one of {', '.join(EXPERTS)}")
    module, _, attribute = EXPERTS[name].partition(":")
    values: Any = getattr(importlib.import_module(module), attribute)
    made: type[Strategy] = type(f"Expert{values.__name__}", (Expert, values), {"name": name})
    return made(device)


def written_for(workload: Workload, mode: Mode) -> Mapping[str, str]:
    """Return the experts' functions that were written for a workload in that mode."""
    return workload.experts if mode == "gradient" else {**workload.experts, **workload.forward_experts}


def has_expert(workload: Workload, strategy: str, mode: Mode = "forward") -> bool:
    """Tell whether a strategy is an expert that was written for the workload in that mode."""
    return strategy.removeprefix("expert/") in written_for(workload, mode)


def expert_program(workload: Workload, strategy: str) -> Program:
    """Return the function that an expert wrote for the workload."""
    module, _, attribute = written_for(workload, "forward")[strategy.removeprefix("expert/")].partition(":")
    return cast("Program", getattr(importlib.import_module(module), attribute))
