"""What may be staged: a Python function, and what comes down to one with some arguments given before the others."""

from __future__ import annotations

import functools
import inspect
import linecache
from collections.abc import Callable, Sequence
from types import FunctionType, MethodType
from typing import Any, NamedTuple

from snek_core_transform.errors import StagingError, UsageError
from snek_core_transform.program import program_of
from snek_strategies.staging.tensors import is_module


class Preset(NamedTuple):
    """A Python function, and the arguments that come before and beside those of a call."""

    function: Callable[..., object]
    args: tuple[object, ...] = ()
    kwargs: dict[str, object] = {}  # noqa: RUF012 - never written to

    def then(self, args: tuple[object, ...], kwargs: dict[str, object]) -> tuple[tuple[object, ...], dict[str, object]]:
        """Return all arguments of a call. Raises StagingError for a module that does not run its class's `forward`."""
        if not (self.args or self.kwargs):
            return args, kwargs
        module = self.args[0] if self.args else None
        if is_module(module) and "forward" in vars(module) and self.function is type(module).forward:  # type: ignore[attr-defined]
            raise StagingError(
                f"a {type(module).__name__} with a `forward` of its own, not its class's; stage what calls it instead",
                code="SNK0217",
            )
        return (*self.args, *args), {**self.kwargs, **kwargs}


def preset_of(value: Any, what: str) -> Preset:
    """Return a callable as a Python function and what it is given before its arguments.

    A `functools.partial` gives its own arguments, an `nn.Module` gives itself to its class's `forward`, an object whose
    class writes `__call__` in Python has that method. Raises UsageError, naming `what` cannot be done, for all else.

    >>> preset_of(functools.partial(preset_of, 1, what=2), "stage")[1:]
    ((1,), {'what': 2})
    """
    if isinstance(value, (FunctionType, MethodType)):
        return Preset(value)
    if isinstance(value, functools.partial):
        inner = preset_of(value.func, what)
        return Preset(inner.function, (*inner.args, *value.args), {**inner.kwargs, **value.keywords})
    if is_module(value):
        # Its parameters are arguments, as those of any module among them; hooks are refused there.
        return Preset(type(value).forward, (value,))
    call = getattr(type(value), "__call__", None)  # noqa: B004 - the class's own, to see what it is written in
    if isinstance(call, FunctionType):
        return Preset(MethodType(call, value))
    raise UsageError(f"cannot {what} a {type(value).__name__}: {value!r:.80}; hand in a Python function")


def check_source(function: Callable[..., object]) -> None:
    """Raise NoSource for a function whose text cannot be had: unread, it would stay plain Python."""
    own = function.__func__ if isinstance(function, MethodType) else function
    if isinstance(own, FunctionType) and not linecache.getlines(own.__code__.co_filename, own.__globals__):
        program_of(own)


def static_names(function: Callable[..., object], given: str | Sequence[str]) -> tuple[str, ...]:
    """Return names of parameters as a tuple. Raises UsageError for one that the function does not have."""
    names = (given,) if isinstance(given, str) else tuple(given)
    parameters = inspect.signature(function).parameters
    for name in names:
        if name not in parameters:
            raise UsageError(
                f"static_argnames: {function.__name__} has no parameter {name!r}; it has {list(parameters)}"
            )
    return names
