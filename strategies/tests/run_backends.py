"""Run one back-end on the corpus and the workloads, and print what came out as JSON.

A process of its own for each back-end, because PyTorch and TensorFlow must not share one: `python -P run_backends.py
numba`.
"""

from __future__ import annotations

import copy
import json
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import snek
from snek_core_transform.bind import bind
from snek_strategies.backends.registry import known
from snek_strategies.spellings.numpy_spelling import NUMPY
from snek_workloads.registry import load, names

sys.path.append(str(Path(__file__).parent))
from backend_programs import OVERFLOWING, PROGRAMS
from linear_cases import unique
from strict_backend import strictly


def plain(value: Any) -> Any:
    """Return what a marked argument stands for."""
    return value.value if type(value).__name__ == "Dynamic" else copy.deepcopy(value)


def outcome(function: Callable[..., object], args: tuple[object, ...]) -> tuple[object, ...]:
    """Return what a call gives and what becomes of its arguments, or the exception's class and text."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # NumPy's, of zeros and infinities: compiled code has none
        try:
            return ("gives", function(*args), args)
        except snek.StagingError:
            raise
        except RecursionError:
            return ("raises", "RecursionError")
        except Exception as error:
            return ("raises", type(error).__name__, str(error))


def differs(want: object, got: object, relative: float, absolute: float) -> str:
    """Return where two values differ in structure, type, dtype, shape or value; empty where they do not."""
    if type(want) is not type(got):
        return f"{type(want).__name__} {want!r} became {type(got).__name__} {got!r}"
    if isinstance(want, (tuple, list)):
        assert isinstance(got, (tuple, list))
        if len(want) != len(got):
            return f"{want!r} became {got!r}"
        return next((found for a, b in zip(want, got, strict=True) if (found := differs(a, b, relative, absolute))), "")
    if isinstance(want, dict):
        assert isinstance(got, dict)
        return differs(sorted(want.items()), sorted(got.items()), relative, absolute)
    if isinstance(want, (np.ndarray, np.generic)):
        assert isinstance(got, (np.ndarray, np.generic))
        if (want.dtype, want.shape) != (got.dtype, got.shape):
            return f"{want.dtype}{want.shape} became {got.dtype}{got.shape}"
        small = 3e-6 if want.dtype in (np.float32, np.complex64) else 1e-12
        close = np.allclose(got, want, rtol=max(relative, small), atol=max(absolute, small), equal_nan=True)
        return "" if close else f"{want!r} became {got!r}"
    if isinstance(want, float) and want == want:
        assert isinstance(got, float)
        return "" if abs(want - got) <= 1e-12 * max(1.0, abs(want)) or want == got else f"{want!r} became {got!r}"
    return "" if repr(want) == repr(got) else f"{want!r} became {got!r}"


def verdict(
    function: Callable[..., object],
    sets: list[tuple[object, ...]],
    backend: str,
    relative: float = 0,
    absolute: float = 0,
) -> str:
    """Say `right`, `refused: why`, or `wrong: where`; every set runs twice over, on its own copies.

    The caller writes into what it got, which is no business of the next call.
    """
    try:
        staged = snek.stage(function, backend=backend)
        told = unique if known(backend).load().own_signs else lambda answer: answer
        for args in (*sets, *sets):
            want = outcome(function, tuple(map(plain, args)))
            mine = tuple(one if type(one).__name__ == "Dynamic" else copy.deepcopy(one) for one in args)
            got = outcome(staged, mine)
            if got[0] == "gives":
                got = (*got[:2], tuple(map(plain, mine)))
            found = differs(told(want), told(got), relative, absolute)
            if found and want[0] != got[0]:
                found = f"{want!r} became {got!r}"
            if not found and want[0] == "gives":
                found = overwritten(want[1], got[1])
            if found:
                return f"wrong: {args!r:.200}: {found}"
    except snek.StagingError as error:
        if error.place is None:
            return f"wrong: refused without a place: {error}"
        return f"refused: {str(error).partition(': ')[2]}"
    return "right"


def overwritten(want: object, got: object) -> str:
    """Write into every array of an answer, as a caller may; say where that cannot be done."""
    if isinstance(want, (tuple, list, dict)):
        keys = want if isinstance(want, dict) else range(len(want))
        return next((found for key in keys if (found := overwritten(want[key], got[key]))), "")  # type: ignore[index]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # what np.broadcast_arrays gives warns when its flag is read
        if isinstance(want, np.ndarray) and want.flags.writeable:
            assert isinstance(got, np.ndarray)
            if not got.flags.writeable:
                return f"the answer {got!r} is read-only"
            got.fill(77)
    return ""


def overflow(backend: str) -> list[str]:
    """Run what leaves 64 bits on either side."""
    function, sets = OVERFLOWING
    staged = snek.stage(function, backend=backend)
    said = []
    for args in sets:
        try:
            said.append(str(staged(*args) == function(*map(plain, args))))
        except OverflowError as error:
            said.append(str(error))
    return said


def main(backend: str, *chosen: str) -> None:
    """Print all verdicts by name."""
    strictly(backend)
    answers: dict[str, object] = {}
    for name, (function, sets) in PROGRAMS.items():
        if not chosen or name in chosen:
            answers[name] = verdict(function, sets, backend)
    for name in names():
        if not chosen or name in chosen:
            workload = load(name)
            program = bind(workload.program, NUMPY)
            sets = [workload.arguments(np.random.default_rng(seed), "tiny") for seed in range(3)]
            answers[f"workload {name}"] = verdict(
                program, sets, backend, workload.relative_tolerance, workload.absolute_tolerance
            )
    answers["overflow"] = overflow(backend)
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
