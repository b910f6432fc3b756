"""The run-time end of the constructs over single values, where Python's order differs from an operator's arguments."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any

from .operators import Operators
from .tracebacks import drop_frame_of_untold, drop_operator_frames, without_operator_frames
from .value_operators import ValueOperators


class ValueConstruct:
    """What virtualized code calls to store, unpack, enter and handle; it calls the operator set."""

    def __init__(self, operators: Operators) -> None:
        self.operators = operators

    def __getattr__(self, operator: str) -> Callable[..., Any]:
        """Return what calls an operator whose arguments come in Python's order."""
        found = without_operator_frames(getattr(self.operators, operator))
        setattr(self, operator, found)
        return found

    def unstaged(self, *values: object) -> bool:
        """Tell whether no value is staged."""
        try:
            return not any(map(self.operators.stages, values))
        except BaseException as error:
            drop_operator_frames(error)
            raise

    @without_operator_frames
    def store_attribute(self, value: object, owner: object, attr: str) -> None:
        """`owner.attr = value`: Python evaluates the value first."""
        self.operators.setattr_(owner, attr, value)

    @without_operator_frames
    def store_item(self, value: object, owner: object, index: object) -> None:
        """`owner[index] = value`: Python evaluates the value first."""
        self.operators.setitem(owner, index, value)

    @without_operator_frames
    def assigned(self, value: object, *names: str) -> tuple[object, ...]:
        """`a = b = value`: what each name gets, from left to right."""
        return tuple(self.operators.assign(name, value) for name in names)

    def assigned_as(self, name: str) -> Callable[[object], object]:
        """Return the decorator that binds `name`: the outermost one of a `def` or `class`."""
        return functools.partial(self.assign, name)

    @without_operator_frames
    def elements(self, value: Any, before: int, star: bool, after: int, *names: str) -> tuple[object, ...]:
        """`a, *b, c = value`: what each name gets, the starred one its list."""
        unpack = self.operators.unpack if "unpack" in self.operators.groups else _PYTHON.unpack
        found = unpack(value, before, star, after)
        return tuple(self.operators.assign(name, element) for name, element in zip(names, found, strict=True))

    @without_operator_frames
    def managed(self, manager: object) -> _Managed:
        """Return what a `with` enters and leaves in place of `manager`."""
        return _Managed(manager, self.operators)

    @without_operator_frames
    def async_managed(self, manager: object) -> _AsyncManaged:
        """Return what an `async with` enters and leaves in place of `manager`."""
        return _AsyncManaged(manager, self.operators)

    def left_by_group(self) -> None:
        """Tidy the traceback of a group that leaves a construct, just before it is raised again."""
        error = sys.exception()
        assert error is not None, "it stands in a handler"
        drop_frame_of_untold(error)

    @without_operator_frames
    def reraise(self) -> None:
        """Tell of a bare `raise`."""
        self.operators.reraise(sys.exception())

    @without_operator_frames
    def caught(self) -> None:
        """Tell of the start of an `except` clause."""
        self.operators.caught(sys.exception())

    @without_operator_frames
    def finally_(self) -> None:
        """Tell of the start of a `finally` block."""
        self.operators.finally_(sys.exception())


_PYTHON = ValueOperators()

HEAP_TYPE = 1 << 9
"""The flag of a type that was not made in C as a whole."""


class _Managed:
    """A context manager whose entry and exit are operators."""

    __slots__ = ("_enter", "_exit", "_manager", "_operators")

    def __init__(self, manager: object, operators: Operators) -> None:
        self._manager, self._operators = manager, operators
        self._enter, self._exit = _methods(manager, "__enter__", "__exit__", "context manager")

    @without_operator_frames
    def __enter__(self) -> object:
        return self._operators.enter(self._manager, self._enter)

    @without_operator_frames
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> Any:
        return self._operators.exit_(self._manager, self._exit, kind, error, traceback)


class _AsyncManaged:
    """An asynchronous context manager whose entry and exit are operators."""

    __slots__ = ("_enter", "_exit", "_manager", "_operators")

    def __init__(self, manager: object, operators: Operators) -> None:
        self._manager, self._operators = manager, operators
        self._enter, self._exit = _methods(manager, "__aenter__", "__aexit__", "asynchronous context manager")

    @without_operator_frames
    def __aenter__(self) -> Any:
        return self._operators.aenter(self._manager, self._enter)

    @without_operator_frames
    def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> Any:
        return self._operators.aexit(self._manager, self._exit, kind, error, traceback)


def _methods(manager: object, enter: str, leave: str, protocol: str) -> Iterable[Callable[..., object]]:
    kind = type(manager)
    message = f"{_shown_name(kind)!r} object does not support the {protocol} protocol"
    if not _has(kind, enter):
        raise TypeError(message)
    entry = _bound(manager, enter)
    if not _has(kind, leave):
        raise TypeError(f"{message} (missed {leave} method)")
    return entry, _bound(manager, leave)


def _shown_name(kind: type) -> str:
    """Return a type's name as Python's own errors show it: one made in C with its module."""
    if kind.__flags__ & HEAP_TYPE or kind.__module__ == "builtins":
        return kind.__name__
    return f"{kind.__module__}.{kind.__name__}"


def _has(kind: type, name: str) -> bool:
    return any(name in vars(base) for base in kind.__mro__)


def _bound(manager: object, name: str) -> Callable[..., object]:
    """Return a special method as Python looks it up: in the type, past the object's own attributes."""
    kind = type(manager)
    method: Any = next(vars(base)[name] for base in kind.__mro__ if name in vars(base))
    get = getattr(type(method), "__get__", None)
    return method if get is None else get(method, manager, kind)  # type: ignore[no-any-return]
