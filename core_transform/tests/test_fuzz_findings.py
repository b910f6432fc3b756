"""Differences that generated programs have found, and the proof on generated programs itself."""
# ruff: noqa: F821, F841 - programs may be wrong on purpose

from __future__ import annotations

import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from snek_core_transform.operators import Operators, PythonOperators
from snek_core_transform.recording_operators import RecordingOperators
from snek_core_transform.virtualize import virtualize

PROOF = Path(__file__).parent.parent / "proofs" / "fuzz" / "run.py"


@types.coroutine
def wait(value: Any) -> Any:
    yield "waiting"
    return value


def awaits_a_marked_generator() -> object:
    async def main() -> Any:
        return await wait(3)

    coroutine = main()
    seen = [coroutine.send(None)]
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return seen, stop.value
    return seen


def default_without_a_value(x: int) -> object:
    for _ in range(2):
        if x:

            def inner(y: object = later) -> object:
                return y

            later = inner()
    return 0


def iterable_without_a_value(x: int) -> object:
    if x:
        return list(y for y in later)  # noqa: C400 - a generator's first iterable is evaluated around it
    later: list[int] = []
    return later


def operand_without_a_value(x: int) -> object:
    later = {y for y in [x and later]}
    return later


def outcome(program: Callable[..., object], arguments: tuple[object, ...]) -> object:
    try:
        return program(*arguments)
    except NameError as error:
        return type(error), str(error)


@pytest.mark.parametrize("operators", [RecordingOperators, PythonOperators])
@pytest.mark.parametrize(
    ("program", "arguments"),
    [
        (awaits_a_marked_generator, ()),
        (default_without_a_value, (1,)),
        (iterable_without_a_value, (1,)),
        (operand_without_a_value, (1,)),
    ],
)
def test_what_was_found_agrees(
    program: Callable[..., object], arguments: tuple[object, ...], operators: type[Operators]
) -> None:
    assert outcome(virtualize(program, operators()), arguments) == outcome(program, arguments)


def proof(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(PROOF), *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def test_a_few_programs_agree() -> None:
    done = proof("--programs", "60")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "60 programs" in done.stdout
    assert "0 different" in done.stdout


def test_it_fails_where_nothing_is_virtualized() -> None:
    done = proof("--programs", "20", "--identity")
    assert done.returncode == 1
    assert "no operator fired" in done.stdout
