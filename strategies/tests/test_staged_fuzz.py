"""Generated programs of staged control flow answer as plain Python, raise what it raises, and leave what it leaves."""

from __future__ import annotations

import linecache
import sys
import warnings
from collections.abc import Callable
from itertools import count
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

import snek

sys.path.append(str(Path(__file__).parent))
from python_outcome import assert_same, outcome  # noqa: E402

EXAMPLES = 12
"""How many programs a run of the tests generates; each is staged once and called on every side of its data."""

PRELUDE = """\
import numpy as np


class Base(Exception):
    pass


class Derived(Base):
    pass


class Manager:
    def __init__(self, swallows):
        self.swallows = swallows
        self.n = 0

    def __enter__(self):
        self.n = self.n + 1
        return self

    def __exit__(self, kind, error, traceback):
        self.n = self.n + 10
        return kind is not None and issubclass(kind, self.swallows)


def helper(y):
    if y > 3:
        raise Derived("helper", y)
    if y < -3:
        return y * 0.5
    return y + 1.0
"""

EXPRESSIONS = (
    "x",
    "u",
    "v",
    "u + 1.0",
    "v - x",
    "u * 0.5",
    "-v",
    "u - v",
    "a[0]",
    "x * 2.0",
    "items[0]",
    "items[1] + u",
)
TESTS = (
    "u > 0",
    "v < x",
    "u > v",
    "x > 1",
    "k > 2",
    "u + v > 2",
    "0 < u < 3",
    "u > 1 and v > 1",
    "v > 0 or x > 0",
    "not u > 2",
)
HANDLERS = ("Base", "Derived", "ValueError", "(ValueError, Derived)", "IndexError", "Exception", "ZeroDivisionError")
RAISES = ('Base("base", u)', 'Derived("derived")', 'ValueError("value", v)', "ValueError", 'KeyError("key")')

Lines = list[str]


def indented(lines: Lines) -> Lines:
    return [f"    {line}" for line in lines] or ["    pass"]


class Writer:
    """Draws the statements of one program; `budget` bounds how many."""

    def __init__(self, draw: Callable[[Any], Any]) -> None:
        self.draw = draw
        self.budget = draw(st.integers(4, 22))
        self.loops = count(1)

    def one_of(self, choices: tuple[str, ...]) -> str:
        return self.draw(st.sampled_from(choices))  # type: ignore[no-any-return]

    def block(self, depth: int, in_loop: bool, in_handler: bool = False) -> Lines:
        lines: Lines = []
        for _ in range(self.draw(st.integers(1, 3))):
            if self.budget <= 0:
                break
            self.budget -= 1
            made = self.statement(depth, in_loop, in_handler)
            lines += made
            if made[-1].strip() in ("break", "continue", "raise") or made[-1].startswith("return"):
                break
        return lines

    def statement(self, depth: int, in_loop: bool, in_handler: bool) -> Lines:
        simple = ["assign", "assign", "count", "item", "store", "call", "maybe", "index", "print", "grow", "shrink"]
        nested = ["if", "if", "guarded raise", "guarded return", "while", "for", "rows", "try", "try", "with"]
        jumps = ["break", "continue"] if in_loop else []
        again = ["again"] if in_handler else []
        kind = self.one_of((*simple, *(nested if depth < 4 else []), *jumps, *again))
        return getattr(self, f"_{kind.replace(' ', '_')}")(depth, in_loop, in_handler)  # type: ignore[no-any-return]

    def _assign(self, *_: Any) -> Lines:
        return [f"{self.one_of(('u', 'v'))} = {self.one_of(EXPRESSIONS)}"]

    def _count(self, *_: Any) -> Lines:
        return ["k = k + 1"]

    def _item(self, *_: Any) -> Lines:
        return [f"items[{self.one_of(('0', '1'))}] = {self.one_of(EXPRESSIONS)}"]

    def _grow(self, *_: Any) -> Lines:
        return [f"grown.append({self.one_of(EXPRESSIONS)})"]

    def _shrink(self, *_: Any) -> Lines:
        return [self.one_of(("u = grown.pop()", "v = grown[-1]", "v = grown[i]", "k = k + len(grown)", "grown[0] = u"))]

    def _store(self, *_: Any) -> Lines:
        return [f"a[{self.one_of(('0', '1', 'i'))}] = {self.one_of(EXPRESSIONS)}"]

    def _index(self, *_: Any) -> Lines:
        return [f"u = a[{self.one_of(('i', 'i + 1', '2'))}]"]

    def _call(self, *_: Any) -> Lines:
        return [f"u = helper({self.one_of(EXPRESSIONS)})"]

    def _maybe(self, *_: Any) -> Lines:
        return [f"if {self.one_of(TESTS)}:", "    z = u", f"v = {self.one_of(('v', 'z + 0.0'))}"]

    def _print(self, *_: Any) -> Lines:
        return [f"print({self.one_of(('u', 'k', '1'))})"]

    def _break(self, *_: Any) -> Lines:
        return ["break"]

    def _continue(self, *_: Any) -> Lines:
        return ["continue"]

    def _again(self, *_: Any) -> Lines:
        return ["raise"]

    def _if(self, depth: int, in_loop: bool, in_handler: bool) -> Lines:
        lines = [f"if {self.one_of(TESTS)}:", *indented(self.block(depth + 1, in_loop, in_handler))]
        if self.draw(st.booleans()):
            lines += ["else:", *indented(self.block(depth + 1, in_loop, in_handler))]
        return lines

    def _guarded_raise(self, *_: Any) -> Lines:
        return [f"if {self.one_of(TESTS)}:", f"    raise {self.one_of(RAISES)}"]

    def _guarded_return(self, *_: Any) -> Lines:
        return [f"if {self.one_of(TESTS)}:", f"    return {self.one_of(EXPRESSIONS)}, k"]

    def _while(self, depth: int, *_: Any) -> Lines:
        name = f"t{next(self.loops)}"
        body = [f"{name} = {name} + 1", *self.block(depth + 1, True)]
        lines = [f"{name} = 0", f"while {name} < 4 and {self.one_of(TESTS)}:", *indented(body)]
        return [*lines, *self._orelse(depth)]

    def _for(self, depth: int, *_: Any) -> Lines:
        trips = self.one_of(("2", "20", "n"))
        return [f"for i in range({trips}):", *indented(self.block(depth + 1, True)), *self._orelse(depth)]

    def _rows(self, depth: int, *_: Any) -> Lines:
        return ["for row in rows:", *indented(["u = row", *self.block(depth + 1, True)]), *self._orelse(depth)]

    def _orelse(self, depth: int) -> Lines:
        return ["else:", *indented(self.block(depth + 1, False))] if self.draw(st.integers(0, 4)) == 0 else []

    def _with(self, depth: int, in_loop: bool, in_handler: bool) -> Lines:
        swallows = self.one_of(("Base", "ValueError", "()"))
        body = indented(self.block(depth + 1, in_loop, in_handler))
        return [f"with Manager({swallows}) as m:", *body, "k = k + m.n"]

    def _try(self, depth: int, in_loop: bool, in_handler: bool) -> Lines:
        lines = ["try:", *indented(self.block(depth + 1, in_loop, in_handler))]
        handlers = self.draw(st.integers(0, 2))
        for _ in range(handlers):
            lines += [f"except {self.one_of(HANDLERS)}:", *indented(self.block(depth + 1, in_loop, True))]
        if handlers and self.draw(st.booleans()):
            lines += ["else:", *indented(self.block(depth + 1, in_loop, in_handler))]
        if not handlers or self.draw(st.booleans()):
            lines += ["finally:", *indented(self.block(4, False))]
        return lines


