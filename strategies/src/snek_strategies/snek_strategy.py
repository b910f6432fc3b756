"""What all strategies `snek/*` share: Snek's own staging of a program in NumPy's words, run by one of the back-ends."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any, ClassVar

from snek_core_transform.errors import StagingError
from snek_core_transform.spelling import Spelling
from snek_strategies.backends.backend import LoweredProgram, Run
from snek_strategies.backends.registry import keeper, known, lower
from snek_strategies.calls import StagedCalls, is_native, served_by
from snek_strategies.ir.sexpr import sexpr
from snek_strategies.ir.show import show
from snek_strategies.protocol import Program, Staged, Strategy
from snek_strategies.spellings.numpy_spelling import NUMPY
from snek_strategies.staging.binding_times import BindingTimes, binding_times
from snek_strategies.staging.gradients import value_and_gradient
from snek_strategies.staging.object_operators import call_program
from snek_strategies.staging.operators import StagingOperators
from snek_strategies.staging.pytrees import arrays_in, key_of
from snek_strategies.staging.trace import StagedProgram, stage_as, stage_call

Entry = tuple[StagedProgram, LoweredProgram, list[Run]]
"""A staging, its program as the back-end takes it, and its callable, once that is asked for."""


class StagedOnBackend(Staged):
    """One program and its stagings, by key: a new shape, dtype or static value is staged when it is first met."""

    def __init__(
        self,
        program: Program,
        example: tuple[object, ...],
        unroll: int,
        backend: str = "interpret",
        to_host: Callable[[object], object] = lambda value: value,
        by: tuple[int, ...] = (),
    ) -> None:
        self._program = program
        self._operators = StagingOperators(unroll, functools.partial(keeper, backend))
        self._backend = backend
        self._to_host = to_host
        self._by = by
        self._lock = Lock()
        self._stagings = 0
        self._known: dict[object, Entry] = {}
        self._latest = self._find(example, example)

    def _find(self, args: tuple[object, ...], host: tuple[object, ...] | None = None) -> Entry:
        key = _native_key(args)
        key = key_of(args) if key is None else key
        found = self._known.get(key)
        if found is not None and found[0].stale() is None:
            return found
        with self._lock:
            found = self._known.get(key)
            if found is None or found[0].stale() is not None:
                self._stagings += 1
                example = tuple(map(self._to_host, args)) if host is None else host
                staged = self._stage(example)
                found = self._known[key] = (staged, lower(self._backend, staged.program), [])
        return found

    def _stage(self, example: tuple[object, ...]) -> StagedProgram:
        if not self._by:
            return stage_call(self._program, example, {}, self._operators)

        def inner(*args: object, **named: object) -> object:
            return call_program(self._operators, self._program, args, named)

        def run(reps: tuple[object, ...], named: dict[str, object]) -> object:
            return value_and_gradient(inner, reps, named, self._by, self._program.__name__)

        return stage_as(self._program, run, (example, {}))

    def _run(self, entry: Entry) -> Run:
        if not entry[2]:
            with self._lock:
                entry[2].append(entry[1].compile_native())
        return entry[2][0]

    def compile(self) -> Callable[..., object]:
        """Return the callable that runs the program; it stages again where key or guards ask for it."""
        self._run(self._latest)
        return served_by(self._backend, StagedRun)(self.find)

    def find(self, args: tuple[object, ...]) -> tuple[StagedProgram, Run]:
        """Return the staging for arguments like these, and its callable; stages where they are of a new kind."""
        entry = self._find(args)
        return entry[0], self._run(entry)

    def dump(self) -> Mapping[str, str]:
        """Return the IR of the example's staging, as text and as an S-expression, and the back-end's own texts."""
        staged, lowered, _ = self._latest
        own = {kind: _text_of(lowered, kind) for kind in lowered.kinds}
        return {"ir": show(staged.program), "sexpr": sexpr(staged.program), **own}

    def counters(self) -> Mapping[str, int]:
        """Return how many times the program was staged, changed guards and new shapes included."""
        return {"stagings": self._stagings, "graphs": 1, "breaks": 0}


def _text_of(lowered: LoweredProgram, kind: str) -> str:
    """Return a back-end's own text, or why the program has none."""
    try:
        return lowered.as_text(kind)
    except StagingError as error:
        return f"none: {error}"


class StagedRun(StagedCalls):
    """A staged program as its strategy's callable."""

    def __init__(self, find: Callable[[tuple[object, ...]], tuple[StagedProgram, Run]]) -> None:
        self._find = find

    def takes(self, value: object) -> bool:
        """Tell whether a value is a framework's own array."""
        return is_native(value)

    def call_staged(self, /, *args: object, **kwargs: object) -> object:
        """Run the program for arguments like these, by position."""
        assert not kwargs, "workloads are called by position"
        staged, run = self._find(args)
        given = args, kwargs
        self.remember(run, staged, args, given)
        return staged.answer(run(*arrays_of(args)), given)


def arrays_of(args: tuple[object, ...]) -> list[object]:
    """Return the dynamic values among arguments: a framework's own arrays, or what NumPy holds."""
    if any(map(is_native, args)):
        return [one for one in args if hasattr(one, "dtype")]
    return list(arrays_in(args))


def _native_key(args: tuple[Any, ...]) -> object:
    """Return the key of flat arguments that are a framework's own arrays and Python's scalars, or None for others."""
    if not any(map(is_native, args)):
        return None
    return tuple([(one.dtype, one.shape) if hasattr(one, "dtype") else key_of(one) for one in args])


class SnekStrategy(Strategy):
    """Stages a NumPy program as Snek IR and runs it on `backend`. `unroll` bounds the trips of loops known at staging.

    Derived classes give name, framework and values.
    """

    backend: ClassVar[str]
    spelling: ClassVar[Spelling] = NUMPY

    def __init__(self, device: str = "cpu", unroll: int = 16) -> None:
        super().__init__(device)
        self.unroll = unroll

    def missing(self) -> str | None:
        """Say why this strategy cannot run here, and what to install, or None where it can."""
        return super().missing() or known(self.backend).missing()

    def stage(self, program: Program, example: tuple[object, ...]) -> StagedOnBackend:
        """Stage for arguments like `example`. Raises StagingError where the program cannot be staged."""
        return StagedOnBackend(program, example, self.unroll, self.backend, self.to_host)

    def binding_times(self, program: Program, example: tuple[object, ...]) -> BindingTimes:
        """Stage for arguments like `example`, and return what was static and what dynamic in the program's text."""
        return binding_times(program, example, {}, self.unroll)

    def stage_gradient(self, program: Program, example: tuple[object, ...], by: tuple[int, ...]) -> StagedOnBackend:
        """Stage value and gradients in one program. Raises StagingError where program or back-end cannot have them."""
        return StagedOnBackend(program, example, self.unroll, self.backend, self.to_host, by)
