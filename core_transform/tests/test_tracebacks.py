"""Tracebacks, debuggers, coverage and warnings point at the user's lines, with the frames of a plain run."""

from __future__ import annotations

import bdb
import inspect
import io
import os
import pdb
import subprocess
import sys
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from snek_core_transform import tracebacks
from snek_core_transform.groups import CONTROL
from snek_core_transform.operators import Operators, PythonOperators
from snek_core_transform.recording_operators import RecordingOperators
from snek_core_transform.virtualize import virtualize

SETS = {"inline": PythonOperators, "control": lambda: RecordingOperators(CONTROL), "all": RecordingOperators}


def inverse(x):
    return 1 / x


def sums(xs):
    total = 0
    for x in xs:
        if x < 3:
            while x < 2:
                total += inverse(x) and -x
    return total


def calls_sums(xs):
    return [y for y in (lambda: sums(xs))()]


def picks(x):
    return (x.real if x is not None else None).missing + 1


def reraises(x):
    try:
        with open(os.devnull):
            return inverse(x)
    except ZeroDivisionError as error:
        raise ValueError("not a value") from error


def yields(x):
    for y in range(3):
        yield inverse(x - y)


def drains(x):
    return list(yields(x))


def recursive(n):
    if n == 0:
        raise KeyError(n)
    return recursive(n - 1)


def formats(x):
    try:
        if x < 3:
            inverse(x)
    except ZeroDivisionError:
        return traceback.format_exc()


class Item:
    def __getitem__(self, key):
        raise LookupError(key)

    def __bool__(self):
        raise TypeError("no truth")


def items(x):
    return x + Item()[x]


def truths(x):
    if Item():
        return x


CASES: list[tuple[Callable[..., Any], Any]] = [
    (calls_sums, [5, 0]), (picks, 1), (picks, None), (reraises, 0), (drains, 1), (recursive, 4), (items, 1),
    (truths, 1),
]  # fmt: skip