@st.composite
def programs(draw: Callable[[Any], Any]) -> str:
    """Return the text of a module with one function `program`."""
    writer = Writer(draw)
    body: Lines = []
    while writer.budget > 0:
        body += writer.block(0, False)
    start = ["u = x", "v = x * 0.5", "k = 0", "i = n", "items = [x, x + 1.0]", "grown = [x]"]
    ends = ["for one in grown:", "    u = u + one", "return u + v + items[0] + items[1], k"]
    return "\n".join([PRELUDE, "", "def program(x, n, a, rows):", *indented([*start, *body, *ends]), ""])


_numbers = count(1)


def function_of(text: str) -> FunctionType:
    """Return `program` of a module's text, which Snek can read again."""
    name = f"<staged fuzz {next(_numbers)}>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    scope: dict[str, Any] = {"__name__": "staged_fuzz"}
    exec(compile(text, name, "exec"), scope)
    return scope["program"]  # type: ignore[no-any-return]


def arguments(x: float, n: int) -> tuple[Any, ...]:
    rows = np.array([0.5, -1.0, 4.0] * 7)
    return np.float64(x), np.int64(n), np.array([1.0, 2.0, 3.0]), rows


CALLS = [(2.5, 1), (-1.5, 2), (0.25, 0), (4.0, 3), (-6.0, 5)]


def check(text: str, backend: str) -> bool:
    """Compare a program with plain Python; False where it is refused."""
    program = function_of(text)
    staged = snek.stage(program, backend=backend)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        for call in CALLS:
            expected = outcome(program, arguments(*call))
            try:
                got = outcome(staged, arguments(*call))
            except snek.StagingError as error:
                if error.place is None:
                    raise AssertionError(f"refused without a place: {error}") from error
                return False
            try:
                assert_same(got, expected)
            except AssertionError as error:
                raise AssertionError(f"{call}: {expected} became {got}\n{text}") from error
    return True


def test_generated_programs_answer_as_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNEK_CHECK", "1")
    answered: list[bool] = []

    @seed(20261125)
    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(programs())
    def run(text: str) -> None:
        answered.append(check(text, "interpret"))

    run()
    assert sum(answered) > len(answered) / 2, "most programs are refused"
