"""What is converted, how it is found, and what stays as it is."""

from __future__ import annotations

import functools
import json
import sys
import threading
import types
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from snek_core_transform.callee import converted, is_user_code
from snek_core_transform.conversions import CACHE_SIZE, CONVERSIONS
from snek_core_transform.errors import NoSource, UsageError
from snek_core_transform.groups import CONTROL
from snek_core_transform.load import load_file
from snek_core_transform.operators import PythonOperators
from snek_core_transform.passes import PASSES
from snek_core_transform.program import program_of
from snek_core_transform.recording_operators import RecordingOperators
from snek_core_transform.show import PASS_NAMES, show
from snek_core_transform.virtualize import virtualize


def halve(x: int) -> int:
    return x // 2 if x else 0


def ask(x: int) -> int:
    return halve(x) + 1


def test_callees_are_virtualized_by_where_their_file_lies() -> None:
    operators = RecordingOperators()
    assert virtualize(ask, operators)(8) == 5
    assert operators.firings["if_exp"] == 1
    assert converted(json.dumps, operators) is json.dumps
    assert converted(len, operators) is len
    assert converted(dict, operators) is dict
    assert converted(RecordingOperators.if_stmt, operators) is RecordingOperators.if_stmt
    assert converted(pytest.raises, operators) is pytest.raises
    assert converted(halve, operators) is not halve


def test_methods_partials_and_callable_objects_are_looked_into() -> None:
    class Ask:
        def method(self, x: int) -> int:
            return x if x else 1

        def __call__(self, x: int) -> int:
            return x or 2

    it = Ask()
    operators = RecordingOperators(CONTROL)
    assert converted(it.method, operators)(0) == 1
    assert converted(functools.partial(halve, 6), operators)() == 3
    assert converted(it, operators)(0) == 2
    assert operators.firings == {"if_exp": 2, "or_": 1}
    assert virtualize(it.method, operators)(0) == 1


def test_a_function_is_converted_once_and_again_when_it_is_redefined() -> None:
    operators = PythonOperators()
    first = converted(halve, operators)
    assert converted(halve, operators).__code__ is first.__code__
    assert converted(first, operators) is first
    assert virtualize(first, operators) is first

    def make(text: str) -> Any:
        return lambda x: text if x else None

    assert [converted(make(text), operators)(1) for text in "ab"] == ["a", "b"]


def test_the_cache_is_bounded() -> None:
    assert CONVERSIONS.size == CACHE_SIZE
    for _ in range(3):
        converted(halve, RecordingOperators())
    assert len(CONVERSIONS.entries) <= CACHE_SIZE


def test_a_function_whose_defaults_change_is_not_stale() -> None:
    def scaled(x: int, by: int = 2) -> int:
        return x * by if x else 0

    operators = PythonOperators()
    assert converted(scaled, operators)(3) == 6
    scaled.__defaults__ = (5,)
    assert converted(scaled, operators)(3) == 15
    scaled.__code__ = (lambda x, by: x - by).__code__
    assert converted(scaled, operators)(3) == -2


def test_the_oldest_conversion_goes_when_the_cache_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CONVERSIONS, "size", 3)
    sets = [RecordingOperators() for _ in range(6)]
    for operators in sets:
        assert converted(halve, operators)(4) == 2
    assert len(CONVERSIONS.entries) == 3
    assert CONVERSIONS.get(halve.__code__, sets[0]) is None
    assert CONVERSIONS.get(halve.__code__, sets[5]) is not None


def test_sixteen_threads_may_convert_at_once() -> None:
    operators = RecordingOperators()
    answers: list[int] = []
    start = threading.Barrier(16)

    def work() -> None:
        start.wait()
        answers.append(virtualize(ask, operators)(8))

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [5] * 16
    assert operators.firings["if_exp"] == 16


def test_lambdas_on_one_line_are_told_apart() -> None:
    pair = (lambda x: x or "first"), (lambda x: x or "second")
    nested = lambda: lambda: 1 if pair else 2  # noqa: E731
    operators = RecordingOperators()
    assert [virtualize(one, operators)(0) for one in pair] == ["first", "second"]
    assert virtualize(nested, operators)()() == 1
    assert virtualize(nested(), operators)() == 1


def test_no_source_is_said() -> None:
    namespace: dict[str, Any] = {}
    exec("def f(x):\n    return 1 if x else 2\n", namespace)
    with pytest.raises(NoSource, match="cannot be read"):
        virtualize(namespace["f"])
    assert converted(namespace["f"], PythonOperators()) is namespace["f"]


def test_a_file_that_changed_is_no_source(tmp_path: Path) -> None:
    path = tmp_path / "changing.py"
    path.write_text("def f(x):\n    return x if x else 1\n")
    module = load_file(str(path))
    path.write_text("\n\n\ndef g(y):\n    return y\n")
    with pytest.raises(NoSource, match="load it again"):
        virtualize(module.f)


