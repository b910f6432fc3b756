"""What may be staged: a Python function, and what comes down to one with some arguments given before the others."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import FunctionType, MethodType
from typing import Any, NamedTuple

from snek_core_transform.errors import UsageError
from snek_strategies.staging.tensors import is_module


class Preset(NamedTuple):
    """A Python function, and the arguments that come before and beside those of a call."""

    function: Callable[..., object]
    args: tuple[object, ...] = ()
    kwargs: dict[str, object] = {}  # noqa: RUF012 - never written to


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
