"""Run every function on the special values of each dtype, and print what came out: `run_special_values.py numba`.

What the table expects to be right is one program for each dtype; where that is not right, and for what the table
expects to be refused, each function stands alone.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

import snek

sys.path.append(str(Path(__file__).parent))
from special_values import CASES, DTYPES, PARTS, arguments, difference
from strict_backend import strictly

TABLE = Path(__file__).parents[2] / "results/expected/special_values.json"


def expected(names: Iterable[str], given: tuple[np.ndarray, ...]) -> dict[str, Any]:
    """Return what NumPy makes of the values, for the functions that it has for them."""
    made: dict[str, Any] = {}
    for name in names:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # of the mean of nothing
            try:
                made[name] = CASES[name](*given)
            except (TypeError, ValueError, np.exceptions.ComplexWarning):
                continue
    return made


def verdicts(wanted: dict[str, Any], given: tuple[np.ndarray, ...], backend: str) -> dict[str, str]:
    """Say of each function what becomes of it: staged as one program, and where that fails in halves."""
    found = together(wanted, given, backend)
    if isinstance(found, dict):
        return found
    if len(wanted) == 1:
        return dict.fromkeys(wanted, found)
    names, half = list(wanted), len(wanted) // 2
    parts = ({name: wanted[name] for name in part} for part in (names[:half], names[half:]))
    return {name: said for part in parts for name, said in verdicts(part, given, backend).items()}


def together(wanted: dict[str, Any], given: tuple[np.ndarray, ...], backend: str) -> dict[str, str] | str:
    """Say of each function whether it is `right`, or how it is wrong; or of their program why there is none."""
    functions = tuple(CASES[name] for name in wanted)

    def program(x, y, rows):
        answers = []
        for function in functions:
            answers.append(function(x, y, rows))  # noqa: PERF401 - a comprehension is not virtualized
        return answers

    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            answers = snek.stage(program, backend=backend)(*given)
    except snek.StagingError as error:
        return f"refused: {error}" if error.place else f"wrong: refused without a place: {error}"
    except Exception as error:  # noqa: BLE001 - the outermost frame of a worker, which reports it
        return f"wrong: {type(error).__name__}: {str(error):.200}"
    pairs = zip(wanted.items(), answers, strict=True)
    found = {name: difference(name, given[0], want, got) for (name, want), got in pairs}
    return {name: f"wrong: {said}" if said else "right" for name, said in found.items()}


def column(backend: str, dtype: str, names: Iterable[str], refused: set[str]) -> dict[str, str]:
    """Return all verdicts on functions of a dtype."""
    given = arguments(dtype)
    wanted = expected(names, given)
    alone = [name for name in wanted if f"{name} {dtype}" in refused]
    found = verdicts({name: want for name, want in wanted.items() if name not in alone}, given, backend)
    for name in alone:
        found |= verdicts({name: wanted[name]}, given, backend)
    return {f"{name} {dtype}": said for name, said in found.items()}


def main(backend: str, *dtypes: str) -> None:
    """Print all verdicts by function and dtype: on the part that is tested, or on all functions of the dtypes given."""
    strictly(backend)
    refused = {f"{name} {dtype}" for dtype, names in json.loads(TABLE.read_text())[backend].items() for name in names}
    answers: dict[str, str] = {}
    tested, names = PARTS.get(backend, (DTYPES, tuple(CASES)))
    for dtype in dtypes or tested:
        answers |= column(backend, dtype, CASES if dtypes else names, refused)
    print(json.dumps(answers))


if __name__ == "__main__":
    main(*sys.argv[1:])
