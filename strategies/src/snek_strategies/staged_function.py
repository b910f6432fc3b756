"""`StagedFunction`: a function that is staged for every new kind of arguments, and runs staged."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock

import numpy as np

from snek_core_transform.errors import StagingError
from snek_strategies.arguments import described, positional, with_packed_trees
from snek_strategies.backends import registry
from snek_strategies.callables import Preset, static_names
from snek_strategies.calls import Arguments, StagedCalls, served_by
from snek_strategies.every_size import EverySize
from snek_strategies.ir.syntax import Program
from snek_strategies.own_arrays import device_of
from snek_strategies.stages import Compiled, Traced
from snek_strategies.staging.binding_times import binding_times
from snek_strategies.staging.builder import CURRENT
from snek_strategies.staging.foreign_arrays import system_of
from snek_strategies.staging.marked_source import as_text
from snek_strategies.staging.operators import StagingOperators
from snek_strategies.staging.pytrees import Static, key_of
from snek_strategies.staging.symbolic_shapes import Shapes
from snek_strategies.staging.trace import StagedProgram, stage_call
from snek_strategies.staging.verified import verified
from snek_strategies.staging.watch import describe


@dataclass(frozen=True)
class Staging:
    """One staging of a function: what its arguments were, and why it happened."""

    arguments: str
    reason: str


class StagedFunction(StagedCalls):
    """A function that is staged for every new kind of arguments, and runs staged."""

    def __init__(
        self,
        preset: Preset,
        backend: str,
        static_argnames: tuple[str, ...],
        unroll: int,
        verify: int,
        threads: int = 1,
    ) -> None:
        functools.update_wrapper(self, preset.function)
        self._function = preset.function
        self._preset = preset
        self._backend = backend
        self._static = static_argnames
        self._operators = StagingOperators(unroll, functools.partial(registry.keeper, backend))
        self._verify = verify
        self._threads = threads
        self._lock = Lock()
        self._known: dict[object, Traced] = {}
        self._ready: dict[object, Compiled] = {}
        self._by_shape: set[object] = set()
        """The keys of trees that are no data to the program."""
        self._every_size: EverySize[Traced] = EverySize(lambda traced: traced.staged.stale() is None)
        self._log: list[Staging] = []
        self._checked = 0

    def __get__(self, instance: object, owner: type | None = None) -> object:
        return self if instance is None else functools.partial(self, instance)

    def restaged(
        self, backend: str, static_argnames: str | Sequence[str], unroll: int, verify: int, threads: int
    ) -> StagedFunction:
        """Return the same function, staged with other settings."""
        names = static_names(self._function, static_argnames)
        return served_by(backend, StagedFunction)(self._preset, backend, names, unroll, verify, threads)

    def _arguments(self, args: tuple[object, ...], kwargs: dict[str, object]) -> Arguments:
        args, kwargs = self._preset.then(args, kwargs)
        if not self._static:
            return positional(self._function, args, kwargs)
        bound = inspect.signature(self._function).bind(*args, **kwargs)
        for name in self._static:
            if isinstance(bound.arguments.get(name), np.ndarray):
                bound.arguments[name] = Static(bound.arguments[name])
        return bound.args, bound.kwargs

    def _given(self, args: tuple[object, ...], kwargs: dict[str, object]) -> Arguments:
        """Return arguments with trees as data, where the back-end has recursion and the program does no more to them.

        A program that changes a node, gives one back or asks for more than its fields is staged for the tree's shape.
        """
        given = self._arguments(args, kwargs)
        as_data = with_packed_trees(given, self._positions()) if self._has_recursion else given
        if as_data is given:
            return given
        key = key_of(as_data)
        if key in self._by_shape:
            return given
        if key not in self._known:
            try:
                self._find(as_data).lower()
            except StagingError:
                self._by_shape.add(key)
                return given
        return as_data

    @functools.cached_property
    def _system(self) -> str:
        """The system whose own arrays the back-end's programs take."""
        backend = registry.known(self._backend)
        return backend.load().arrays_of if backend.missing() is None else ""

    def takes(self, value: object) -> bool:
        """Tell whether a value is an array of the system's own, on which programs run as it is."""
        return system_of(value) == self._system != ""

    @functools.cached_property
    def _has_recursion(self) -> bool:
        backend = registry.known(self._backend)
        return backend.missing() is None and backend.load().recursive

    def _positions(self) -> Sequence[int]:
        """Return the positions of arguments whose trees stay what they are."""
        return ()

    def _staged(self, given: Arguments, shapes: Shapes = ()) -> StagedProgram:
        return stage_call(self._function, *given, self._operators, shapes)

    def _find(self, given: Arguments, any_size: bool = True) -> Traced:
        key = key_of(given)
        found = self._known.get(key)
        if found is not None and found.staged.stale() is None and (any_size or found.key == key):
            return found
        with self._lock:
            found = self._known.get(key)
            changed = None if found is None else found.staged.stale()
            if found is None or changed is not None or not (any_size or found.key == key):
                reason = "" if changed is None else f"{describe(changed)} changed"
                found = self._known[key] = self._stage(given, key, reason, any_size)
        return found

    def _stage(self, given: Arguments, key: object, reason: str, any_size: bool) -> Traced:
        """Stage for these arguments, or for such of every size; or find what was staged for every size before."""
        own = ""
        if any_size and registry.serves_any_size(self._backend):
            found = self._every_size.find(key, lambda shapes: self._for_every_size(given, shapes, reason))
            if isinstance(found, Traced):
                return found
            own = found and f"; staged for these extents alone: {found}"
        device = device_of(given, self._backend, self._system)
        traced = Traced(self._function, self._staged(given), key, self._backend, self._threads, device)
        reason = reason or "new dtypes, shapes or static values"
        self._log.append(Staging(described(given), reason + own if self._log else "first call"))
        return traced

    def _for_every_size(self, given: Arguments, shapes: Shapes, reason: str) -> Traced:
        device = device_of(given, self._backend, self._system)
        # The symbols of one staging are no others': they tell its programs apart.
        traced = Traced(self._function, self._staged(given, shapes), shapes, self._backend, self._threads, device)
        self._ready[traced.key] = traced.lower().compile()
        arguments = ", ".join(str(one.type) for one in traced.staged.program.body.parameters)
        self._log.append(Staging(arguments, reason or "new extents; staged for every size"))
        return traced

    def _compiled(self, given: Arguments) -> Compiled:
        traced = self._find(given)
        ready = self._ready.get(traced.key)
        if ready is not None and ready.lowered.traced is traced:
            return ready
        with self._lock:
            ready = self._ready.get(traced.key)
            if ready is None or ready.lowered.traced is not traced:
                ready = self._ready[traced.key] = traced.lower().compile()
        return ready

    def _run_of(self, program: Program) -> Callable[..., object]:
        return registry.lower(self._backend, program).compile()

    def _in_line(self, args: tuple[object, ...], kwargs: dict[str, object]) -> object:
        """Call the function as a part of the program that is being staged."""
        return self._operators.call(self._function, *args, **kwargs)

    def call_staged(self, /, *args: object, **kwargs: object) -> object:
        """Run the staged program, staging it first where the arguments are of a new kind."""
        if CURRENT.get() is not None:
            return self._in_line(*positional(self._function, *self._preset.then(args, kwargs)))
        given = self._given(args, kwargs)
        compiled = self._compiled(given)
        if self._checked < self._verify:
            self._checked += 1
            signs = registry.has_own_signs(self._backend, compiled.lowered.traced.staged.program)
            return verified(self._function, compiled.answer, given, self._operators.unroll, self._run_of, signs)
        if not kwargs:
            self.remember(compiled.run, compiled.lowered.traced.staged, args, given)
        return compiled.answer(given)

    def trace(self, /, *args: object, **kwargs: object) -> Traced:
        """Stage for arguments like these. Raises StagingError, at the user's place, for what cannot be staged."""
        return self._find(self._given(args, kwargs), any_size=False)

    def binding_times(self, /, *args: object, **kwargs: object) -> str:
        """Return the function's text with marks under what is dynamic, and those of the functions that it calls.

        Stages once more for arguments like these, and says of every expression what that staging made of it. Raises
        StagingError where it cannot be staged.
        """
        given, named = self._given(args, kwargs)
        return as_text(binding_times(self._function, given, named, self._operators.unroll))

    def stagings(self) -> tuple[Staging, ...]:
        """Return every staging so far, in order, and why it happened."""
        return tuple(self._log)
