"""The transform suite: what virtualizing costs, beside plain Python and the rivals, on the same programs in one run.

Each system converts its own copy of the programs. A program that answers otherwise than plain Python has no time; nor
has one that a counting system ran without a firing. All systems of a program are sampled in rounds A B C, C B A, ….
What counts is the processor's time: everything here computes in one thread, and waits for nothing else.
"""

from __future__ import annotations

import functools
import itertools
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from time import process_time_ns
from typing import Any

from snek_core_transform.errors import UsageError
from snek_harness.conversion_text import functions_of, load_text, text_of_functions
from snek_harness.environment import capture
from snek_harness.measure import calibrate, sample
from snek_harness.run_folder import RunFolder
from snek_harness.transform_record import PLAIN, SCHEMA, TransformRecord
from snek_strategies.converters import CONVERTERS, Converter
from snek_workloads import transform_programs

RUN_SECONDS = 0.02
"""How long one sample of a program lasts at least."""

FUNCTIONS = 4
"""How many functions are converted in one sample."""

CONVERTED_LINES = {"tiny": (10,), "small": (30, 60), "medium": (30, 60)}
"""The lengths of the functions whose conversion is timed, by size."""

TEXT_LINES = {"tiny": (100,), "small": (), "medium": (1_000, 10_000, 100_000)}
"""The lengths of the texts that are converted as a whole, each in a process of its own, by size."""

TEXT_SECONDS = 100
"""How long a text may be expected to take, by the speed of the text before it, for a system to be given it."""

Tell = Callable[[str], None]


def run_transform_suite(
    folder: RunFolder, systems: tuple[str, ...] = (), size: str = "small", rounds: int = 10, tell: Tell = lambda _: None
) -> list[TransformRecord]:
    """Measure the systems whose names match, write each record to the journal as it comes, and return all.

    Raises UsageError for a size, or a pattern of systems, that fits nothing.
    """
    if size not in CONVERTED_LINES:
        raise UsageError(f"no such size: {size!r}; the sizes of this suite are {', '.join(CONVERTED_LINES)}")
    chosen = chosen_systems(systems)
    manifest = {"schema": SCHEMA, "suite": "transform", "size": size, "rounds": rounds, "environment": capture()}
    folder.write("manifest.json", json.dumps(manifest, indent=1).encode() + b"\n")
    records: list[TransformRecord] = []
    with tempfile.TemporaryDirectory() as name, folder.journal.open("ab") as journal:
        for program in transform_programs.SIZES[size]:
            tell(f"run {program}")
            records += _keep(journal, _run_program(program, size, chosen, rounds, Path(name)))
        for lines in CONVERTED_LINES[size]:
            tell(f"convert functions of {lines} lines")
            records += _keep(journal, _convert_text(lines, chosen, rounds, Path(name)))
        speeds: dict[str, float] = {}
        for lines in TEXT_LINES[size]:
            tell(f"convert a text of {lines} lines")
            records += _keep(journal, _convert_long_text(lines, chosen, speeds, Path(name)))
    return records


def chosen_systems(patterns: tuple[str, ...]) -> Mapping[str, Converter]:
    """Return the systems whose names match one of `patterns`, plain Python in front; all where there are none."""
    for pattern in patterns:
        if not any(re.search(pattern, name) for name in CONVERTERS):
            raise UsageError(f"no such system: {pattern!r}; the systems are {', '.join(CONVERTERS)}")
    found = [name for name in CONVERTERS if not patterns or any(re.search(pattern, name) for pattern in patterns)]
    return {name: CONVERTERS[name] for name in dict.fromkeys([PLAIN, *found])}


def _keep(journal: Any, records: list[TransformRecord]) -> list[TransformRecord]:
    for record in records:
        journal.write(record.encode())
    journal.flush()
    return records


