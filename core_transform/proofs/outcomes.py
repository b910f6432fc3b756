"""What came of one module in one mode, beside the plain run; kept as a line of JSON as soon as it is known."""

from __future__ import annotations

import json
import platform
import tomllib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

REFUSED_AT_MOST = 0.01
LEFT_OUT = "left out: "
"""Begins the reason of a test that does not run in a mode at all."""


@dataclass
class Compared:
    """What came of one module or package in one mode, beside the plain run."""

    module: str
    mode: str
    python: str = ".".join(platform.python_version_tuple()[:2])
    tests: int = 0
    virtualized: int = 0
    refused: dict[str, str] = field(default_factory=dict)
    different: dict[str, str] = field(default_factory=dict)
    excepted: dict[str, str] = field(default_factory=dict)
    firings: dict[str, int] = field(default_factory=dict)
    functions: dict[str, int] = field(default_factory=dict)
    """Functions with a construct that every run reaches (`marked`), that ran it (`reached`), from which an operator
    `fired`, or which only `guarded` a construct in Python's own form."""
    skipped: str = ""


def compared(
    module: str, mode: str, plain: dict[str, Any], found: dict[str, Any] | str, listed: dict[str, str]
) -> Compared:
    """Compare a run with the plain one; `listed` gives the tests that may differ, by pattern, each with its reason."""
    result = Compared(module, mode, tests=len(plain["tests"]))
    if isinstance(found, str):
        different = {module: f"does not run: {found}"}
    else:
        result.virtualized, result.refused = found["virtualized"], found["refused"]
        result.firings, result.functions = found["firings"], found["functions"]
        different = {
            name: f"{how} -> {found['tests'].get(name, 'missing')}\n{found['details'].get(name, '')}"
            for name, how in plain["tests"].items()
            if found["tests"].get(name) != how
        }
        if not result.virtualized:
            result.skipped = "nothing of it was virtualized"
            return result
        if mode == "forced" and not result.functions.get("reached"):
            result.skipped = "none of its functions runs a construct"
            return result
        for name in found["silent"]:
            different[f"{module}: {name}"] = "ran, and no operator fired from it"
    for name, how in different.items():
        reason = next((why for pattern, why in listed.items() if fnmatchcase(name, pattern)), None)
        (result.different if reason is None else result.excepted)[name] = how if reason is None else reason
    return result


def exceptions(file: Path) -> dict[str, dict[str, str]]:
    """Return, by mode, the tests that may differ, each with its reason; those of `[both]` are in either mode."""
    found: dict[str, dict[str, str]] = tomllib.loads(file.read_text())
    both = found.pop("both", {})
    return {mode: {**both, **listed} for mode, listed in found.items()}


def left_out(name: str, listed: dict[str, str]) -> bool:
    """Tell whether a test does not run in a mode, because it would not end there."""
    return any(fnmatchcase(name, pattern) for pattern, why in listed.items() if why.startswith(LEFT_OUT))


class Journal:
    """A file to which each result is added as it is known, so that an interrupted proof goes on where it stood.

    What differed is forgotten, so that it runs again.
    """

    def __init__(self, file: Path | None) -> None:
        self.file = file
        self.results: list[Compared] = []
        if file is not None and file.exists():
            results = read(file)
            again = {one.module for one in results if one.different}
            self.results = [one for one in results if one.module not in again]
            file.write_text("".join(map(_line, self.results)))

    def known(self, module: str) -> bool:
        """Tell whether a module's results are here."""
        return any(one.module == module for one in self.results)

    def add(self, group: Iterable[Compared]) -> None:
        """Keep the results of one module, and write them down."""
        group = list(group)
        self.results.extend(group)
        if self.file is not None:
            with self.file.open("a") as stream:
                stream.writelines(map(_line, group))


def read(file: Path) -> list[Compared]:
    """Return the results in a file."""
    return [Compared(**json.loads(line)) for line in file.read_text().splitlines()]


def _line(one: Compared) -> str:
    """Return a result as a line of JSON, without what is empty."""
    return json.dumps({name: value for name, value in asdict(one).items() if value}) + "\n"


def report(results: list[Compared]) -> bool:
    """Print what was found, and tell whether it holds."""
    holds = bool(results)
    for mode in sorted({one.mode for one in results}):
        ran = [one for one in results if one.mode == mode and not one.skipped]
        virtualized = sum(one.virtualized for one in ran)
        refused = sum(len(one.refused) for one in ran)
        different = sum(len(one.different) for one in ran)
        print(
            f"{mode}: {len(ran)} modules, {sum(one.tests for one in ran)} tests, {virtualized} functions virtualized, "
            f"{refused} refused, {sum(len(one.excepted) for one in ran)} tests excepted, {different} different"
        )
        for one in results:
            if one.mode == mode and one.skipped:
                print(f"  left out: {one.module}: {one.skipped}")
        _counted("functions", [one.functions for one in ran])
        _counted("firings", [one.firings for one in ran])
        for one in ran:
            for name, how in one.different.items():
                lines = how.strip().splitlines()
                print(f"  different: {name}: {lines[0]} | {lines[-1]}")
        holds = holds and bool(ran) and not different and refused <= REFUSED_AT_MOST * max(virtualized + refused, 1)
    return holds


def _counted(word: str, several: list[dict[str, int]]) -> None:
    total: dict[str, int] = {}
    for counts in several:
        for name, count in counts.items():
            total[name] = total.get(name, 0) + count
    if total:
        print(f"  {word}: " + ", ".join(f"{name} {total[name]}" for name in sorted(total)))
