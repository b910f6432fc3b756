"""Run every form of index, taken and stored, on a back-end beside NumPy; print what differs and a stored row's program.

`python run_index_forms.py BACKEND KIND`: KIND names the text of the back-end's own that is printed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

import numpy as np

from snek_strategies.stage import stage

STORES: dict[str, Callable[[np.ndarray, np.int64, np.int64], object]] = {
    "row": lambda x, i, j: (i, slice(None)),
    "first axis": lambda x, i, j: i,
    "two axes": lambda x, i, j: (i, j),
    "one element": lambda x, i, j: (i, j, 1),
    "static then dynamic": lambda x, i, j: (2, i),
    "dynamic then static": lambda x, i, j: (i, 1),
    "from the end": lambda x, i, j: (-1, i),
    "column": lambda x, i, j: (slice(None), j),
    "last axis": lambda x, i, j: (..., j),
    "part of an axis": lambda x, i, j: (i, slice(1, 3)),
    "every other": lambda x, i, j: (i, slice(None, None, 2)),
    "backwards": lambda x, i, j: (i, slice(None, None, -1)),
    "new axis": lambda x, i, j: (None, i),
    "new axis behind": lambda x, i, j: (i, None, slice(None), None),
    "slices only": lambda x, i, j: (slice(1, 3), slice(0, 2)),
    "past the end": lambda x, i, j: (slice(2, 99), j),
    "nothing": lambda x, i, j: (slice(3, 3), j),
    "arrays": lambda x, i, j: ([0, 2], j),
}


def changed(x: np.ndarray, i: np.int64, j: np.int64, form: str) -> tuple[np.ndarray, ...]:
    part = x[STORES[form](x, i, j)]  # type: ignore[index]
    one, wide = x.copy(), x.copy()
    one[STORES[form](x, i, j)] = x[0, 0, 0] + 7.0  # type: ignore[index]
    wide[STORES[form](x, i, j)] = (part[None] if part.ndim else part) * 3.0  # type: ignore[index]
    return part * 2.0, one, wide


def rows(x: np.ndarray, i: np.int64, j: np.int64, form: str) -> np.ndarray:
    made = x.copy()
    while i < 3:
        made[i] = x[j] + 1.0
        i = i + 1
    return made


def main(backend: str, kind: str) -> None:
    """Print a line of JSON."""
    x = np.arange(60.0, dtype=np.float32).reshape(4, 3, 5)
    wrong = []
    for form in STORES:
        staged = stage(changed, backend=backend)
        for i, j in ((0, 1), (2, 0), (-1, -2)):
            args = (x, np.int64(i), np.int64(j), form)
            for answer, expected in zip(staged(*args), changed(*args), strict=True):  # type: ignore[call-overload]
                if np.asarray(answer).dtype != expected.dtype or not np.array_equal(answer, expected):
                    wrong.append(f"{form} {i} {j}: {answer} for {expected}")
    text = stage(rows, backend=backend).trace(x, np.int64(0), np.int64(1), "row").lower().as_text(kind)
    print(json.dumps({"wrong": wrong, "text": text}))


if __name__ == "__main__":
    main(*sys.argv[1:])
