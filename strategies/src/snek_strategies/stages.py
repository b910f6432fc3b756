"""A staged function on its way: traced, lowered for a back-end, compiled."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass

from snek_core_transform.errors import StagingError, UsageError
from snek_strategies.arguments import as_traced, described, positional
from snek_strategies.backends import registry
from snek_strategies.backends.backend import LoweredProgram
from snek_strategies.calls import Arguments, StagedCalls, served_by
from snek_strategies.ir.sexpr import sexpr
from snek_strategies.ir.show import show
from snek_strategies.own_arrays import run_on_own
from snek_strategies.staging.foreign_arrays import system_of
from snek_strategies.staging.pytrees import arrays_in, key_of, leaves_in
from snek_strategies.staging.trace import StagedProgram
from snek_strategies.staging.watch import describe

TEXTS = ("source", "ir", "sexpr")
"""What every staged program can be printed as."""


@dataclass(frozen=True)
class Traced:
    """A function staged for arguments like those of one example."""

    function: Callable[..., object]
    staged: StagedProgram
    key: object
    backend: str
    threads: int = 1
    device: str | None = None
    """Where the program runs on its system's own arrays; see `own_arrays.device_of`."""

    def lower(self) -> Lowered:
        """Return the program as its back-end takes it. Raises StagingError for what its system cannot say."""
        around = nullcontext() if not self.device else registry.known(self.backend).load().on(self.device)
        with around:
            return Lowered(self, registry.lower(self.backend, self.staged.program, self.threads))

    def as_text(self, kind: str = "ir") -> str:
        """Return the function's `source`, or the program as `ir` or `sexpr`. Raises UsageError for other kinds."""
        if kind == "source":
            return inspect.getsource(inspect.unwrap(self.function))
        if kind == "ir":
            return show(self.staged.program)
        if kind == "sexpr":
            return sexpr(self.staged.program)
        raise UsageError(f"no text of kind {kind!r}; a staged program has {', '.join(TEXTS)}")


@dataclass(frozen=True)
class Lowered:
    """A staged program as its back-end takes it."""

    traced: Traced
    program: LoweredProgram

    def compile(self) -> Compiled:
        """Return the callable that the back-end makes of the program."""
        traced, kind = self.traced, registry.known(self.traced.backend).load()
        if traced.device is None:
            run = self.program.compile()
        else:
            run = run_on_own(self.program, kind, traced.staged.program, traced.device)
        return served_by(traced.backend, Compiled)(self, run)

    def as_text(self, kind: str = "ir") -> str:
        """Return a text of the back-end's own, or one that `Traced.as_text` knows. Raises UsageError for others."""
        if kind in self.program.kinds:
            return self.program.as_text(kind)
        if kind not in TEXTS:
            raise UsageError(
                f"no text of kind {kind!r}; with back-end {self.traced.backend!r} a program has "
                f"{', '.join((*TEXTS, *self.program.kinds))}"
            )
        return self.traced.as_text(kind)


class Compiled(StagedCalls):
    """A staged program that runs; it takes arguments like those it was traced for, and no others.

    A number that was marked as dynamic may come without its mark, and an array of another library as it is: its memory
    is read through DLPack, without a copy.
    """

    def __init__(self, lowered: Lowered, run: Callable[..., tuple[object, ...]]) -> None:
        self.lowered = lowered
        self.run = run

    def call_staged(self, /, *args: object, **kwargs: object) -> object:
        """Run the program. Raises StagingError for arguments of another key and for outside values that changed."""
        traced = self.lowered.traced
        own = positional(traced.function, args, kwargs)
        given = as_traced(own, traced.key)
        if key_of(given) != traced.key:
            raise StagingError(
                f"arguments {described(given)}, but {traced.function.__name__} was compiled for others; "
                "trace it for these, or call the function that snek.stage returned, which does",
                code="SNK0301",
            )
        changed = traced.staged.stale()
        if changed is not None:
            raise StagingError(
                f"{describe(changed)} changed since {traced.function.__name__} was staged; stage it anew",
                code="SNK0302",
            )
        self.remember(self.run, traced.staged, own[0], given)
        return self.answer(given)

    def takes(self, value: object) -> bool:
        """Tell whether a value is an array of the system's own on which the program runs."""
        traced = self.lowered.traced
        return traced.device == "" and system_of(value) == registry.known(traced.backend).load().arrays_of

    def answer(self, given: Arguments) -> object:
        """Run the program on arguments in their positions, whose key has been looked at."""
        traced = self.lowered.traced
        values = arrays_in(given) if traced.device is None else leaves_in(given)
        return traced.staged.answer(self.run(*values), given)

    def as_text(self, kind: str = "ir") -> str:
        """Return a text of the program; see `Traced.as_text`."""
        return self.lowered.as_text(kind)
