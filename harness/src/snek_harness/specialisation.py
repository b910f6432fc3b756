"""Whether specialising pays: programs staged for a static parameter beside the same ones staged for a dynamic one."""

from __future__ import annotations

import functools
import importlib
import json
import subprocess
import sys
from collections.abc import Callable

import numpy as np

from snek_core_transform.errors import StagingError
from snek_harness.checker import Tolerance, compare
from snek_harness.measure import calibrate, sample
from snek_harness.pinning import pinned_environment
from snek_strategies.backends.registry import known
from snek_workloads.specialised_programs import PROGRAMS, Specialised

ROUNDS = 15
SAMPLE_SECONDS = 0.005
KINDS = ("specialised", "unspecialised")

Found = dict[str, list[float] | str]
"""The seconds of one call, one a round, by kind; or, of a kind that the back-end refuses, its words."""


def measure_specialisation(threads: int, backends: tuple[str, ...]) -> dict[str, dict[str, Found]]:
    """Return what each of `backends` that can run here takes, by program and back-end, each in a process of its own."""
    found: dict[str, dict[str, Found]] = {name: {} for name in PROGRAMS}
    for backend in backends:
        if known(backend).missing() is not None:
            continue
        code = (
            "import json, sys; from snek_harness.specialisation import measure_backend; "
            "print(json.dumps(measure_backend(sys.argv[1])))"
        )
        done = subprocess.run(  # noqa: S603 - this interpreter, our own text
            [sys.executable, "-P", "-c", code, backend],
            env=pinned_environment(threads, "cpu"), capture_output=True, text=True, check=True,
        )  # fmt: skip
        for name, one in json.loads(done.stdout.splitlines()[-1]).items():
            found[name][backend] = one
    return found


def measure_backend(backend: str, rounds: int = ROUNDS, min_seconds: float = SAMPLE_SECONDS) -> dict[str, Found]:
    """Return what one back-end takes for each program, specialised and not, sampled in rounds A B, B A, …."""
    return {name: _measured(one, backend, rounds, min_seconds) for name, one in PROGRAMS.items()}


def _measured(program: Specialised, backend: str, rounds: int, min_seconds: float) -> Found:
    found: Found = {}
    calls: dict[str, Callable[[], object]] = {}
    for kind in KINDS:
        try:
            calls[kind] = checked_call(program, backend, kind)
        except StagingError as error:
            found[kind] = str(error)
    counts = {kind: calibrate(call, min_seconds) for kind, call in calls.items()}
    taken: dict[str, list[float]] = {kind: [] for kind in calls}
    for number in range(rounds):
        for kind in calls if number % 2 == 0 else reversed(calls):
            taken[kind].append(sample(calls[kind], counts[kind]) / counts[kind])
    return {**found, **taken}


def checked_call(program: Specialised, backend: str, kind: str) -> Callable[[], object]:
    """Return a call of the program, staged for a static or a dynamic parameter, that has answered as plain Python.

    Raises StagingError where the back-end refuses the program, and ArithmeticError where its answer differs.
    """
    stage = importlib.import_module("snek_strategies.stage")
    first = program.static
    if kind == "unspecialised":
        first = program.dynamic if isinstance(program.dynamic, np.ndarray) else stage.dynamic(program.dynamic)
    call = functools.partial(stage.stage(program.function, backend=backend), first, *program.arguments)
    expected = program.function(program.static, *program.arguments)
    difference = compare(call(), expected, Tolerance(1e-9, 1e-12)).difference
    if difference:
        raise ArithmeticError(f"{program.function.__name__} on {backend!r}, {kind}, is wrong: {difference}")
    return call
