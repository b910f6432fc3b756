"""The state of one run of a construct: thunks over live variables, seen by an operator as functions over values.

A thunk works on the function's own variables, so closures, exceptions and other threads see each assignment when it
happens. An operator passes values in and takes values out: a value that it has changed is written before the thunk
runs, and one that it hands back as it was is left alone, because the variable may be newer.
"""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType

from .operators import State
from .slots import CellSlot, GlobalSlot, Slot

_UNKNOWN = object()


class LiveState:
    """The variables `names` of one running construct; `cells` is a function that holds on to those that are cells."""

    def __init__(self, names: tuple[str, ...], cell_names: tuple[str, ...], cells: FunctionType) -> None:
        held = dict(zip(cells.__code__.co_freevars, cells.__closure__ or (), strict=True))
        self.slots: list[Slot] = [
            CellSlot(name, held[cell_name]) if cell_name in held else GlobalSlot(cell_name, cells.__globals__)
            for name, cell_name in zip(names, cell_names, strict=True)
        ]
        self.seen: list[object] = [_UNKNOWN] * len(names)

    def read(self) -> State:
        """Return the values of the variables as they are."""
        self.seen = [slot.get() for slot in self.slots]
        return tuple(self.seen)

    def write(self, values: State) -> None:
        """Write the values that differ from what was last read."""
        assert len(values) == len(self.slots), "an operator must return one value for each name of the state"
        for slot, seen, value in zip(self.slots, self.seen, values, strict=True):
            if value is not seen:
                slot.set(value)
        # What a thunk leaves half done, by an exception, is not known: the next write is a real one.
        self.seen = [_UNKNOWN] * len(self.slots)

    def now(self) -> State:
        """Return the values of the variables at a point inside a thunk."""
        return tuple(slot.get() for slot in self.slots)

    def branch(self, thunk: Callable[[], object]) -> Callable[..., State]:
        """Return `thunk` as a function from the state to the new state."""

        def run(*values: object) -> State:
            self.write(values)
            thunk()
            return self.read()

        return run

    def question(self, thunk: Callable[[], object]) -> Callable[..., object]:
        """Return `thunk` as a function from the state to an answer."""

        def run(*values: object) -> object:
            self.write(values)
            answer = thunk()
            self.seen = list(values)
            return answer

        return run

    def step(self, thunk: Callable[[object], object]) -> Callable[..., State]:
        """Return `thunk` as a function from an item and the state to the new state."""

        def run(item: object, *values: object) -> State:
            self.write(values)
            thunk(item)
            return self.read()

        return run
