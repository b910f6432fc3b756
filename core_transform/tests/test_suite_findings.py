"""Programs that the interpreter's own test suite has shown to differ once: each as plain Python, forced and inline."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import pytest

from snek_core_transform.operators import Operators, PythonOperators
from snek_core_transform.recording_operators import RecordingOperators
from snek_core_transform.virtualize import virtualize


class Numbers:
    def __init__(self) -> None:
        self.last = 0

    def __aiter__(self) -> Numbers:
        return self

    async def __anext__(self) -> int:
        self.last += 1
        if self.last > 30:
            raise StopAsyncIteration
        return self.last


def run(coroutine: Any) -> object:
    with pytest.raises(StopIteration) as stopped:
        coroutine.send(None)
    return stopped.value.value


def break_at_the_end_of_an_async_for():
    async def go():
        seen = []
        async for number in Numbers():
            seen.append(number)
            if number == 4:
                break
        else:
            seen.append("else")
        return seen

    return run(go())


def return_at_the_end_of_a_loop_that_yields():
    def go():
        for number in range(9):
            yield number
            if number == 2:
                return "early"
        return "late"

    generator, seen = go(), []
    while True:
        try:
            seen.append(next(generator))
        except StopIteration as stopped:
            return [*seen, stopped.value]


def continue_at_the_end_of_a_loop_that_yields():
    def go():
        for number in range(5):
            if number % 2:
                yield number
                if number:
                    continue
            yield -number

    return list(go())


def break_in_finally_after_return(stop):
    for count in [0, 1]:
        other = 0
        while other < 20:
            other += 10
            try:
                return count + other
            finally:
                if stop:
                    break
    return "end", count, other


def continue_in_finally_after_return(go_on):
    for count in [0, 100]:
        for other in [10, 20]:
            try:
                return count + other
            finally:
                if go_on:
                    continue
    return "end", count, other


def ternary_in_a_lambda_in_an_iterable():
    return [x(False) for x in (lambda x: False if x else True, lambda x: True if x else False) if x(False)]


def chain_in_a_lambda_in_a_class_body():
    class Holder:
        low = 3
        inside = (lambda self, x: Holder.low < x < 9,)
        known = low == 3

    return Holder.inside[0](None, 5), Holder.inside[0](None, 9), Holder.known


def local_names_in_patterns(value):
    class Point:
        __match_args__ = ("x",)
        origin = 0

        def __init__(self, x):
            self.x = x

    for _ in range(1):
        match value, Point(value):
            case [Point.origin, _]:
                return "origin"
            case [_, Point(x)] if x > 1:
                return "large", x
            case _:
                found = "small"
    return found


def global_class_keeps_its_qualified_name():
    global Declared

    class Declared:
        class Inner:
            pass

    names = Declared.__qualname__, Declared.Inner.__qualname__
    return names, type(pickle.loads(pickle.dumps(Declared()))) is Declared


def global_function_keeps_its_qualified_name():
    global declared

    def declared():
        return lambda: None

    return declared.__qualname__, declared().__qualname__


PROGRAMS: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
    (break_at_the_end_of_an_async_for, ()),
    (return_at_the_end_of_a_loop_that_yields, ()),
    (continue_at_the_end_of_a_loop_that_yields, ()),
    (break_in_finally_after_return, (True,)),
    (break_in_finally_after_return, (False,)),
    (continue_in_finally_after_return, (True,)),
    (continue_in_finally_after_return, (False,)),
    (ternary_in_a_lambda_in_an_iterable, ()),
    (chain_in_a_lambda_in_a_class_body, ()),
    (local_names_in_patterns, (0,)),
    (local_names_in_patterns, (5,)),
    (local_names_in_patterns, (1,)),
    (global_class_keeps_its_qualified_name, ()),
    (global_function_keeps_its_qualified_name, ()),
]


@pytest.mark.parametrize("operators", [RecordingOperators, PythonOperators])
@pytest.mark.parametrize(("program", "args"), PROGRAMS)
def test_what_differed_once_agrees(
    program: Callable[..., Any], args: tuple[Any, ...], operators: type[Operators]
) -> None:
    expected = program(*args)
    assert virtualize(program, operators())(*args) == expected
