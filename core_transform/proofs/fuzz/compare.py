"""Run one generated program plain and virtualized, and compare all that can be seen of it."""

from __future__ import annotations

import io
import linecache
import traceback
import types
from collections import Counter
from collections.abc import Callable
from contextlib import redirect_stdout
from itertools import groupby
from typing import Any, NamedTuple

from surroundings import FUEL, Surroundings

from snek_core_transform.errors import SnekError
from snek_core_transform.operators import Operators, PythonOperators
from snek_core_transform.recording_operators import RecordingOperators
from snek_core_transform.virtualize import virtualize

ARGUMENTS = ((2, 0, 1), (0, 3, -1), (5, True, 7))
"""What each program is called with, one call after the other."""

FORCED, INLINE = RecordingOperators(), PythonOperators()
"""One set of each kind for all programs, so that what surrounds them is virtualized once."""

FILENAME = "<generated program>"

Virtualize = Callable[[Any, Operators], Any]


class Outcome(NamedTuple):
    """All that can be seen of one call."""

    ended: str
    """Whether it returned or raised."""
    result: object
    """The value's text; or the exception's class and text, its cause and its context."""
    places: list[tuple[str, int | None]]
    """The functions and lines in the exception's traceback."""
    printed: str
    effects: list[str]
    """What the program has told, in order."""
    left: str
    """The global that it changes, afterwards, as text: it may be a list that holds itself."""


class Difference(AssertionError):
    """A virtualized run of a program that is not like the plain one; `kind` tells such differences apart."""

    def __init__(self, kind: str, text: str, *found: list[Outcome]) -> None:
        super().__init__(f"{kind}\n{text}" + "".join(f"{outcome}\n" for outcome in found))
        self.kind, self.text, self.found = kind, text, found


def outcomes(text: str, operators: Operators | None, virtualize_: Virtualize = virtualize) -> list[Outcome]:
    """Return what comes of each call of a program."""
    run = Surroundings()
    linecache.cache[FILENAME] = (len(text), None, text.splitlines(True), FILENAME)
    exec(compile(text, FILENAME, "exec", dont_inherit=True), run.namespace)
    program = run.namespace["program"]
    if operators is not None:
        program = virtualize_(program, operators)
    return [called(run, program, arguments) for arguments in ARGUMENTS]


def called(run: Surroundings, program: Callable[..., Any], arguments: tuple[int, ...]) -> Outcome:
    """Return what comes of one call."""
    run.fuel, run.log = FUEL, []
    ended, frames = "returned", []
    result: object
    printed = io.StringIO()
    with redirect_stdout(printed):
        try:
            answer = program(*arguments)
            if isinstance(answer, types.AsyncGeneratorType):
                answer = run.gathered(answer)
            if isinstance(answer, types.GeneratorType | types.CoroutineType):
                answer = run.driven(answer)
            result = repr(answer)
        # What a program raises is part of its outcome; a group may hold the end of a generator, which is no Exception.
        except (Exception, BaseExceptionGroup) as error:  # noqa: BLE001
            ended, frames = "raised", places(error)
            result = type(error), str(error), repr(error.__cause__), repr(error.__context__)
    return Outcome(ended, result, frames, printed.getvalue(), run.log, repr(run.namespace.get("g", "unbound")))


def places(error: BaseException) -> list[tuple[str, int | None]]:
    """Return the functions and lines that a traceback names; a function that stands there again for a thunk, once."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == FILENAME]
    runs = [list(run) for _, run in groupby(frames, lambda frame: frame.name)]
    found = [(run[-1].name, run[-1].lineno) for run in runs]
    if found and isinstance(error, UnboundLocalError):
        # Python 3.11 stores one variable and reads another in one instruction, on the first one's line.
        found[-1] = (found[-1][0], None)
    return found


def compare(text: str, virtualize_: Virtualize = virtualize) -> Counter[str]:
    """Run a program plain, forced and inline; return the firings of the forced run. Raises Difference."""
    before = Counter(FORCED.firings)
    plain = outcomes(text, None)
    for way, operators in (("forced", FORCED), ("inline", INLINE)):
        try:
            found = outcomes(text, operators, virtualize_)
        except (SnekError, SyntaxError) as refusal:
            raise Difference(f"{way} is refused: {refusal}", text) from refusal
        for expected, one in zip(plain, found, strict=True):
            for field in Outcome._fields:
                if getattr(expected, field) != getattr(one, field):
                    raise Difference(f"{way} differs in `{field}`", text, plain, found)
    firings = Counter(FORCED.firings) - before
    if not firings["call"] or not firings["read"]:
        raise Difference("no operator fired from a program that calls and reads", text)
    return firings