def frames_of(function: Callable[..., Any], argument: Any) -> list[Any]:
    """Return what Python prints of each frame, error and cause when `function` fails."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 - any error
        function(argument)
    shown: list[Any] = []
    error: BaseException | None = caught.value
    while error is not None:
        stack = traceback.extract_tb(error.__traceback__)
        shown.append(
            [
                (frame.name, frame.filename, frame.lineno, frame.colno, frame.end_colno)
                for frame in stack
                if frame.name != "frames_of"
            ]
        )
        shown.append(repr(error))
        error = error.__cause__
    return shown


@pytest.fixture(params=SETS)
def operators(request: pytest.FixtureRequest) -> Operators:
    made: Operators = SETS[request.param]()
    return made


@pytest.mark.parametrize(("function", "argument"), CASES, ids=lambda value: getattr(value, "__name__", ""))
def test_every_frame_is_that_of_a_plain_run(function: Any, argument: Any, operators: Operators) -> None:
    expected, found = frames_of(function, argument), frames_of(virtualize(function, operators), argument)
    assert [part[-1] for part in found] == [part[-1] for part in expected]
    for plain, forced in zip(expected[::2], found[::2], strict=True):
        # The outermost function is there twice where its construct ran as a thunk: Python adds its frame afterwards.
        assert forced in (plain, [*forced[:1], *plain])
        assert forced[0][0] == plain[0][0]


def test_a_handler_in_user_code_sees_no_operator_frame(operators: Operators) -> None:
    text = virtualize(formats, operators)(0)
    assert text.count("in formats") <= 2
    assert text.count('File "') - text.count("in formats") == formats(0).count('File "') - 1
    assert "snek_core_transform" not in text.replace(str(Path(__file__).parent), "")


def test_operator_frames_show_where_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracebacks, "_shown", False)
    function = virtualize(sums, RecordingOperators())
    tracebacks.show_operator_frames(False)
    hidden = {frame[0] for frame in frames_of(function, [0])[0]}
    tracebacks.show_operator_frames(True)
    shown = {frame[0] for frame in frames_of(function, [0])[0]}
    assert hidden == {"sums", "inverse"}
    assert shown > hidden | {"for_stmt", "binary"}


def test_the_environment_says_so_too(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "from snek_core_transform.virtualize import virtualize\n"
        "from snek_core_transform.recording_operators import RecordingOperators\n"
        "def f(x):\n    if x:\n        return 1 / 0\n"
        "virtualize(f, RecordingOperators())(1)\n"
    )
    texts = [
        subprocess.run(
            [sys.executable, str(program)], env={**os.environ, tracebacks.SWITCH: value}, capture_output=True,
            text=True, check=False,
        ).stderr
        for value in ("0", "1")
    ]  # fmt: skip
    assert ["binary" in text for text in texts] == [False, True]
    assert all("line 5, in f" in text for text in texts)


def deep(n):
    return deep(n + 1)


def test_endless_recursion_ends_in_the_users_frame() -> None:
    with pytest.raises(RecursionError) as caught:
        virtualize(deep)(0)
    assert traceback.extract_tb(caught.value.__traceback__)[-1].name == "deep"


def warns(x, level):
    if x > 0:
        warnings.warn("look", UserWarning, stacklevel=level)  # line: here


def calls_warns(x, level):
    for _ in range(1):
        warns(x, level)  # line: caller


def line_of(mark: str) -> int:
    lines, start = inspect.getsourcelines(sys.modules[__name__])
    return next(number for number, line in enumerate(lines, max(start, 1)) if line.rstrip().endswith(f"# line: {mark}"))


@pytest.mark.parametrize(("level", "mark"), [(1, "here"), (2, "caller"), (3, "outside")])
def test_a_warning_names_the_users_line(level: int, mark: str, operators: Operators) -> None:
    function = virtualize(calls_warns, operators)
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        function(1, level)  # line: outside
    assert [(warning.filename, warning.lineno) for warning in found] == [(__file__, line_of(mark))]


def calls_library(library):
    for _ in range(1):
        library()  # line: library


@pytest.mark.parametrize("operators", [PythonOperators(), RecordingOperators({"loop"})], ids=["inline", "loop"])
def test_a_librarys_warning_names_the_line_that_calls_it_where_no_operator_stands_between(operators: Any) -> None:
    namespace: dict[str, Any] = {"warnings": warnings}
    exec("def library():\n    warnings.warn('look', UserWarning, stacklevel=2)", namespace)
    with pytest.warns(UserWarning, match="look") as found:
        virtualize(calls_library, operators)(namespace["library"])
    assert [(warning.filename, warning.lineno) for warning in found] == [(__file__, line_of("library"))]


@pytest.mark.parametrize("level", [50, 0, -1])
def test_a_level_past_the_stack_is_pythons(level: int, operators: Operators) -> None:
    found = []
    for function in (warns, virtualize(warns, operators)):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            function(1, level * 20)
        found.append([(warning.filename, warning.lineno) for warning in caught])
    assert found[0] == found[1]


def test_the_source_is_the_users(operators: Operators) -> None:
    new = virtualize(sums, operators)
    assert inspect.getsource(new) == inspect.getsource(sums)
    assert inspect.getsourcelines(new)[1] == inspect.getsourcelines(sums)[1]
    assert inspect.signature(new) == inspect.signature(sums)


class Stops(bdb.Bdb):
    """A debugger that notes each line that it stops at, and goes on to the next."""

    def __init__(self) -> None:
        super().__init__(skip=["snek_core_transform.*", "snek_strategies.*"])
        self.stops: list[tuple[str, int]] = []

    def user_line(self, frame: FrameType) -> None:
        stop = frame.f_code.co_name, frame.f_lineno
        # Python 3.12 may report a line once more where a jump within it ends; no other version does.
        is_again = sys.version_info[:2] == (3, 12) and self.stops[-1:] == [stop]
        if frame.f_code.co_filename == __file__ and not is_again:
            self.stops.append(stop)
        self.set_step()


def stops_of(function: Callable[..., Any], *arguments: Any) -> list[tuple[str, int]]:
    debugger = Stops()
    debugger.runcall(function, *arguments)
    return [stop for stop in debugger.stops if stop[0] in ("steps", "inverse")]


def steps(xs):
    total = 0
    for x in xs:
        if x > 1:
            total += inverse(x)
        else:
            total -= 1
    return total


def test_a_debugger_steps_through_the_users_lines() -> None:
    assert stops_of(virtualize(steps), [1, 2]) == stops_of(steps, [1, 2])


def test_a_debugger_stops_at_each_line_of_the_user_in_operator_form() -> None:
    expected, found = stops_of(steps, [1, 2]), stops_of(virtualize(steps, RecordingOperators()), [1, 2])
    assert set(found) >= set(expected)
    assert {name for name, _ in found} == {"steps", "inverse"}


def test_pdb_stops_at_a_breakpoint_and_prints_the_users_variables(operators: Operators) -> None:
    start = inspect.getsourcelines(steps)[1]
    commands = io.StringIO(f"break {__file__}:{start + 4}\ncontinue\np ('x is', x, 'total is', total)\nquit\n")
    out = io.StringIO()
    debugger = pdb.Pdb(stdin=commands, stdout=out, nosigint=True, readrc=False)
    debugger.use_rawinput = False
    debugger.runcall(virtualize(steps, operators), [1, 2])
    assert "('x is', 2, 'total is', -1)" in out.getvalue()
    assert f"({start + 4})steps()" in out.getvalue()


@pytest.fixture
def measured() -> Any:
    coverage = pytest.importorskip("coverage")
    if coverage.Coverage.current() is not None:
        pytest.skip("a coverage run cannot measure one inside it")
    return coverage


def test_coverage_counts_the_users_lines(measured: Any, tmp_path: Path, operators: Operators) -> None:
    found = []
    for number, function in enumerate((steps, virtualize(steps, operators))):
        run = measured.Coverage(data_file=str(tmp_path / str(number)), include=[__file__], config_file=False)
        run.start()
        try:
            function([1])
        finally:
            run.stop()
        found.append(sorted(run.get_data().lines(__file__) or ()))
    lines, start = inspect.getsourcelines(steps)
    own = range(start, start + len(lines))
    plain, new = ([line for line in found_lines if line in own] for found_lines in found)
    assert new == plain
    assert len(plain) == 5
