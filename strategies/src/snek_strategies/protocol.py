"""What a strategy is: one way of turning a bound program into a callable that is not Python any more."""

from __future__ import annotations

import importlib.util
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from types import CodeType
from typing import ClassVar

from snek_core_transform.errors import StagingError
from snek_core_transform.spelling import Spelling

Program = Callable[..., object]
"""A user's function after `bind`: it takes the workload's arguments without the array namespace."""


EXTRAS = frozenset({"torch", "tensorflow", "jax", "numba"})
"""The modules that an optional extra of the same name installs."""


class Staged(ABC):
    """A program that a strategy has captured for one example, not compiled yet."""

    @abstractmethod
    def compile(self) -> Callable[..., object]:
        """Return the callable that runs the captured program.

        It takes the same positional arguments as the program, native to the framework (`Strategy.from_host`), static
        Python scalars included, and answers native values. A strategy whose system compiles only at the first call
        does so in the first call: the harness times that apart.
        """

    def dump(self) -> Mapping[str, str]:
        """Return what was captured, as text a person can read, by title (such as `{"graph": "..."}`)."""
        return {}

    def counters(self) -> Mapping[str, int]:
        """Return how often the system has staged and how many graphs it holds, for the evidence of capture.

        `stagings` counts every tracing, translation or specialisation so far; `graphs` counts the compiled pieces that
        one staging of the program was split into; `breaks` counts places where it goes back to Python. None of them may
        grow on later calls with fresh values of the same dtypes and shapes, and `graphs` above 1 or `breaks` above 0
        means that the program was split.
        """
        return {"stagings": 1, "graphs": 1, "breaks": 0}

    def is_glue(self, code: CodeType) -> bool:  # noqa: ARG002 - for those that override it
        """Tell whether `code`, of the program's own file, is the system's entry code rather than the program."""
        return False


class Strategy(ABC):
    """One way of staging. It measures no time, knows no workload, and does not decide what is right.

    A strategy's module imports no framework at its top: methods do, so that listing strategies stays quick.
    """

    name: ClassVar[str]
    framework: ClassVar[str]
    """The parent process it is forked from: `numpy`, `torch`, `tensorflow`, `jax` or `numba`."""
    imports: ClassVar[tuple[str, ...]]
    """The modules that must be importable, and that the framework's parent process imports before it forks."""
    spelling: ClassVar[Spelling]
    devices: ClassVar[tuple[str, ...]] = ("cpu",)

    def __init__(self, device: str = "cpu") -> None:
        self.device = device

    @property
    def reference(self) -> str:
        """The strategy whose answer this one is checked against: the program as written in the same framework."""
        return f"eager/{'numpy' if self.framework == 'numba' else self.framework}"

    def missing(self) -> str | None:
        """Say why this strategy cannot run here, and what to install, or None where it can.

        Imports no framework, except to ask it for its devices where the device is not the CPU.
        """
        if self.device not in self.devices:
            return f"{self.name} does not run on device {self.device!r}; it runs on {', '.join(self.devices)}"
        for module in self.imports:
            # Asked for a module inside a framework, Python imports the framework.
            if importlib.util.find_spec(module.partition(".")[0]) is None:
                package = f"'snek[{module}]'" if module in EXTRAS else module
                return f"module {module!r} is not installed; install it with: pip install {package}"
        return None

    def pin_threads(self, count: int) -> None:
        """Let the framework compute with `count` threads.

        A worker calls it once, right after it was forked and before anything else runs: frameworks start their thread
        pools with their first operation.
        """
        threadpoolctl = importlib.import_module("threadpoolctl")  # it loads ctypes: not needed to list strategies
        threadpoolctl.threadpool_limits(limits=count)

    @abstractmethod
    def stage(self, program: Program, example: tuple[object, ...]) -> Staged:
        """Capture `program` for host arguments like `example` (see `from_host`).

        Raises whatever the system raises when it rejects the program; `StagingError` where Snek itself does.
        """

    def stage_gradient(self, program: Program, example: tuple[object, ...], by: tuple[int, ...]) -> Staged:  # noqa: ARG002
        """Capture `program`, which gives one float, together with its gradients by the arguments at positions `by`.

        The compiled callable takes what the program takes and answers the pair of the program's value and a tuple of
        gradients, one for each position, of the argument's dtype and shape; zeros where nothing depends on it. Raises
        what the system raises when it rejects the program, StagingError where the strategy has no gradients.
        """
        raise StagingError(f"{self.name} has no gradients: nothing in its framework differentiates a program")

    @abstractmethod
    def from_host(self, value: object) -> object:
        """Turn a NumPy array or NumPy scalar into the framework's own value; Python scalars, which are static, stay."""

    @abstractmethod
    def to_host(self, value: object) -> object:
        """Turn a result (an array, a scalar, or nested tuples, lists and dicts of them) into NumPy values.

        A Python scalar stays one: it has no dtype, and none is made up for it.
        """

    def wait(self, value: object) -> None:  # noqa: B027 - most frameworks have nothing to wait for on the CPU
        """Return once the device has finished computing `value`."""
