"""Programs with lists or tapes for systems without: made with little room, and again with more when they need it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Lock

import numpy as np

from snek_strategies.backends.backend import LoweredProgram, Run, cannot_say
from snek_strategies.backends.lower_lists import ListOverflow
from snek_strategies.ir.syntax import Program, every_node
from snek_strategies.ir.types import ListOf, Scalar, Type

ROOM = 64
"""How many items the lists and tapes of a program have room for at first."""
GROWTH = 8
MOST = 2**24


class GrowingLists(LoweredProgram):
    """A program whose lists and tapes are arrays; when one overflows, it is made anew and runs again from its start."""

    def __init__(self, name: str, program: Program, make: Callable[[Program, int], LoweredProgram]) -> None:
        super().__init__(program)
        for node in every_node(program.body):
            if "print" in node.effects:
                why = "the program has lists or a tape and may run again from its start, and would print twice"
                raise cannot_say(name, node, f"{why}; use back-end 'interpret'")
        self._make = make
        self._room = ROOM
        self._lowered = make(program, ROOM)
        self.kinds = self._lowered.kinds  # type: ignore[misc]

    def as_text(self, kind: str) -> str:
        """Return what was made, as text."""
        return self._lowered.as_text(kind)

    def compile(self) -> Run:
        """Return the callable."""
        return self._growing(lambda lowered: lowered.compile())

    def compile_native(self) -> Run:
        """Return the callable from the system's own values; its results are the host's where lists are among them."""
        if any(isinstance(atom.type, ListOf) for atom in self.program.body.results):
            return self.compile()
        return self._growing(lambda lowered: lowered.compile_native())

    def _growing(self, compiled: Callable[[LoweredProgram], Run]) -> Run:
        lock, types = Lock(), tuple(atom.type for atom in self.program.body.results)
        run = compiled(self._lowered)

        def grown(room: int) -> None:
            nonlocal run
            with lock:
                if self._room > room:
                    return  # another thread has done it
                if room >= MOST:
                    raise MemoryError(f"a list or a tape of more than {MOST} items; use back-end 'interpret'")
                self._room = room * GROWTH
                self._lowered = self._make(self.program, self._room)
                run = compiled(self._lowered)

        def call(*arguments: object) -> tuple[object, ...]:
            while True:
                room = self._room
                try:
                    values = run(*arguments)
                except ListOverflow:
                    grown(room)
                    continue
                return tuple(_listed(types, iter(values)))

        return call


def _listed(types: tuple[Type, ...], values: Iterator[object]) -> Iterator[object]:
    """Walk a program's results with lists in place of arrays and lengths."""
    for type_ in types:
        value = next(values)
        if not isinstance(type_, ListOf):
            yield value
            continue
        array, length = np.asarray(value), next(values)
        assert isinstance(length, int)
        if isinstance(type_.item, Scalar):
            yield array[:length].tolist()
        else:
            yield [one.copy() if isinstance(one, np.ndarray) else one for one in array[:length]]
