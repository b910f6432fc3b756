"""Run one generated program plain and virtualized, and compare all that can be seen of it."""

from __future__ import annotations

import io
import linecache
import types
from collections.abc import Callable
from contextlib import redirect_stdout
from typing import Any

from snek_core_transform.operators import Operators, PythonOperators
from snek_core_transform.recording_operators import RecordingOperators
from snek_core_transform.virtualize import virtualize

FUEL = 40
FILENAME = "<generated program>"

Virtualize = Callable[[Any, Operators], Any]


class Difference(AssertionError):
    """A virtualized run of a program that is not like the plain one."""


class Surroundings:
    """What a program can reach: each run has its own."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.fuel = FUEL
        self.namespace: dict[str, Any] = {
            "told": self.told, "burn": self.burn, "Box": Box, "manager": self.manager,
            "kept": lambda function: function,
            "driven": self.driven, "wait": wait, "stream": self.stream, "g": 3, "__name__": "generated",
        }  # fmt: skip

    def told(self, value: object, **more: object) -> object:
        """Log an effect."""
        self.log.append(f"{value!r} {more!r}")
        return value

    def burn(self) -> bool:
        """Take one unit of fuel; a loop ends when there is none."""
        self.fuel -= 1
        return self.fuel > 0

    def manager(self, swallows: object) -> Manager:
        """Return a context manager that logs."""
        return Manager(self, bool(swallows))

    async def stream(self, length: int) -> Any:
        """Give a few numbers."""
        for index in range(length):
            yield await wait(index)

    def driven(self, steps: Any) -> int:
        """Drive a generator to its end, sending into it."""
        count, sent = 0, None
        try:
            while count < 20:
                self.told(steps.send(sent))
                count, sent = count + 1, count
        except StopIteration as stop:
            self.told(stop.value)
        steps.close()
        return count


class Box:
    """An object with an attribute."""

    __match_args__ = ("a",)

    def __init__(self) -> None:
        self.a = 1

    def __repr__(self) -> str:
        return f"Box({vars(self)})"


class Manager:
    """A context manager of both kinds."""

    def __init__(self, run: Surroundings, swallows: bool) -> None:
        self.run, self.swallows = run, swallows

    def __enter__(self) -> int:
        self.run.told("enter")
        return 5

    def __exit__(self, kind: object, error: object, traceback: object) -> bool:
        self.run.told(f"exit {kind} {error!r}")
        return self.swallows

    async def __aenter__(self) -> int:
        return await wait(self.__enter__())

    async def __aexit__(self, *exception: Any) -> bool:
        return await wait(self.__exit__(*exception))


@types.coroutine
def wait(value: Any) -> Any:
    """Suspend once, and give `value`."""
    yield "waiting"
    return value


def outcome(text: str, operators: Operators | None, virtualize_: Virtualize = virtualize) -> tuple[object, ...]:
    """Return what a run gives or raises, prints, does, and leaves behind."""
    run = Surroundings()
    linecache.cache[FILENAME] = (len(text), None, text.splitlines(True), FILENAME)
    exec(compile(text, FILENAME, "exec", dont_inherit=True), run.namespace)
    program = run.namespace["program"]
    if operators is not None:
        program = virtualize_(program, operators)
    printed = io.StringIO()
    with redirect_stdout(printed):
        try:
            answer = program(2, 0, 1)
            if isinstance(answer, types.GeneratorType | types.CoroutineType):
                answer = run.driven(answer)
            result: tuple[object, ...] = ("returned", repr(answer))
        except Exception as error:  # noqa: BLE001 - what a program raises is part of its outcome
            result = ("raised", type(error), str(error), repr(error.__cause__), repr(error.__context__))
    return (*result, printed.getvalue(), tuple(run.log), run.namespace.get("g", "unbound"))


def compare(text: str, virtualize_: Virtualize = virtualize) -> RecordingOperators:
    """Run a program plain, forced and inline; return the operators of the forced run. Raises Difference."""
    recording = RecordingOperators()
    plain = outcome(text, None)
    for way, operators in (("forced", recording), ("inline", PythonOperators())):
        found = outcome(text, operators, virtualize_)
        if found != plain:
            raise Difference(f"{way} differs:\n{text}\nplain: {plain}\n{way}: {found}")
    if not recording.firings["call"] or not recording.firings["read"]:
        raise Difference(f"no operator fired from a program that calls and reads:\n{text}")
    return recording
