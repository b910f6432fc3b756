"""`virtualize(f)` answers as `f`: value, type, exception, traceback, output, order of effects."""

from __future__ import annotations

import copy
import io
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest

from snek_core_transform.groups import GROUPS, OPERATORS
from snek_core_transform.kept_code import WISHES, CodeKeeper
from snek_core_transform.load import load_file
from snek_core_transform.operators import Operators, PythonOperators
from snek_core_transform.recording_operators import RecordingOperators
from snek_core_transform.tracebacks import is_piece_of
from snek_core_transform.virtualize import virtualize

CORPUS = Path(__file__).parent / "corpus"
CASES = [case for file in sorted(CORPUS.glob("*.py")) for case in load_file(str(file)).CASES]
NAMES = [f"{function.__name__}{arguments}"[:60] for function, arguments in CASES]

PLAIN = {
    "annotated",
    "looks_at_frame",
    "unbound_before_use",
    "return_in_finally",
    "bad_arguments",
    "import_missing",
    "no_such_global",
}
"""The programs that reach an unbound name, or a construct which keeps Python's form, before any operator."""

Case = tuple[Callable[..., Any], tuple[Any, ...]]


def answer(function: Callable[..., Any], arguments: tuple[Any, ...], filename: str) -> tuple[Any, ...]:
    """Return all that can be seen of a call."""
    output = io.StringIO()
    with redirect_stdout(output):
        try:
            value = function(*copy.deepcopy(arguments))
        except Exception as error:
            outcome = (type(error), str(error), positions(error.__traceback__, filename))
        else:
            outcome = (type(value), repr(value), ())
    return (*outcome, output.getvalue())


def positions(traceback: TracebackType | None, filename: str) -> tuple[Any, ...]:
    """Return where the user's frames stand, without the outermost one where a thunk continues it."""
    found: list[Any] = []
    outer: Any = None
    while traceback:
        frame = traceback.tb_frame
        if frame.f_code.co_filename == filename:
            if len(found) == 1 and is_piece_of(frame, outer):
                found.pop()
            outer = frame
            found.append(list(frame.f_code.co_positions())[traceback.tb_lasti // 2])
        traceback = traceback.tb_next
    return tuple(found)


def same(case: Case, operators: Operators) -> None:
    function, arguments = case
    filename = function.__code__.co_filename if hasattr(function, "__code__") else ""
    new, old = answer(virtualize(function, operators), arguments, filename), answer(function, arguments, filename)
    if not operators.inline and function.__name__ == "raise_in_handler":
        # A bare `raise` in a thunk passes through the thunk's frame, and so leaves one line more.
        new, old = (*new[:2], new[3]), (*old[:2], old[3])
    assert new == old


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_operators_for_everything_answer_as_python(case: Case) -> None:
    operators = RecordingOperators()
    same(case, operators)
    if case[0].__name__ not in PLAIN:
        assert operators.firings.total() > 0, "an eligible program ran without a firing"


class Shelf(CodeKeeper):
    """Keeps code in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.found = 0

    def get(self, key: str) -> bytes | None:
        self.found += key in self.kept
        return self.kept.get(key)

    def put(self, key: str, content: bytes) -> None:
        self.kept[key] = content


class KeptOperators(RecordingOperators):
    """Counts, stages exceptions and comprehensions, and keeps code on a shelf."""

    stages_exceptions = True
    stages_comprehensions = True

    def __init__(self, shelf: Shelf) -> None:
        super().__init__()
        self.shelf = shelf

    @property
    def keeper(self) -> CodeKeeper:
        return self.shelf


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_code_that_was_kept_answers_as_code_made_anew(case: Case) -> None:
    function, arguments = case
    shelf = Shelf()
    filename = function.__code__.co_filename if hasattr(function, "__code__") else ""
    first, second = KeptOperators(shelf), KeptOperators(shelf)
    made = answer(virtualize(function, first), arguments, filename)
    kept = set(shelf.kept)
    assert kept
    assert not shelf.found
    assert answer(virtualize(function, second), arguments, filename) == made
    assert set(shelf.kept) == kept, "nothing is made anew"
    assert shelf.found == len(kept)
    assert second.firings == first.firings


@pytest.mark.parametrize("wish", [wish for wish in WISHES if wish != "inline"])
def test_a_set_that_wishes_otherwise_does_not_get_what_was_kept(wish: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf, function = Shelf(), CASES[0][0]
    virtualize(function, KeptOperators(shelf))
    kept = len(shelf.kept)
    monkeypatch.setattr(KeptOperators, wish, not getattr(KeptOperators, wish))
    virtualize(function, KeptOperators(shelf))
    assert not shelf.found
    assert len(shelf.kept) == 2 * kept


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_inline_code_answers_as_python(case: Case) -> None:
    same(case, PythonOperators())


class StagingExceptions(RecordingOperators):
    """Calls `try_stmt`, with Python's meaning, and counts."""

    stages_exceptions = True

    def try_stmt(self, *blocks: Any) -> Any:
        self.firings["try_stmt"] += 1
        return super().try_stmt(*blocks)


def test_exceptions_through_operators_answer_as_python() -> None:
    operators = StagingExceptions()
    for function, arguments in CASES:
        new, old = (answer(one, arguments, "") for one in (virtualize(function, operators), function))
        assert new == old, function.__name__
    assert operators.firings["try_stmt"] > 20


class StagingComprehensions(RecordingOperators):
    """Calls `comprehend`, with Python's meaning, and counts."""

    stages_comprehensions = True

    def comprehend(self, *parts: Any) -> Any:
        self.firings["comprehend"] += 1
        return super().comprehend(*parts)


def test_comprehensions_through_operators_answer_as_python() -> None:
    operators = StagingComprehensions()
    for function, arguments in CASES:
        new, old = (answer(one, arguments, "") for one in (virtualize(function, operators), function))
        assert new == old, function.__name__
    assert operators.firings["comprehend"] > 20


def test_every_operator_fires_over_the_corpus() -> None:
    operators = RecordingOperators()
    for function, arguments in CASES:
        answer(virtualize(function, operators), arguments, "")
    assert set(operators.firings) == set(OPERATORS)


@pytest.mark.parametrize("group", sorted(GROUPS))
def test_each_group_alone_answers_as_python(group: str) -> None:
    for case in CASES:
        same(case, RecordingOperators({group}))


def test_the_identity_would_fail_this_suite(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "virtualize", lambda function, operators: function)
    with pytest.raises(AssertionError, match="without a firing"):
        test_operators_for_everything_answer_as_python(CASES[0])


def test_conversion_keeps_what_a_function_has() -> None:
    function = next(function for function, _ in CASES if function.__name__ == "recursion")
    function.note = "kept"
    new = virtualize(function)
    assert new is not function
    for name in ("__name__", "__qualname__", "__module__", "__doc__", "__defaults__", "__annotations__", "__dict__"):
        assert getattr(new, name) == getattr(function, name), name
    assert new.__globals__ is function.__globals__
    assert new.__code__.co_filename == function.__code__.co_filename
    del function.note
