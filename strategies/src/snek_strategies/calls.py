"""Callables that run staged programs, and how a back-end lets their calls find a known program without Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from snek_strategies.backends.backend import Unavailable
from snek_strategies.backends.registry import known
from snek_strategies.staging.trace import StagedProgram

Arguments = tuple[tuple[object, ...], dict[str, object]]
"""Arguments by position, and by name those that have no position."""


class StagedCalls:
    """A callable whose calls `call_staged` serves; a back-end's own class may serve those that it has been shown."""

    def call_staged(self, /, *args: object, **kwargs: object) -> object:
        """Run a call from its beginning: find or make the program for the arguments."""
        raise NotImplementedError

    def __call__(self, /, *args: object, **kwargs: object) -> object:
        """Run the program for arguments like these."""
        return self.call_staged(*args, **kwargs)

    def remember(
        self, run: Callable[..., object], staged: StagedProgram, args: tuple[object, ...], given: Arguments
    ) -> None:
        """Let the next call with arguments like `args` find the program sooner, where the back-end can.

        `given` is what they became: numbers may have been marked as dynamic, and arrays of other libraries be NumPy's.
        """


Calls = TypeVar("Calls", bound=StagedCalls)
_MIXED: dict[tuple[type, type], type] = {}


def served_by(backend: str, kind: type[Calls]) -> type[Calls]:
    """Return `kind`, with calls that a back-end serves in its own way where it has one and can run here."""
    if known(backend).missing() is not None:
        return kind
    try:
        own = known(backend).load().calls()
    except Unavailable:
        return kind  # the first call says so
    if own is None:
        return kind
    if (own, kind) not in _MIXED:
        names = {"__doc__": kind.__doc__, "__module__": kind.__module__, "__qualname__": kind.__qualname__}
        _MIXED[own, kind] = type(kind.__name__, (own, kind), names)
    return _MIXED[own, kind]
