"""Do everything with special numbers on one back-end, and print what came out: `run_special_numbers.py numba`.

NumPy's functions of a kind of number are one program, and what Python does is one with a choice between its operators,
of which any may raise; where such a program is not right, its halves are tried.
"""

from __future__ import annotations

import json
import math
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import snek

sys.path.append(str(Path(__file__).parent))
from special_numbers import KINDS, NUMPY_FUNCTIONS, OPERATORS, PARTS, PYTHONS, pairs
from special_values import difference
from strict_backend import strictly

Pairs = list[tuple[object, object]]
Functions = dict[str, Callable[..., object]]
LEAST = float(np.finfo(np.float64).tiny)
"""What is below may be 0: XLA's vector units compute so."""
TABLE = Path(__file__).parents[2] / "results/expected/special_numbers.json"


def halves(functions: Functions, given: Pairs, run: Callable[[Functions, Pairs], dict[str, str]]) -> dict[str, str]:
    """Say of each function what becomes of it; where their program is refused, by halves."""
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            return run(functions, given)
    except snek.StagingError as error:
        said = f"refused: {error}" if error.place else f"wrong: refused without a place: {error}"
    except Exception as error:  # noqa: BLE001 - the outermost frame of a worker, which reports it
        said = f"wrong: {type(error).__name__}: {str(error):.200}"
    if len(functions) == 1:
        return dict.fromkeys(functions, said)
    names, half = list(functions), len(functions) // 2
    parts = ({name: functions[name] for name in part} for part in (names[:half], names[half:]))
    return {name: found for part in parts for name, found in halves(part, given, run).items()}


def of_numpy(backend: str, python: bool) -> Callable[[Functions, Pairs], dict[str, str]]:
    """Return what compares NumPy's functions of all pairs at once."""

    def run(functions: Functions, given: Pairs) -> dict[str, str]:
        called = tuple(functions.values())

        def program(x, y):
            answers = []
            for function in called:
                answers.append(function(x, y, None))  # noqa: PERF401 - a comprehension is not virtualized
            return answers

        staged = snek.stage(program, backend=backend)
        mark = snek.dynamic if python else lambda one: one
        found = [staged(mark(x), mark(y)) for x, y in given]
        wanted = [program(x, y) for x, y in given]
        first, second = (np.asarray(one) for one in zip(*given, strict=True))
        said = {}
        for name, got, want in zip(functions, zip(*found, strict=True), zip(*wanted, strict=True), strict=True):
            kinds = {
                (type(one), type(other)) for one, other in zip(got, want, strict=True) if type(one) is not type(other)
            }
            parted = (
                f"of types {kinds}"
                if kinds
                else difference(name.removeprefix("np."), first, np.asarray(want), np.asarray(got), second)
            )
            said[name] = f"wrong: {parted}" if parted else "right"
        return said

    return run


def of_python(backend: str) -> Callable[[Functions, Pairs], dict[str, str]]:
    """Return what compares what Python does, one operator a call."""

    def run(functions: Functions, given: Pairs) -> dict[str, str]:
        called = tuple(functions.values())

        def program(x, y, which):
            for number, function in enumerate(called):
                if which == number:
                    return function(x, y)
            raise LookupError

        staged = snek.stage(program, backend=backend, unroll=len(called))
        said = {}
        for number, name in enumerate(functions):
            parted = (
                parts(outcome(called[number], x, y), outcome(staged, *map(snek.dynamic, (x, y, number)))) and (x, y)
                for x, y in given
            )
            at = next(filter(None, parted), None)
            said[name] = (
                "right" if at is None else f"wrong: at {at}: {outcome(staged, *map(snek.dynamic, (*at, number)))}"
            )
        return said

    return run


def outcome(function: Callable[..., object], *given: object) -> object:
    """Return what a call gives, or what it raises."""
    try:
        return function(*given)
    except snek.StagingError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever is raised is the answer
        return error


def parts(want: Any, got: Any) -> bool:
    """Tell whether two outcomes differ; that an int needs more than 64 bits is said instead of it."""
    if isinstance(got, OverflowError) and "leaves the 64 bits" in str(got):
        return not (isinstance(want, OverflowError) or (isinstance(want, int) and not -(2**63) <= want < 2**63))
    if isinstance(want, Exception):
        return (type(got), str(got)) != (type(want), str(want))
    if type(got) is not type(want):
        return True
    if not isinstance(want, float) or math.isnan(want):
        return repr(got) != repr(want)
    return math.copysign(1, got) != math.copysign(1, want) or not math.isclose(got, want, rel_tol=1e-12, abs_tol=LEAST)


def column(backend: str, kind: str, refused: set[str]) -> dict[str, str]:
    """Return all verdicts on numbers of a kind; what the table expects to be refused stands alone."""
    given = pairs(kind)
    numpys = {f"np.{name}": one for name, one in NUMPY_FUNCTIONS.items() if has(one, given)}
    groups = [
        (numpys, of_numpy(backend, kind in PYTHONS)),
        *((one, of_python(backend)) for one in OPERATORS.get(kind, ())),
    ]
    said = {}
    for functions, run in groups:
        alone = [name for name in functions if f"{name} of {kind}" in refused]
        found = halves({name: one for name, one in functions.items() if name not in alone}, given, run)
        for name in alone:
            found |= halves({name: functions[name]}, given, run)
        said |= {f"{name} of {kind}": found[name] for name in functions}
    return said


def has(function: Callable[..., object], given: Pairs) -> bool:
    """Tell whether NumPy has a function for such numbers."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        try:
            function(*given[0], None)
        except (AttributeError, TypeError, ValueError):
            return False
    return True


def main(backend: str, *kinds: str) -> None:
    """Print all verdicts, or those of some kinds."""
    strictly(backend)
    table = json.loads(TABLE.read_text())[backend]
    refused = {f"{name} of {kind}" for kind, names in table.items() for name in names}
    said: dict[str, str] = {}
    for kind in kinds or PARTS.get(backend, KINDS):
        said |= column(backend, kind, refused)
    print(json.dumps(said))


if __name__ == "__main__":
    main(*sys.argv[1:])
