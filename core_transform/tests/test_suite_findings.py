"""Programs that the interpreter's own test suite has shown to differ once: each as plain Python, forced and inline."""

from __future__ import annotations

import pickle
import sys
import textwrap
import traceback
import warnings
from collections import namedtuple
from collections.abc import Callable
from dataclasses import make_dataclass
from pathlib import Path
from typing import Any

import pytest

from snek_core_transform.errors import UnsupportedSyntax
from snek_core_transform.operators import Operators, PythonOperators
from snek_core_transform.recording_operators import RecordingOperators
from snek_core_transform.virtualize import virtualize
from snek_core_transform.virtualize_module import virtualize_module


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


def super_without_its_object():
    class Holder:
        def method(self):
            del self
            if True:
                super()

        def without_class(self):
            nonlocal __class__
            del __class__
            super()

    seen = []
    for method in (Holder().method, Holder().without_class):
        try:
            method()
        except RuntimeError as error:
            seen.append(str(error))
    return seen


class Factory:
    def child(self):
        for number in range(2):

            class Child(list):
                def append(self, item):
                    super().append((number, item))

            child = Child()
            child.append(number)
        return child


def its_own_frame(seen):
    import inspect
    import sys

    this = None
    for _ in range(1):
        if seen:
            this = sys._getframe()
    return this.f_code.co_name.strip("<>"), inspect.currentframe().f_code.co_name, sys._getframe() is this


def its_own_module(seen):
    for _ in range(1):
        if seen:
            name = sys._getframemodulename(0)
    return name == __name__


@(lambda function: function if sys and 2 < 3 < 4 else None)
def decorated_by_a_condition(value=1 if sys.version_info > (3,) else 2, *, other=not sys):
    return value, other


def jumps_in_except_star(values):
    seen = []
    try:
        raise ExceptionGroup("g", [ValueError(value) for value in values])
    except* ValueError as group:
        for error in group.exceptions:
            if error.args[0] == 2:
                continue
            if error.args[0] == 4:
                break
            seen.append(error.args[0])
        while len(seen) < 9:
            if len(seen) > 3:
                break
            seen.append(0)
        seen.append((lambda value: "many" if value > 2 else "few")(len(seen)))
    return seen


def method_of_a_constant_over_lines():
    try:
        # fmt: off
        (None
            .method
        )()
        # fmt: on
    except AttributeError as error:
        return places(error)


def places(error):
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == __file__]
    return [(frame.name, frame.lineno, frame.end_lineno, frame.colno, frame.end_colno) for frame in frames]


def named_in_a_branch(value):
    if value:
        kind = namedtuple("kind", "x y")
        data = make_dataclass("data", ["x"])
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        if value:
            warnings.warn("look")
    return kind.__module__, data.__module__, kind(1, 2), [(warning.filename, warning.lineno) for warning in seen]


def conditional_target_of_an_augmented_assignment(values):
    values = {number: Numbers() for number in values}
    values[0 if len(values) > 5 and sys else 1].last += values[0].last + 3 if values else 0
    return values[1].last


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
    (super_without_its_object, ()),
    (Factory.child, (None,)),
    (its_own_frame, (True,)),
    *([(its_own_module, (True,))] if hasattr(sys, "_getframemodulename") else []),
    (decorated_by_a_condition, ()),
    (jumps_in_except_star, ([1, 2, 3, 4, 5],)),
    (method_of_a_constant_over_lines, ()),
    (named_in_a_branch, (True,)),
    (conditional_target_of_an_augmented_assignment, ((0, 1),)),
]


@pytest.mark.parametrize("operators", [RecordingOperators, PythonOperators])
@pytest.mark.parametrize(("program", "args"), PROGRAMS)
def test_what_differed_once_agrees(
    program: Callable[..., Any], args: tuple[Any, ...], operators: type[Operators]
) -> None:
    expected, made = program(*args), operators()
    assert virtualize(program, made)(*args) == expected
    assert not isinstance(made, RecordingOperators) or made.firings, "ran without a firing"


