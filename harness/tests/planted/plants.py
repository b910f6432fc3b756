"""Strategies with one planted fault each, on NumPy: what the harness must see through or survive."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping

import numpy as np

from snek_core_transform.errors import StagingError
from snek_strategies.as_written import AsWritten
from snek_strategies.eager_numpy import EagerNumpy
from snek_strategies.nested import map_leaves
from snek_strategies.protocol import Program, Staged


def scaled(x: np.ndarray) -> np.ndarray:
    """Answer as the workload `plain.py` does, in code that is not the program's."""
    x = x.copy()
    while x.sum() > 1:
        x *= np.float32(0.5)
    return x


class Plant(EagerNumpy):
    """Answers as the workload `plain.py` does without running its code, and lies by `answer`."""

    name = "plant"

    def stage(self, program: Program, example: tuple[object, ...]) -> Staged:
        return PlantedStaged(self)

    def answer(self, call: int, right: Callable[[], object]) -> object:
        return right()

    def counters(self, calls: int) -> Mapping[str, int]:
        return {"stagings": 1, "graphs": 1, "breaks": 0}


class PlantedStaged(Staged):
    def __init__(self, plant: Plant) -> None:
        self.plant = plant
        self.calls = 0

    def compile(self) -> Program:
        def call(x: np.ndarray) -> object:
            self.calls += 1
            return self.plant.answer(self.calls, lambda: (scaled(x), 3))

        return call

    def counters(self) -> Mapping[str, int]:
        return self.plant.counters(self.calls)


class Honest(Plant):
    """No fault."""


class Replays(Plant):
    """Gives its first answer for ever."""

    first: object = None

    def answer(self, call: int, right: Callable[[], object]) -> object:
        if self.first is None:
            self.first = right()
        return self.first


class RunsPython(EagerNumpy):
    """Says it captured the program and runs it in Python."""

    def stage(self, program: Program, example: tuple[object, ...]) -> Staged:
        staged = AsWritten(program)
        staged.counters = lambda: {"stagings": 1, "graphs": 1, "breaks": 0}  # type: ignore[method-assign]
        return staged


class RunsPythonInAThread(RunsPython):
    """Hides the program's Python in a thread."""

    def stage(self, program: Program, example: tuple[object, ...]) -> Staged:
        def elsewhere(*arguments: object) -> object:
            results: list[object] = []
            thread = threading.Thread(target=lambda: results.append(program(*arguments)))
            thread.start()
            thread.join()
            return results[0]

        return super().stage(elsewhere, example)


class OffByAThousandth(Plant):
    def answer(self, call: int, right: Callable[[], object]) -> object:
        array, count = right()  # type: ignore[misc]
        array[-1] += np.float32(1e-3)
        return array, count


class WrongShape(Plant):
    def answer(self, call: int, right: Callable[[], object]) -> object:
        array, count = right()  # type: ignore[misc]
        return array[None], count


class IntForFloat(Plant):
    def answer(self, call: int, right: Callable[[], object]) -> object:
        array, count = right()  # type: ignore[misc]
        return array.astype(np.int32), count


class WiderFloat(Plant):
    def answer(self, call: int, right: Callable[[], object]) -> object:
        array, count = right()  # type: ignore[misc]
        return array.astype(np.float64), count


class NotANumber(Plant):
    def answer(self, call: int, right: Callable[[], object]) -> object:
        return map_leaves(lambda leaf: leaf * np.float32("nan") if np.ndim(leaf) else leaf, right())


class WrongLater(Plant):
    """Right on the first call of each value, wrong when the first argument set comes again."""

    def answer(self, call: int, right: Callable[[], object]) -> object:
        array, count = right()  # type: ignore[misc]
        return (array, count) if call < 4 else (array + 1, count)