@functools.lru_cache
def cached(x):
    return x if x else 1


@pytest.mark.parametrize("thing", [int, 5, "f", cached])
def test_what_is_no_function_is_refused(thing: Any) -> None:
    with pytest.raises(UsageError, match="not a Python function"):
        virtualize(thing)


def test_deep_programs_are_converted(tmp_path: Path) -> None:
    arms = "".join(f"    elif x == {i}:\n        y = {i}\n" for i in range(1, 2000))
    terms = " + ".join(["x"] * 500)
    words = " and ".join(["x"] * 500)
    text = f"def arms(x):\n    if x == 0:\n        y = 0\n{arms}    else:\n        y = -1\n    return y\n"
    text += f"def terms(x):\n    return {terms}\ndef words(x):\n    return {words}\n"
    path = tmp_path / "deep.py"
    path.write_text(text)
    module = load_file(str(path))
    limit = sys.getrecursionlimit()
    for operators in (RecordingOperators(), PythonOperators()):
        assert [virtualize(module.arms, operators)(x) for x in (0, 1, 1999, 5000)] == [0, 1, 1999, -1]
        assert virtualize(module.terms, operators)(1) == 500
        assert virtualize(module.words, operators)(3) == 3
    assert sys.getrecursionlimit() == limit


def test_emission_is_linear_in_the_arms(tmp_path: Path) -> None:
    def size(count: int) -> int:
        arms = "".join(f"    elif x == {i}:\n        y = {i}\n" for i in range(1, count))
        path = tmp_path / f"arms_{count}.py"
        path.write_text(f"def f(x):\n    y = -1\n    if x == 0:\n        y = 0\n{arms}    return y\n")
        return len(show(load_file(str(path)).f))

    assert size(200) < 2.2 * size(100)


def test_nothing_is_left_behind() -> None:
    before = set(sys.modules)
    names = set(globals())
    new = virtualize(ask)
    assert new(2) == 2
    assert set(sys.modules) == before
    assert set(globals()) == names
    assert new.__code__.co_names == ask.__code__.co_names or set(ask.__code__.co_names) <= set(new.__code__.co_names)


def test_warnings_of_the_text_are_not_repeated(tmp_path: Path) -> None:
    path = tmp_path / "warns.py"
    path.write_text("def f(x):\n    return '\\d' if x is 5 else 1\n")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = load_file(str(path))
    assert virtualize(module.f)(1) == 1


def test_decorator_use_and_live_cells() -> None:
    count = 0

    @virtualize
    def up(by: int = 1) -> int:
        nonlocal count
        if by > 0:
            count += by
        return count

    assert (up(), up(2), count) == (1, 3, 3)
    count = 10
    assert up(0) == 10


def test_a_class_cell_that_is_filled_later() -> None:
    class Base:
        def size(self) -> int:
            return 1

    class Sub(Base):
        @virtualize
        def size(self) -> int:
            return super().size() + (1 if self else 0)

        @property
        @virtualize
        def name(self) -> str:
            return __class__.__name__ or ""  # type: ignore[name-defined, no-any-return]

    assert Sub().size() == 2
    assert Sub().name == "Sub"


def test_iterators_are_let_go_when_their_loop_ends() -> None:
    def program(left: bool) -> list[str]:
        log = []

        def items() -> Iterator[int]:
            try:
                yield 1
                yield 2
            finally:
                log.append("closed")

        for item in items():
            if left:
                break
            log.append(str(item))
        log.append("after")
        return log

    assert [virtualize(program)(left) for left in (True, False)] == [program(True), program(False)]
    assert program(True) == ["closed", "after"]


def test_the_stack_is_python_s_own_on_the_plain_path() -> None:
    def depth(n: int) -> int:
        if n > 0:
            return depth(n - 1)
        frames = 0
        frame: types.FrameType | None = sys._getframe()
        while frame is not None:
            frames += frame.f_code.co_name == "depth"
            frame = frame.f_back
        return frames

    assert virtualize(depth)(600) == 601


@pytest.mark.parametrize("step", PASSES, ids=lambda step: step.__name__)
def test_every_pass_shows_an_example(step: Callable[..., Any]) -> None:
    assert ">>> def f(" in (step.__doc__ or "")
    assert f'after="{step.__name__}"' in (step.__doc__ or "")


def test_show_takes_every_pass_and_names_them_when_asked_for_another() -> None:
    assert len(set(PASS_NAMES)) == len(PASSES)
    for name in PASS_NAMES:
        assert show(halve, after=name).startswith("def halve(x: int) -> int:")
    with pytest.raises(UsageError, match="virtualize_branches"):
        show(halve, after="nonsense")
    assert "operators.if_exp(" in show(halve, operators=RecordingOperators())


def test_a_program_knows_its_places() -> None:
    program = program_of(halve)
    place = program.place(program.tree.body[0].value.test)
    assert place.text[place.column : place.end_column] == "x"
    assert is_user_code(halve.__code__, globals())
