"""Operators that show every value on its way, in plain Python and in a staged program alike, to be compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar, NamedTuple

import numpy as np

from snek_core_transform.errors import Place
from snek_core_transform.operators import Operators
from snek_strategies.ir.interpretations import FOLLOWED
from snek_strategies.staging.builder import builder
from snek_strategies.staging.object_operators import ObjectOperators
from snek_strategies.staging.refusal import called_by_the_user, user_place
from snek_strategies.staging.rep import lift, liftable
from snek_strategies.staging.tensors import host_array


class Event(NamedTuple):
    """A value that an expression of the user's gave, or that a variable got; a structure comes as its numbers."""

    place: Place
    name: str
    values: tuple[object, ...]


class Following(Operators):
    """Tells `follow` of what expressions give and variables get; derived classes say what is done with it."""

    groups = ObjectOperators.groups | {"name", "arithmetic", "attribute", "subscript"}
    inline: ClassVar[bool] = False
    stages_exceptions: ClassVar[bool] = True

    def follow(self, place: Place, name: str, values: list[object]) -> None:
        """Take one event."""
        raise NotImplementedError

    def _told(self, value: object, name: str = "") -> object:
        place = user_place() if called_by_the_user() else None
        if place is not None:
            self.follow(place, name, list(_leaves(value)))
        return value

    def assign(self, name: str, value: object) -> object:
        return self._told(super().assign(name, value), name)

    def setitem(self, target: Any, index: object, value: object) -> None:
        super().setitem(target, index, value)
        self._told(value)

    def setattr_(self, target: Any, attr: str, value: object) -> None:
        super().setattr_(target, attr, value)
        self._told(value, attr)


def _following(operator: str) -> Callable[..., object]:
    def operate(self: Any, /, *args: object, **kwargs: object) -> object:
        return self._told(getattr(super(Following, self), operator)(*args, **kwargs))

    operate.__name__ = operator
    return operate


for _name in ("binary", "unary", "compare", "call", "aug_assign"):
    setattr(Following, _name, _following(_name))


def _leaves(value: object) -> Iterator[object]:
    """Walk the numbers and arrays of a value, of either stage; other things have none."""
    if isinstance(value, (tuple, list)):
        for one in list.__iter__(value) if isinstance(value, list) else value:
            yield from _leaves(one)
    elif isinstance(value, dict):
        for one in value.values():
            yield from _leaves(one)
    elif liftable(value):
        yield value


class FollowingStaging(Following, ObjectOperators):
    """Stages a program that shows its values while it runs; `sites` says what each of them is."""

    def __init__(self, unroll: int) -> None:
        ObjectOperators.__init__(self, unroll)
        self.sites: list[tuple[Place, str]] = []

    def follow(self, place: Place, name: str, values: list[object]) -> None:
        texts = ((str(len(self.sites)),),)
        self.sites.append((place, name))
        params: dict[str, object] = {"texts": texts, "sep": "", "end": "", "stream": FOLLOWED}
        builder().reflect("print", tuple(map(lift, values)), params, types=())


class FollowingPython(Following):
    """Python's meaning; `events` are what happened."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def follow(self, place: Place, name: str, values: list[object]) -> None:
        self.events.append(Event(place, name, copied(values)))


def copied(values: Any) -> tuple[object, ...]:
    """Return values as they are now, tensors as arrays."""
    hosts = map(host_array, values)
    return tuple(one.copy() if isinstance(one, np.ndarray) else one for one in hosts)
