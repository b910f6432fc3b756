"""The transform suite: what virtualizing costs, beside plain Python and the rivals, on the same programs in one run.

Each system converts its own copy of the programs. A program that answers otherwise than plain Python has no time; nor
has one that a counting system ran without a firing. All systems of a program are sampled in rounds A B C, C B A, ….
"""

from __future__ import annotations

import importlib.util
import itertools
import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from snek_core_transform.errors import UsageError
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

CONVERTED_LINES = {"tiny": (10,), "small": (30, 60)}
"""The lengths of the functions whose conversion is timed, by size."""

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
                with _module(text, folder, f"{program}_{name}") as module:
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
    counts = {name: calibrate(call, RUN_SECONDS) for name, call in calls.items()}
    taken = _rounds({name: (lambda n=name: sample(calls[n], counts[n]) / counts[n]) for name in calls}, rounds)  # type: ignore[misc]
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


@contextmanager
def _module(text: str, folder: Path, name: str) -> Iterator[ModuleType]:
    """Load `text` as a module of its own, from a file, where every system finds a function's source."""
    path = folder / f"{name.replace('-', '_')}.py"
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(f"snek_transform_suite_{path.stem}", path)
    assert spec is not None, path
    assert spec.loader is not None, path
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
        yield module
    finally:
        del sys.modules[spec.name]


BLOCK = """    if x > {0}:
        y = y + {0}
    elif x == y:
        y = step(x, {0})
    while y > {0} and x:
        y = y - x
"""


def text_of_functions(lines: int, salt: int, count: int = FUNCTIONS) -> tuple[str, int]:
    """Return a text of `count` functions of about `lines` lines each, and how many lines they have in all.

    Functions of another `salt` have code of their own: systems know equal code again, wherever it comes from.
    """
    functions = []
    for number in range(count):
        blocks = "".join(BLOCK.format(block) for block in range(max(1, (lines - 3) // BLOCK.count("\n"))))
        functions.append(f"def f{number}(x):\n    y = {salt * count + number}\n{blocks}    return y\n")
    return "def step(x, y):\n    return x - y\n" + "".join(functions), sum(text.count("\n") for text in functions)


def _convert_text(lines: int, systems: Mapping[str, Converter], rounds: int, folder: Path) -> list[TransformRecord]:
    _, length = text_of_functions(lines, 0)
    salts = itertools.count()
    program = f"functions of {lines} lines"
    ended: dict[str, TransformRecord] = {}
    samples: dict[str, Callable[[], float]] = {}
    for name, system in systems.items():
        if name == PLAIN or system.missing() is not None:
            continue

        def convert(name: str = name, system: Converter = system) -> float:
            salt = next(salts)
            text, _ = text_of_functions(lines, salt)
            with _module(text, folder, f"text_{lines}_{salt}_{name}") as module:
                functions = [getattr(module, f"f{number}") for number in range(FUNCTIONS)]
                return sample(lambda: [system.convert(function) for function in functions], 1)

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
