"""Differentiate the constructs and the primitives on one back-end, and print what came out as JSON.

A process of its own for each back-end: `python -P run_gradients.py lantern`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import snek

sys.path.append(str(Path(__file__).parent))
from gradient_programs import CONSTRUCTS, FAMILIES, X, slope
from strict_backend import strictly

OTHER = np.array([0.3, 0.45, 0.9])


def verdict(functions: list[Callable[..., Any]], sets: list[tuple[np.ndarray, ...]], backend: str) -> str:
    """Say `right` where first and second derivatives are the interpreter's, `refused: why`, or `wrong: where`."""

    def both(*points: np.ndarray) -> list[object]:
        pairs = zip(functions, points, strict=True)
        return [(snek.grad(function)(x), snek.grad(slope(function))(x)) for function, x in pairs]

    try:
        staged = snek.stage(both, backend=backend)
        for points in sets:
            for number, (got, want) in enumerate(zip(staged(*points), both(*points), strict=True)):  # type: ignore[call-overload]
                for order in range(2):
                    scale = max(1.0, float(np.abs(want[order]).max()))
                    assert (got[order].dtype, got[order].shape) == (want[order].dtype, want[order].shape)
                    if not np.allclose(got[order], want[order], rtol=1e-9, atol=1e-10 * scale):
                        return f"wrong: number {number}, order {order + 1}: {got[order]!r} for {want[order]!r}"
    except snek.StagingError as error:
        return f"refused: {str(error).partition(': ')[2]}"
    return "right"


def main(backend: str, *chosen: str) -> None:
    """Print all verdicts by name."""
    strictly(backend)
    answers: dict[str, str] = {}
    for function in CONSTRUCTS:
        if not chosen or function.__name__ in chosen:
            answers[function.__name__] = verdict([function], [(X,), (OTHER,)], backend)
    for name, programs in FAMILIES.items():
        if not chosen or name in chosen:
            functions, points = zip(*programs, strict=True)
            answers[name] = verdict(list(functions), [points], backend)
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
