"""What a program reads from objects outside it is never stale, and what it writes to its own is state: of any class."""

from __future__ import annotations

import argparse
from array import array
from collections import ChainMap, UserDict, UserList, deque
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import snek

pytestmark = pytest.mark.usefixtures("checked")

X = np.float64(3)


class Slotted:
    __slots__ = ("__hidden", "other", "rate")

    def hide(self, value: Any) -> None:
        self.__hidden = value

    def hidden(self) -> Any:
        return self.__hidden


class Both(Slotted):
    """Has slots and a dict."""


class Open:
    """Has a dict."""


@pytest.mark.parametrize("kind", [Open, Slotted, Both, SimpleNamespace, argparse.Namespace])
def test_an_attribute_is_read_as_it_is_at_each_call(kind: Any) -> None:
    held = kind()
    staged = snek.stage(lambda x: x * held.rate)
    for rate in (2.0, 5.0, 2.0):
        held.rate = rate
        assert staged(X) == X * rate


@pytest.mark.parametrize(
    ("held", "at"),
    [
        (deque([1.0]), 0),
        (array("d", [1.0]), 0),
        (UserDict(a=1.0), "a"),
        (UserList([1.0]), 0),
        (ChainMap({"a": 1.0}, {"b": 0.0}), "a"),
    ],
    ids=lambda one: type(one).__name__,
)
def test_an_item_is_read_as_it_is_at_each_call(held: Any, at: Any) -> None:
    staged = snek.stage(lambda x: x * held[at])
    for rate in (2.0, 5.0, 2.0):
        held[at] = rate
        assert staged(X) == X * rate


def writes_in_a_branch(x, kind):
    held = kind()
    held.rate = x
    held.hide(x * 2)
    if x > 1:
        held.rate = x * 3
    else:
        held.hide(-x)
    return held.rate + held.hidden()


def writes_in_a_loop(x, kind):
    held = kind()
    held.rate = x
    while held.rate < 100:
        held.rate = held.rate * 2
    return held.rate


def deletes_before_a_branch(x, kind):
    held = kind()
    held.rate = held.other = x
    del held.rate
    if x > 1:
        held.other = x * 2
    return held.other, hasattr(held, "rate")


@pytest.mark.parametrize("program", [writes_in_a_branch, writes_in_a_loop, deletes_before_a_branch])
@pytest.mark.parametrize("kind", [Slotted, Both])
def test_slots_are_state(program: Any, kind: Any) -> None:
    staged = snek.stage(lambda x: program(x, kind))
    for x in (X, X - 2.5, X):
        assert staged(x) == program(x, kind)


@pytest.mark.parametrize(
    ("held", "change"),
    [
        (deque([0]), lambda held: held.append(1)),
        (array("d", [0.0]), lambda held: held.append(1.0)),
        (SimpleNamespace(rate=1), lambda held: setattr(held, "rate", 2)),  # noqa: B010 - an assignment is no expression
        (argparse.Namespace(rate=1), lambda held: setattr(held, "further", 2)),  # noqa: B010
        (UserDict(a=1), lambda held: held.pop("a")),
    ],
    ids=lambda one: type(one).__name__,
)
def test_a_change_of_what_lies_outside_is_refused_and_taken_back(held: Any, change: Any) -> None:
    before = repr(held)

    def program(x):
        change(held)
        return x

    with pytest.raises(snek.StagingError) as caught:
        snek.stage(program)(X)
    assert caught.value.code == "SNK0210"
    assert repr(held) == before


def test_a_slot_of_what_lies_outside_is_taken_back() -> None:
    held = Both()
    held.rate, held.further = 1, 2  # type: ignore[attr-defined]

    def program(x):
        held.rate = x
        held.other = x
        held.further = x
        return x

    with pytest.raises(snek.StagingError, match="changes a Both that lives outside it"):
        snek.stage(program)(X)
    assert (held.rate, hasattr(held, "other"), vars(held)) == (1, False, {"further": 2})