class WrongAfterManyCalls(Plant):
    """Right while it is checked, wrong once it is timed."""

    def answer(self, call: int, right: Callable[[], object]) -> object:
        array, count = right()  # type: ignore[misc]
        return (array, count) if call < 20 else (array + 1, count)


class ReusesItsBuffer(Plant):
    """Right each time, but every result is the same array, overwritten by the next call."""

    buffer: np.ndarray | None = None

    def answer(self, call: int, right: Callable[[], object]) -> object:
        array, count = right()  # type: ignore[misc]
        if self.buffer is None:
            self.buffer = array
        self.buffer[:] = array
        return (self.buffer if call < 4 else array), count


class Restages(Plant):
    def counters(self, calls: int) -> Mapping[str, int]:
        return {"stagings": calls, "graphs": 1, "breaks": 0}


class Splits(Plant):
    def counters(self, calls: int) -> Mapping[str, int]:
        return {"stagings": 1, "graphs": 3, "breaks": 2}


class ChangesItsArguments(Plant):
    """Right, and overwrites what it was given."""

    def stage(self, program: Program, example: tuple[object, ...]) -> Staged:
        staged = super().stage(program, example)
        call = staged.compile()

        def overwriting(x: np.ndarray) -> object:
            result = call(x)
            x[:] = 1e6
            return result

        staged.compile = lambda: overwriting  # type: ignore[method-assign]
        return staged


class RaisesAtStage(Plant):
    def stage(self, program: Program, example: tuple[object, ...]) -> Staged:
        raise StagingError("planted: no loops; write none")


class RaisesLater(Plant):
    def answer(self, call: int, right: Callable[[], object]) -> object:
        if call > 1:
            raise ZeroDivisionError("planted")
        return right()


class Exits(Plant):
    def answer(self, call: int, right: Callable[[], object]) -> object:
        sys.exit("planted exit")


class Hangs(Plant):
    def answer(self, call: int, right: Callable[[], object]) -> object:
        while True:
            time.sleep(3600)


class HangsWhenTimed(Plant):
    def answer(self, call: int, right: Callable[[], object]) -> object:
        if call > 8:
            time.sleep(3600)
        return right()


class SegmentationFault(Plant):
    def answer(self, call: int, right: Callable[[], object]) -> object:
        print("last words", file=sys.stderr, flush=True)
        return ctypes.string_at(0)


class KillsItself(Plant):
    def answer(self, call: int, right: Callable[[], object]) -> object:
        os.kill(os.getpid(), signal.SIGKILL)
        return None


class EatsMemory(Plant):
    def answer(self, call: int, right: Callable[[], object]) -> object:
        eaten = []
        while True:
            eaten.append(np.ones(1 << 22))
            time.sleep(0.01)


class RaisesMemoryError(Plant):
    def answer(self, call: int, right: Callable[[], object]) -> object:
        raise MemoryError("planted")


class PrintsGarbage(Plant):
    """Right, but prints what looks like the protocol on every channel it can find."""

    def answer(self, call: int, right: Callable[[], object]) -> object:
        print('{"type":"Checked"}\n\0garbage', flush=True)
        os.write(2, b"\xff\xfe garbage\n")
        return right()


class Sleeps(Plant):
    """Right and slow, with a sleeping process of its own: to be interrupted or orphaned."""

    def answer(self, call: int, right: Callable[[], object]) -> object:
        if call == 1:
            os.spawnlp(os.P_NOWAIT, "sleep", "sleep", "86399")
        time.sleep(0.2)
        return right()


class NotInstalled(Plant):
    imports = ("a_module_that_nobody_has",)


class BreaksAtImport(Plant):
    framework = "planted_broken"
    imports = ("planted_broken_module",)

    @property
    def reference(self) -> str:
        return "eager/numpy"


class ParentDies(Plant):
    """Takes its framework's parent process down at the import."""

    framework = "planted_deadly"
    imports = ("planted_deadly_module",)

    @property
    def reference(self) -> str:
        return "eager/numpy"