def _run_program(
    program: str, size: str, systems: Mapping[str, Converter], rounds: int, folder: Path
) -> list[TransformRecord]:
    argument = transform_programs.SIZES[size][program]
    expected = getattr(transform_programs, program)(argument)
    text = Path(transform_programs.__file__).read_text(encoding="utf-8")
    ended: dict[str, TransformRecord] = {}
    calls: dict[str, Callable[[], object]] = {}
    firings: dict[str, Mapping[str, int]] = {}
    for name, system in systems.items():
        outcome, reason = "right", system.missing()
        if reason is None:
            try:
                with load_text(text, folder, f"{program}_{name}") as module:
                    converted = system.convert(getattr(module, program))
                    answers = [converted.function(argument) for _ in range(2)]
                    calls[name] = lambda function=converted.function: function(argument)  # type: ignore[misc]
            except Exception as error:  # noqa: BLE001 - whatever a system raises is its outcome
                outcome, reason = "rejected", f"{type(error).__name__}: {error}"
            else:
                if any(type(answer) is not type(expected) or answer != expected for answer in answers):
                    outcome, reason = "wrong", f"{answers!r} for {expected!r}"
                elif converted.firings is not None:
                    firings[name] = dict(converted.firings)
                    if not firings[name]:
                        outcome, reason = "wrong", "no operator fired"
        else:
            outcome = "unavailable"
        if outcome != "right":
            calls.pop(name, None)
            ended[name] = TransformRecord("run", program, name, outcome, reason=reason or "")
    counts = {name: calibrate(call, RUN_SECONDS, process_time_ns) for name, call in calls.items()}

    def once(name: str) -> float:
        return sample(calls[name], counts[name], process_time_ns) / counts[name]

    taken = _rounds({name: functools.partial(once, name) for name in calls}, rounds)
    for name, seconds in taken.items():
        ended[name] = TransformRecord("run", program, name, "right", seconds, firings=firings.get(name, {}))
    return [ended[name] for name in systems]


def _rounds(samples: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, tuple[float, ...]]:
    """Sample in rounds A B C, C B A, …: what drifts on the host drifts for every system alike."""
    found: dict[str, list[float]] = {name: [] for name in samples}
    for number in range(rounds):
        for name in list(samples) if number % 2 == 0 else reversed(list(samples)):
            found[name].append(samples[name]())
    return {name: tuple(seconds) for name, seconds in found.items()}


def _convert_text(lines: int, systems: Mapping[str, Converter], rounds: int, folder: Path) -> list[TransformRecord]:
    _, length = text_of_functions(lines, 0, FUNCTIONS)
    salts = itertools.count()
    program = f"functions of {lines} lines"
    ended: dict[str, TransformRecord] = {}
    samples: dict[str, Callable[[], float]] = {}
    for name, system in systems.items():
        if name == PLAIN or system.missing() is not None:
            continue

        def convert(name: str = name, system: Converter = system) -> float:
            salt = next(salts)
            text, _ = text_of_functions(lines, salt, FUNCTIONS)
            with load_text(text, folder, f"text_{lines}_{salt}_{name}") as module:
                functions = functions_of(module)
                return sample(lambda: [system.convert(function) for function in functions], 1, process_time_ns)

        try:
            convert()
        except Exception as error:  # noqa: BLE001 - whatever a system raises is its outcome
            reason = f"{type(error).__name__}: {error}"
            ended[name] = TransformRecord("convert", program, name, "rejected", reason=reason)
        else:
            samples[name] = convert
    # Rivals take a hundred times as long: few rounds are enough to tell.
    for name, seconds in _rounds(samples, min(rounds, 3)).items():
        ended[name] = TransformRecord("convert", program, name, "right", seconds, lines=length)
    return [ended[name] for name in systems if name in ended]


def _convert_long_text(
    lines: int, systems: Mapping[str, Converter], speeds: dict[str, float], folder: Path
) -> list[TransformRecord]:
    """Convert a text of many functions; `speeds` has each system's lines a second so far, and gets the new ones."""
    records = []
    for name, system in systems.items():
        expected = lines / speeds.get(name, lines)
        if name == PLAIN or system.missing() is not None:
            continue
        program = f"text of {lines} lines"
        if expected > TEXT_SECONDS:
            reason = f"it would take about {expected:.0f} s; texts are given up to {TEXT_SECONDS} s"
            records.append(TransformRecord("text", program, name, "left out", reason=reason))
            continue
        command = [sys.executable, "-m", "snek_harness.conversion_job", name, str(lines), str(folder)]
        done = subprocess.run(  # noqa: S603 - this interpreter, our own module
            command, capture_output=True, text=True, check=False
        )
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
            records.append(TransformRecord("text", program, name, "rejected", reason=reason))
            continue
        found = json.loads(done.stdout.splitlines()[-1])
        speeds[name] = found["lines"] / found["seconds"]
        taken = (found["seconds"],)
        records.append(
            TransformRecord("text", program, name, "right", taken, found["lines"], peak_bytes=found["peak_bytes"])
        )
    return records
