"""Run the pieces of a proof in processes of their own: plain, with forced operators, and with the inline path."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from outcomes import Compared, Journal, compared, exceptions, report

MODES = ("forced", "inline")


@dataclass(frozen=True)
class Piece:
    """One process's share of a proof: `script NAME MODE OUT ARGUMENTS` writes what came of it to the file OUT."""

    name: str
    script: Path
    arguments: tuple[str, ...]

    def run(self, mode: str, limit: float, folder: Path) -> dict[str, Any] | str:
        """Return the outcome in one mode, or why there is none."""
        out = folder / f"{mode}.json"
        command = [sys.executable, str(self.script), self.name, mode, str(out), *self.arguments]
        try:
            # One order of sets for all modes, so that they do the same.
            surroundings = {**os.environ, "PYTHONHASHSEED": "0"}
            done = subprocess.run(
                command, cwd=folder, env=surroundings, capture_output=True, text=True, timeout=limit, check=False
            )
        except subprocess.TimeoutExpired:
            return f"took more than {limit:g} s"
        if not out.exists():
            lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
            return lines[-1]
        found: dict[str, Any] = json.loads(out.read_text())
        return found


def side_by_side(piece: Piece, limit: float, modes: tuple[str, ...]) -> list[Compared]:
    """Run a piece in every mode and compare each with the plain run."""
    known = exceptions(piece.script.parent / "exceptions.toml")
    with tempfile.TemporaryDirectory() as name:
        plain = piece.run("plain", limit, Path(name))
        if isinstance(plain, str) or not plain["tests"]:
            why = plain if isinstance(plain, str) else "it has no tests here"
            return [Compared(piece.name, mode, skipped=f"does not run plain: {why}") for mode in modes]
        results = []
        for mode in modes:
            # A forced run pays for each operator; its limit only has to end what would not end.
            found = piece.run(mode, 10 * limit, Path(name))
            results.append(compared(piece.name, mode, plain, found, known.get(mode, {})))
        return results


def told(group: list[Compared]) -> list[Compared]:
    """Say how one piece has ended."""
    for one in group:
        ended = one.skipped or f"{one.tests} tests, {len(one.different)} different"
        print(f"{one.module} {one.mode}: {ended}", file=sys.stderr, flush=True)
    return group


def prove(pieces: list[Piece], jobs: int, limit: float, modes: tuple[str, ...], journal: Journal) -> int:
    """Run all pieces that the journal does not know, report on all, and return the exit status."""
    todo = [piece for piece in pieces if not journal.known(piece.name)]
    with ThreadPoolExecutor(jobs) as pool:
        ahead = [pool.submit(side_by_side, piece, limit, modes) for piece in todo]
        for done in as_completed(ahead):
            journal.add(told(done.result()))
    names = {piece.name for piece in pieces}
    return 0 if report([one for one in journal.results if one.module in names]) else 1


def arguments(text: str, limit: float) -> argparse.ArgumentParser:
    """Return a parser of what every proof may be told."""
    parser = argparse.ArgumentParser(description=text)
    parser.add_argument("names", nargs="*", help="what to run; all where nothing is named")
    parser.add_argument("--jobs", type=int, default=2, help="processes at a time")
    parser.add_argument("--limit", type=float, default=limit, help="seconds for a plain run")
    parser.add_argument("--out", type=Path, help="add each result to this file as it is known; go on where it stands")
    parser.add_argument("--identity", action="store_true", help="virtualize nothing: the proof must then fail")
    return parser
