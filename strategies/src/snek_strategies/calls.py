"""Callables that run staged programs, and how calls find a known program soon."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from snek_strategies.backends.backend import Unavailable
from snek_strategies.backends.registry import known
from snek_strategies.staging.trace import StagedProgram

Arguments = tuple[tuple[object, ...], dict[str, object]]
"""Arguments by position, and by name those that have no position."""


Kind = tuple[Any, Any, Any]
"""The class of an argument, with dtype and shape of an array, or None and the value of what is static."""


class StagedCalls:
    """A callable whose calls `call_staged` serves, but for those that are like the last one that was remembered.

    A back-end's own class may remember, and serve, in its own way.
    """

    _last: tuple[list[Kind], Callable[..., Any], StagedProgram, Callable[[Any], object] | None] | None = None

    def takes(self, value: object) -> bool:  # noqa: ARG002 - for those that do
        """Tell whether programs take a framework's array as it is."""
        return False

    def call_staged(self, /, *args: object, **kwargs: object) -> object:
        """Run a call from its beginning: find or make the program for the arguments."""
        raise NotImplementedError

    def __call__(self, /, *args: object, **kwargs: object) -> object:
        """Run the program for arguments like these."""
        return self.call_in_python(*args, **kwargs)

    def call_in_python(self, /, *args: object, **kwargs: object) -> object:
        """Run the program for arguments like the last ones that were remembered, or find it."""
        if self._last is not None and not kwargs:
            kinds, run, staged, pick = self._last
            arrays = _arrays_like(args, kinds)
            if arrays is not None and staged.stale() is None:
                values = run(*arrays)
                return staged.answer(values, (args, kwargs)) if pick is None else pick(values)
        return self.call_staged(*args, **kwargs)

    def remember(
        self, run: Callable[..., Any], staged: StagedProgram, args: tuple[object, ...], given: Arguments
    ) -> None:
        """Let the next call with arguments like `args` find the program sooner.

        `given` is what they became: numbers may have been marked as dynamic, and arrays of other libraries be NumPy's.
        """
        if given[1] or len(args) != len(given[0]) or not all(map(operator.is_, args, given[0])):
            return
        kinds = [_kind_of(one, self.takes) for one in args]
        if None not in kinds and _arrays_like(args, kinds) is not None:  # type: ignore[arg-type]
            pick = staged.picks() if any(map(is_native, args)) else None
            self._last = kinds, run, staged, pick  # type: ignore[assignment]


def _kind_of(value: Any, takes: Callable[[object], bool]) -> Kind | None:
    """Return the kind of an array or number, or of what is static and the same wherever it is equal.

    Arrays are NumPy's, and those of a framework that the program `takes`.
    """
    kind: Any = type(value)
    if kind is np.ndarray or issubclass(kind, np.generic) or takes(value):
        return kind, value.dtype, value.shape
    return (kind, None, value) if _is_constant(value) else None


def _is_constant(value: object) -> bool:
    """Tell whether a value is static and stays what it is: a number or text, or a tuple of such."""
    kind = type(value)
    return kind in (int, bool, str, type(None)) or (kind is tuple and all(map(_is_constant, value)))  # type: ignore[call-overload]


def is_native(value: object) -> bool:
    """Tell whether a value is a framework's own array."""
    return _is_native_class(type(value)) and hasattr(value, "dtype")  # type: ignore[arg-type] # mypy: a class has a hash


@functools.cache
def _is_native_class(kind: type) -> bool:
    return not kind.__module__.startswith(("numpy", "builtins"))


def _arrays_like(args: tuple[Any, ...], kinds: list[Kind]) -> list[object] | None:
    """Return the arrays among arguments that are of these kinds, no two of them one; None for others."""
    if len(args) != len(kinds):
        return None
    arrays = []
    for one, (kind, dtype, content) in zip(args, kinds, strict=True):
        if type(one) is not kind:
            return None
        if dtype is None:
            # A tuple equals another whose numbers are of other classes.
            if one is not content and (kind is tuple or one != content):
                return None
        elif one.dtype is dtype and one.shape == content:
            arrays.append(one)
        else:
            return None
    return arrays if len(arrays) < 2 or len(set(map(id, arrays))) == len(arrays) else None


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
