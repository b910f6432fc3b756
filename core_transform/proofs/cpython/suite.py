"""Run the interpreter's own test modules plain, with forced operators and with the inline path, and compare.

`python suite.py [--jobs N] [--out FILE] [--limit SECONDS] [MODULE ...]`: without modules, all of them. A test that ends
otherwise than in the plain run is a difference, unless `exceptions.toml` lists it with its reason. The exit status is 1
where something differs, where more than 1 % of the functions are refused, or where a function has run from which no
operator has fired.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

# The folders are no packages: what is in them is run by path.
from modules import all_modules  # noqa: E402
from outcomes import Compared, Journal, compared, exceptions, report  # noqa: E402

MODES = ("forced", "inline")


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
    known = exceptions(HERE / "exceptions.toml")
    with tempfile.TemporaryDirectory() as name:
        plain = run_one(module, "plain", libraries, limit, Path(name))
        if isinstance(plain, str) or not plain["tests"]:
            why = plain if isinstance(plain, str) else "it has no tests here"
            return [Compared(module, mode, skipped=f"does not run plain: {why}") for mode in modes]
        results = []
        for mode in modes:
            # A forced run pays for each operator; its limit only has to end what would not end.
            found = run_one(module, mode, libraries, 10 * limit, Path(name))
            results.append(compared(module, mode, plain, found, known.get(mode, {})))
        return results


def told(group: list[Compared]) -> list[Compared]:
    """Say how one module has ended."""
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
    parser.add_argument("--out", type=Path, help="add each result to this file as it is known; go on where it stands")
    parser.add_argument("--identity", action="store_true", help="virtualize nothing: the proof must then fail")
    options = parser.parse_args()
    known = all_modules()
    unknown = [name for name in options.modules if name not in known]
    if unknown:
        parser.error(f"unknown test modules: {', '.join(unknown)}; they are listed in modules.py")
    chosen = {name: known[name] for name in options.modules or known}
    chosen = {name: libraries for name, libraries in chosen.items() if importlib.util.find_spec(f"test.{name}")}
    modes = ("identity",) if options.identity else MODES
    journal = Journal(options.out)
    todo = [item for item in chosen.items() if not journal.known(item[0])]
    with ThreadPoolExecutor(options.jobs) as pool:
        ahead = [pool.submit(compare, *item, options.limit, modes) for item in todo]
        for done in as_completed(ahead):
            journal.add(told(done.result()))
    return 0 if report([one for one in journal.results if one.module in chosen]) else 1


if __name__ == "__main__":
    sys.exit(main())
