"""`snek/interpret`: Snek's own staging, run by the interpreter of the IR on NumPy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Lock
from typing import ClassVar

from snek_core_transform.spelling import Spelling
from snek_strategies.ir.interpret import Interpreter
from snek_strategies.ir.sexpr import sexpr
from snek_strategies.ir.show import show
from snek_strategies.protocol import Program, Staged, Strategy
from snek_strategies.spellings.numpy_spelling import NUMPY
from snek_strategies.staging.operators import StagingOperators
from snek_strategies.staging.pytrees import arrays_in, key_of
from snek_strategies.staging.trace import StagedProgram, stage


class InterpretedProgram(Staged):
    """One program and its stagings, by key: a new shape, dtype or static value is staged when it is first met."""

    def __init__(self, program: Program, example: tuple[object, ...], unroll: int) -> None:
        self._program = program
        self._operators = StagingOperators(unroll)
        self._lock = Lock()
        self._stagings = 0
        self._known: dict[object, tuple[StagedProgram, Interpreter]] = {}
        self._latest = self._find(example)[0]

    def _find(self, args: tuple[object, ...]) -> tuple[StagedProgram, Interpreter]:
        key = key_of(args)
        found = self._known.get(key)
        if found is not None and found[0].stale() is None:
            return found
        with self._lock:
            found = self._known.get(key)
            if found is None or found[0].stale() is not None:
                self._stagings += 1
                staged = stage(self._program, args, self._operators)
                found = self._known[key] = (staged, Interpreter(staged.program))
        return found

    def compile(self) -> Callable[..., object]:
        """Return the callable that interprets the program; it stages again where key or guards ask for it."""

        def run(*args: object) -> object:
            staged, interpreter = self._find(args)
            return staged.answer(interpreter(*arrays_in(args)), args)

        return run

    def dump(self) -> Mapping[str, str]:
        """Return the IR of the example's staging, as text and as an S-expression."""
        return {"ir": show(self._latest.program), "sexpr": sexpr(self._latest.program)}

    def counters(self) -> Mapping[str, int]:
        """Return how many times the program was staged, changed guards and new shapes included."""
        return {"stagings": self._stagings, "graphs": 1, "breaks": 0}


class SnekInterpret(Strategy):
    """Stages a NumPy program as Snek IR and interprets it. `unroll` bounds the trips of loops known at staging."""

    name: ClassVar[str] = "snek/interpret"
    framework: ClassVar[str] = "numpy"
    imports: ClassVar[tuple[str, ...]] = ("numpy",)
    spelling: ClassVar[Spelling] = NUMPY

    def __init__(self, device: str = "cpu", unroll: int = 16) -> None:
        super().__init__(device)
        self.unroll = unroll

    def stage(self, program: Program, example: tuple[object, ...]) -> InterpretedProgram:
        """Stage for arguments like `example`. Raises StagingError where the program cannot be staged."""
        return InterpretedProgram(program, example, self.unroll)

    def from_host(self, value: object) -> object:
        """Return the value: host values are native."""
        return value

    def to_host(self, value: object) -> object:
        """Return the value: native values are the host's."""
        return value
