"""A variable that is bound on some paths only: reading it raises at run time exactly where it has no value."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from snek_strategies.staging.builder import builder
from snek_strategies.staging.optional import Maybe, resolved
from snek_strategies.staging.rep import BINARY, COMPARING, lift


class PartlyBound:
    """Stands in a local variable: `flag` tells (now or in the next stage) whether it is bound to `value`.

    Its own attributes have names that no user gives an attribute.
    """

    __slots__ = ("snek_flag", "snek_name", "snek_value")

    def __init__(self, name: str, flag: object, value: object) -> None:
        self.snek_name = name
        self.snek_flag = flag
        self.snek_value = value

    def snek_required(self) -> object:
        """Emit the check that the variable is bound, and return its value."""
        builder().reflect("require", (lift(self.snek_flag),), {"name": self.snek_name})
        return settle(self.snek_value)

    def __getattr__(self, attribute: str) -> object:
        if attribute.startswith("__") and attribute.endswith("__"):
            raise AttributeError(attribute)
        return getattr(self.snek_required(), attribute)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: object, **kwargs: object) -> object:
        return getattr(ufunc, method)(*map(settle, inputs), **kwargs)

    def __array_function__(
        self, function: Callable[..., object], types: object, args: tuple[object, ...], kwargs: dict[str, object]
    ) -> object:
        return function(*settle_all(args), **{name: settle_all(one) for name, one in kwargs.items()})  # type: ignore[misc]

    def __hash__(self) -> int:
        return hash(self.snek_required())


def _read(name: str) -> Callable[..., object]:
    def method(self: PartlyBound, *others: object) -> object:
        value = self.snek_required()
        settled = tuple(map(settle, others))
        result = getattr(type(value), name)(value, *settled)
        if result is NotImplemented and name.startswith("__r"):
            return NotImplemented
        return result

    return method


_OTHERS = (
    "pow rpow neg pos abs invert getitem setitem len bool int float index iter contains call str format array "
    "enter exit"
)
_FORCING = (*BINARY, *(f"r{name}" for name in BINARY), *COMPARING, *_OTHERS.split())
for _name in _FORCING:
    setattr(PartlyBound, f"__{_name}__", _read(f"__{_name}__"))


def settle(value: object) -> object:
    """Return the value of a variable that is being read."""
    if isinstance(value, Maybe):
        return resolved(value)
    return value.snek_required() if isinstance(value, PartlyBound) else value


def settle_all(value: object) -> object:
    """Settle inside tuples, lists and dicts too, where anything in them needs it."""
    if isinstance(value, PartlyBound | Maybe):
        return settle(value)
    if type(value) in (tuple, list) and any(_partly(one) for one in value):  # type: ignore[attr-defined]
        return type(value)(map(settle_all, value))  # type: ignore[call-arg, call-overload]
    return value


def _partly(value: object) -> bool:
    return isinstance(value, PartlyBound | Maybe) or (type(value) in (tuple, list) and any(map(_partly, value)))  # type: ignore[call-overload]
