"""What calling a staged program costs beyond its work: tiny functions of Snek, Numba and JAX, side by side."""

from __future__ import annotations

import importlib
import importlib.util
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from snek_harness.pinning import pinned_environment
from snek_strategies.backends.registry import known

ROUNDS = 40
CALLS = 2_000
"""A round is that many calls of each, one system after the other, and every other round in the opposite order."""


def nothing(x: float) -> float:
    """Do nothing: all of a call is its cost."""
    return x


def scalar(x: float) -> float:
    """Take one number: the least that a call can do."""
    return x * 2.0 + 1.0


def four_arrays(a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray) -> np.ndarray:
    """Take four small arrays and make one."""
    made: np.ndarray = a + b * c - d
    return made


@dataclass(frozen=True)
class Overhead:
    """The median time of one call, in seconds, for each system that is there."""

    function: str
    seconds: dict[str, float]

    def ratio(self, system: str, rival: str) -> float:
        """Return how many times longer a call of `system` takes than one of `rival`."""
        return self.seconds[system] / self.seconds[rival]


def measure_calls_apart(threads: int) -> dict[str, dict[str, float]]:
    """Return what `measure_calls` finds in a process of its own: the seconds of a call, by function and system."""
    code = (
        "import json; from snek_harness.call_overhead import measure_calls; "
        "print(json.dumps({found.function: found.seconds for found in measure_calls()}))"
    )
    done = subprocess.run(  # noqa: S603 - this interpreter, our own text
        [sys.executable, "-P", "-c", code],
        env=pinned_environment(threads, "cpu"), capture_output=True, text=True, check=True,
    )  # fmt: skip
    calls: dict[str, dict[str, float]] = json.loads(done.stdout.splitlines()[-1])
    return calls


Compiler = Callable[[Callable[..., object]], Callable[..., object]]


def measure_calls(rounds: int = ROUNDS, calls: int = CALLS) -> tuple[Overhead, ...]:
    """Time calls of the functions, with Python numbers and NumPy arrays of 8 float64; systems alternate in rounds.

    `interpret staged` and `lantern staged` are what `snek.stage` returns, whose number is NumPy's, and `lantern` is a
    compiled program (`.compile()`). Systems that are not installed are left out. JAX answers before it has computed:
    its time is less than a whole call.
    """
    rng = np.random.default_rng(0)
    arrays = tuple(rng.random(8) for _ in range(4))
    return (
        _measured(nothing, (1.5,), rounds, calls),
        _measured(scalar, (1.5,), rounds, calls),
        _measured(four_arrays, arrays, rounds, calls),
    )


def _measured(function: Callable[..., object], args: tuple[object, ...], rounds: int, calls: int) -> Overhead:
    ready = list(_compiled(function, args))
    times: dict[str, list[float]] = {name: [] for name, _, _ in ready}
    for at in range(rounds):
        for name, run, given in ready if at % 2 == 0 else reversed(ready):
            times[name].append(_time(run, given, calls))
    return Overhead(function.__name__, {name: statistics.median(seen) for name, seen in times.items()})


def _time(run: Callable[..., object], given: tuple[object, ...], calls: int) -> float:
    again = range(calls)
    if len(given) == 1:
        (x,) = given
        begin = time.perf_counter()
        for _ in again:
            run(x)
        return (time.perf_counter() - begin) / calls
    a, b, c, d = given
    begin = time.perf_counter()
    for _ in again:
        run(a, b, c, d)
    return (time.perf_counter() - begin) / calls


def _compiled(
    function: Callable[..., object], args: tuple[object, ...]
) -> Iterator[tuple[str, Callable[..., object], tuple[object, ...]]]:
    """Yield each system's name, its callable, warmed up, and the arguments that it is given."""
    stage = importlib.import_module("snek_strategies.stage")
    marked = tuple(stage.dynamic(one) if isinstance(one, float) else one for one in args)
    native = tuple(np.float64(one) if isinstance(one, float) else one for one in args)
    systems: list[tuple[str, Callable[..., object], tuple[object, ...]]] = [
        ("interpret staged", stage.stage(function), native)
    ]
    if known("lantern").missing() is None:
        staged = stage.stage(function, backend="lantern")
        systems += [("lantern", staged.trace(*marked).lower().compile(), args), ("lantern staged", staged, native)]
    for name, module, compile_with in (("numba", "numba", "njit"), ("jax", "jax", "jit")):
        if importlib.util.find_spec(module) is not None:
            systems.append((name, getattr(importlib.import_module(module), compile_with)(function), args))
    for name, run, given in systems:
        for _ in range(3):
            run(*given)
        yield name, run, given
