"""Inline code remembers what a call has called, and is never wrong about it."""

from __future__ import annotations

import gc
import math
import sys
import weakref
from collections.abc import Callable
from types import FunctionType
from typing import Any

import pytest

from snek_core_transform.call_site import CallSite, Given
from snek_core_transform.operators import Operators
from snek_core_transform.virtualize import is_virtualized, virtualize


class Plain(Operators):
    """Python's meaning, with tables of its own."""


def step(n):
    return n + 1 if n < 100 else n


def other(n):
    return n - 1


def steps(times):
    n = 0
    for _ in range(times):
        n = step(n)
    return n


class Counter:
    def __init__(self):
        self.count = 0

    def move(self, by):
        self.count += by
        return self.count

    @classmethod
    def kind(cls, by):
        return cls.__name__, by

    @staticmethod
    def free(by):
        return by


def moved(counter, times):
    for by in range(times):
        counter.move(by)
    return counter.count


def sites_of(function: FunctionType) -> list[CallSite]:
    return [constant for constant in function.__code__.co_consts if isinstance(constant, CallSite)]


def remembered(function: FunctionType) -> list[object]:
    return [site.entry.function for site in sites_of(function)]


def test_a_call_remembers_the_virtualized_callee() -> None:
    operators = Plain()
    new = virtualize(steps, operators)
    assert new(3) == 3
    assert remembered(new) == [range, step]
    assert is_virtualized(sites_of(new)[1].entry.new.__code__, operators)


def test_a_method_call_remembers_the_function() -> None:
    new = virtualize(moved, Plain())
    assert new(Counter(), 4) == 6
    assert Counter.move in remembered(new)


def test_a_callee_that_is_replaced_is_not_called_again(monkeypatch: pytest.MonkeyPatch) -> None:
    new = virtualize(steps, Plain())
    assert new(3) == 3
    monkeypatch.setitem(globals(), "step", other)
    assert new(3) == -3
    monkeypatch.setitem(globals(), "step", 5)
    with pytest.raises(TypeError, match="'int' object is not callable"):
        new(3)


def test_a_callee_with_other_code_is_not_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    new = virtualize(steps, Plain())
    assert new(3) == 3
    monkeypatch.setattr(step, "__code__", other.__code__)
    assert new(3) == -3


def test_a_method_that_is_replaced_is_not_called_again(monkeypatch: pytest.MonkeyPatch) -> None:
    new = virtualize(moved, Plain())
    assert new(Counter(), 4) == 6
    mine = Counter()
    mine.move = lambda by: setattr(mine, "count", -1)
    assert new(mine, 4) == -1
    stranger = Counter()
    stranger.move = mine.__class__.move.__get__(mine)
    assert new(stranger, 4) == 0
    assert mine.count == 5
    monkeypatch.setattr(Counter, "move", lambda self, by: setattr(self, "count", -2))
    assert new(Counter(), 4) == -2


def of_class(counter):
    return counter.kind(1), counter.free(2), counter.kind(by=3)


def test_methods_of_the_class_and_of_nobody_are_called_as_python_does() -> None:
    new = virtualize(of_class, Plain())
    for owner in (Counter(), Counter, Counter()):
        assert new(owner) == of_class(owner)


def with_default(n, by=2):
    return n + by


def calls_with_default(n):
    return with_default(n) + with_default(n, by=5)


def test_a_default_that_changes_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    new = virtualize(calls_with_default, Plain())
    assert [new(1), new(1)] == [9, 9]
    monkeypatch.setattr(with_default, "__defaults__", (10,))
    assert new(1) == 17


def makes_and_calls(n):
    def inner(x):
        return x + n

    gone = weakref.ref(inner)
    answer = inner(1)
    del inner
    return answer, gone() is None


def temporary(n):
    counter = Counter()
    gone = weakref.ref(counter)
    counter.move(n)
    counter.move(len([n]))
    del counter
    return gone() is None


@pytest.mark.parametrize("program", [makes_and_calls, temporary])
def test_nothing_outlives_its_call(program: Callable[[int], Any]) -> None:
    new = virtualize(program, Plain())
    # The first call converts what is called.
    new(2)
    for _ in range(3):
        assert new(2) == program(2)


def test_what_no_module_holds_on_to_is_not_remembered() -> None:
    namespace: dict[str, Any] = {}
    exec("def f(x):\n    return x", namespace)
    function = namespace.pop("f")
    site = CallSite(Plain(), Given(1))
    for _ in range(3):
        site.callee(function)
    assert site.entry.function is not function
    gone = weakref.ref(function)
    del function
    gc.collect()
    assert gone() is None


def test_a_call_remembers_only_what_it_gives_every_argument() -> None:
    code = with_default.__code__
    assert not Given(1).fills(code, 0)
    assert Given(2).fills(code, 0)
    assert Given(1, frozenset({"by"})).fills(code, 0)
    assert Given(1).fills(code, 1)
    assert not Given(3).fills(code, 0)


def built_in(xs):
    ys = []
    for x in xs:
        ys.append(math.sqrt(x))
    text = " ".join(str(y) for y in ys)
    return text.upper().split(), ys.pop(), abs(-1)


class Shouting(list):
    def append(self, x):
        super().append(-x)


def appended(xs):
    for x in range(3):
        xs.append(x)
    return xs


def test_built_in_callees_answer_as_in_python() -> None:
    new = virtualize(built_in, Plain())
    assert new([1, 4]) == built_in([1, 4])
    again = virtualize(appended, Plain())
    assert [again([]), again(Shouting()), again([])] == [[0, 1, 2], [0, -1, -2], [0, 1, 2]]


def dive(n):
    try:
        return dive(n + 1)
    except RecursionError:
        return n


class Diver:
    def dive(self, n):
        try:
            return self.dive(n + 1)
        except RecursionError:
            return n


def test_recursion_goes_as_deep_as_in_plain_python() -> None:
    limit = sys.getrecursionlimit()
    new, method = virtualize(dive, Plain()), virtualize(Diver.dive, Plain())
    for depth in (limit, 5 * limit):
        sys.setrecursionlimit(depth)
        try:
            # The first dive converts the callee, which takes frames of its own.
            new(depth - 60), method(Diver(), depth - 60)
            found = [(dive(0), Diver().dive(0)), (new(0), method(Diver(), 0))]
        finally:
            sys.setrecursionlimit(limit)
        assert found[0] == found[1]
        assert found[0][0] > depth - 200
