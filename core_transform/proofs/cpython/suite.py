"""Run the interpreter's own test modules plain, with forced operators and with the inline path, and compare.

`python suite.py [--jobs N] [--out FILE] [--limit SECONDS] [MODULE ...]`: without modules, all of them. A test that ends
otherwise than in the plain run is a difference, unless `exceptions.toml` lists it with its reason. The exit status is 1
where something differs, where more than 1 % of the functions are refused, or where no operator has fired.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import subprocess
import sys
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from modules import all_modules  # noqa: E402 - the folder is no package: it is run by path

REFUSED_AT_MOST = 0.01
MODES = ("forced", "inline")


@dataclass
class Compared:
    """What came of one module in one mode, beside the plain run."""

    module: str
    mode: str
    tests: int = 0
    virtualized: int = 0
    refused: dict[str, str] = field(default_factory=dict)
    different: dict[str, str] = field(default_factory=dict)
    excepted: dict[str, str] = field(default_factory=dict)
    firings: dict[str, int] = field(default_factory=dict)
    skipped: str = ""


def run_one(module: str, mode: str, libraries: tuple[str, ...], limit: float, folder: Path) -> dict[str, Any] | str:
    """Run one module in a process of its own; return its outcome, or why there is none."""
    out = folder / f"{module}.{mode}.json"
    command = [sys.executable, str(HERE / "run_tests.py"), f"test.{module}", mode, str(out), *libraries]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=limit, check=False)
    except subprocess.TimeoutExpired:
        return f"took more than {limit:g} s"
    if not out.exists():
        lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        return lines[-1]
    found: dict[str, Any] = json.loads(out.read_text())
    return found


def compare(module: str, libraries: tuple[str, ...], limit: float, modes: tuple[str, ...]) -> list[Compared]:
    """Run one module in every mode and compare each with the plain run."""
    with tempfile.TemporaryDirectory() as name:
        plain = run_one(module, "plain", libraries, limit, Path(name))
        if isinstance(plain, str) or not plain["tests"]:
            why = plain if isinstance(plain, str) else "it has no tests here"
            return [Compared(module, mode, skipped=f"does not run plain: {why}") for mode in modes]
        return [_beside(plain, module, mode, libraries, limit, Path(name)) for mode in modes]


def _beside(
    plain: dict[str, Any], module: str, mode: str, libraries: tuple[str, ...], limit: float, folder: Path
) -> Compared:
    result = Compared(module, mode, tests=len(plain["tests"]))
    # A forced run pays for each operator; four times the plain limit is not the measure of anything.
    found = run_one(module, mode, libraries, 4 * limit, folder)
    known = exceptions()
    if isinstance(found, str):
        different = {f"test.{module}": f"does not run: {found}"}
    else:
        result.virtualized, result.refused = found["virtualized"], found["refused"]
        result.firings = found["firings"]
        different = {
            name: f"{how} -> {found['tests'].get(name, 'missing')}\n{found['details'].get(name, '')}"
            for name, how in plain["tests"].items()
            if found["tests"].get(name) != how
        }
        if not result.virtualized:
            result.skipped = "nothing of it was virtualized"
            return result
        if mode == "forced" and not sum(result.firings.values()):
            different[f"test.{module}"] = "no operator fired"
    for name, how in different.items():
        reason = next((why for pattern, why in known.get(mode, {}).items() if fnmatchcase(name, pattern)), None)
        (result.different if reason is None else result.excepted)[name] = how if reason is None else reason
    return result


def exceptions() -> dict[str, dict[str, str]]:
    """Return, by mode, the tests that may differ, each with its reason."""
    listed: dict[str, dict[str, str]] = tomllib.loads((HERE / "exceptions.toml").read_text())
    return listed


def report(results: list[Compared]) -> bool:
    """Print what was found, and tell whether it holds."""
    holds = True
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
        fired: dict[str, int] = {}
        for one in ran:
            for operator, count in one.firings.items():
                fired[operator] = fired.get(operator, 0) + count
        if fired:
            print("  firings: " + ", ".join(f"{name} {fired[name]}" for name in sorted(fired)))
        for one in ran:
            for name, how in one.different.items():
                lines = how.strip().splitlines()
                print(f"  different: {name}: {lines[0]} | {lines[-1]}")
        holds = holds and bool(ran) and not different and refused <= REFUSED_AT_MOST * max(virtualized + refused, 1)
    return holds


def _told(group: list[Compared]) -> list[Compared]:
    for one in group:
        ended = one.skipped or f"{one.tests} tests, {len(one.different)} different"
        print(f"{one.module} {one.mode}: {ended}", file=sys.stderr, flush=True)
    return group


def main() -> int:
    """Run what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modules", nargs="*", help="test modules such as test_grammar; all where none is named")
    parser.add_argument("--jobs", type=int, default=2, help="modules at a time")
    parser.add_argument("--limit", type=float, default=60.0, help="seconds for a plain run")
    parser.add_argument("--out", type=Path, help="write everything that was found as JSON")
    parser.add_argument("--identity", action="store_true", help="virtualize nothing: the proof must then fail")
    options = parser.parse_args()
    known = all_modules()
    unknown = [name for name in options.modules if name not in known]
    if unknown:
        parser.error(f"unknown test modules: {', '.join(unknown)}; they are listed in modules.py")
    chosen = {name: known[name] for name in options.modules or known}
    chosen = {name: libraries for name, libraries in chosen.items() if importlib.util.find_spec(f"test.{name}")}
    modes = ("identity",) if options.identity else MODES
    with ThreadPoolExecutor(options.jobs) as pool:
        several = pool.map(lambda item: compare(*item, options.limit, modes), chosen.items())
        results = [one for group in several for one in _told(group)]
    if options.out:
        options.out.write_text(json.dumps([vars(one) for one in results], indent=1))
    return 0 if report(results) else 1


if __name__ == "__main__":
    sys.exit(main())