def test_the_identity_would_fail_these_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "virtualize", lambda function, operators: function)
    for program, args in PROGRAMS:
        with pytest.raises(AssertionError, match="without a firing"):
            test_what_differed_once_agrees(program, args, RecordingOperators)


@pytest.mark.parametrize("operators", [RecordingOperators, PythonOperators])
def test_a_class_inside_a_function_adds_no_cell(operators: type[Operators]) -> None:
    new = virtualize(Factory.child, operators())
    assert new.__code__.co_freevars == Factory.child.__code__.co_freevars == ()


@pytest.mark.parametrize("operators", [RecordingOperators, PythonOperators])
def test_a_program_may_replace_import(operators: type[Operators], monkeypatch: pytest.MonkeyPatch) -> None:
    again = virtualize(lambda value: textwrap.dedent(value), operators())
    with monkeypatch.context() as patch:
        patch.setattr("builtins.__import__", lambda *_, **__: None)
        result = again("  x")
    assert result == "x"


ALIASES = """
type Number = int | float
type Several[T: (int, str)] = list[T]
def first[T: (int, str)](values: list[T]) -> T:
    return values[0] if values else None
"""


@pytest.mark.skipif(sys.version_info < (3, 12), reason="this Python has no `type` statement")
def test_the_value_of_a_type_alias_is_no_function(tmp_path: Path) -> None:
    file = tmp_path / "aliases.py"
    file.write_text(ALIASES)
    taken: list[str] = []
    code = virtualize_module(
        compile(ALIASES, str(file), "exec"), PythonOperators(), take=lambda old, new: taken.append(old.co_name)
    )
    namespace: dict[str, Any] = {}
    exec(code, namespace)
    assert namespace["first"](["a"]) == "a"
    assert namespace["Number"].__value__ == int | float
    assert namespace["Several"].__type_params__[0].__constraints__ == (int, str)
    assert taken == ["first"]


GENERICS = """
def program(a, told):
    type Alias[T] = list[T] | told(int)
    class Base: pass
    if a:
        base = Base
    try:
        while a < 3:
            a += 1
            class Kind[T](told(base), *[object for unused in () if unused] if a else (), metaclass=told(type)):
                def method[U](self, x=told(3), *, y=a and told(3)):
                    return x + y
    except NameError as error:
        return repr(error)
    return repr(Alias.__value__), Kind().method(), Kind.__mro__[1].__name__
"""


@pytest.mark.skipif(sys.version_info < (3, 12), reason="this Python has no type parameters")
@pytest.mark.parametrize("operators", [RecordingOperators, PythonOperators])
@pytest.mark.parametrize("a", [0, 1, 5])
def test_where_no_name_may_be_bound_stays_python(tmp_path: Path, operators: type[Operators], a: int) -> None:
    file = tmp_path / "generics.py"
    file.write_text(GENERICS)
    namespace: dict[str, Any] = {}
    exec(compile(GENERICS, str(file), "exec"), namespace)
    program = namespace["program"]

    def outcome(run: Callable[..., Any]) -> object:
        try:
            return run(a, lambda x: x)
        except NameError as error:
            return type(error), str(error)

    assert outcome(virtualize(program, operators())) == outcome(program)


def held_beside_a_namesake(x: int) -> object:
    size = last = 0
    if x:
        sizes = [(last := (lambda: size)()) for size in (1, 2)]
        for size in sizes:
            last += size
    return size, last


@pytest.mark.skipif(sys.version_info < (3, 12), reason="this Python runs a comprehension in a frame of its own")
def test_a_comprehension_that_can_have_neither_a_name_nor_a_thunk_of_its_own_is_refused() -> None:
    with pytest.raises(UnsupportedSyntax, match="rename the comprehension's") as caught:
        virtualize(held_beside_a_namesake, RecordingOperators())(1)
    assert caught.value.place.line == held_beside_a_namesake.__code__.co_firstlineno + 3
    assert virtualize(held_beside_a_namesake, PythonOperators())(1) == held_beside_a_namesake(1)
