"""What a generated program can reach: effects that are told, fuel, managers, generators and coroutines."""

from __future__ import annotations

import types
from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any

FUEL = 40
"""How often all `while` loops of a call may go on, together."""


class Surroundings:
    """What a program can reach: each run has its own."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.fuel = FUEL
        self.namespace: dict[str, Any] = {
            "told": self.told, "burn": self.burn, "Box": Box, "Base": Base, "manager": self.manager,
            "kept": lambda function: function, "tagged": self.tagged, "row": row,
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

    def manager(self, swallows: object, pair: bool = False) -> Manager:
        """Return a context manager that logs."""
        return Manager(self, bool(swallows), pair)

    def tagged(self, tag: object) -> Callable[[Any], Any]:
        """Return a decorator that logs what it decorates."""

        def decorate(function: Any) -> Any:
            self.told(tag, name=function.__qualname__, defaults=function.__defaults__, more=function.__kwdefaults__)
            return function

        return decorate

    async def stream(self, length: int) -> Any:
        """Give a few numbers."""
        for index in range(length):
            yield await wait(index)

    def driven(self, steps: Any, throws: object = False) -> int:
        """Drive a generator to its end, sending into it, or throwing an exception into it where that is asked for."""
        count, sent = 0, None
        try:
            while count < 20:
                self.told(steps.throw(ValueError(count)) if throws and count == 2 else steps.send(sent))
                count, sent = count + 1, count
        except StopIteration as stop:
            self.told(stop.value)
        finally:
            self.closed(steps)
        return count

    def closed(self, steps: Any) -> None:
        """Close a generator, however often it yields instead."""
        while True:
            try:
                steps.close()
            except RuntimeError as ignored:
                self.told(ignored)
            else:
                break

    async def gathered(self, stream: AsyncGenerator[object]) -> object:
        """Log what an asynchronous generator gives."""
        async for value in stream:
            self.told(value)
        return "ended"


class Box:
    """An object with an attribute."""

    __match_args__ = ("a",)
    kind = 2

    def __init__(self) -> None:
        self.a = 1

    def __repr__(self) -> str:
        return f"Box({vars(self)})"


class Base:
    """What the classes of programs derive from; its subclasses have a note."""

    note: object

    def __init_subclass__(cls, note: object, **more: Any) -> None:
        super().__init_subclass__(**more)
        cls.note = note

    def __init__(self, x: Any) -> None:
        self.__x = x


class Manager:
    """A context manager of both kinds."""

    def __init__(self, run: Surroundings, swallows: bool, pair: bool) -> None:
        self.run, self.swallows, self.given = run, swallows, [5, 6, 7] if pair else 5

    def __enter__(self) -> object:
        self.run.told("enter")
        return self.given

    def __exit__(self, kind: object, error: object, traceback: object) -> bool:
        self.run.told(f"exit {kind} {error!r}")
        return self.swallows

    async def __aenter__(self) -> object:
        return await wait(self.__enter__())

    async def __aexit__(self, *exception: Any) -> bool:
        return await wait(self.__exit__(*exception))


def row(length: int) -> Generator[int, object, int]:
    """Give a few numbers, and return one."""
    yield from range(length)
    return 7


@types.coroutine
def wait(value: Any) -> Any:
    """Suspend once, and give `value`."""
    yield "waiting"
    return value
