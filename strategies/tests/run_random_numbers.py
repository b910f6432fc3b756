"""Draw on one back-end and compare with plain Python: `python -P run_random_numbers.py jax` prints JSON.

A process of its own for each back-end, because PyTorch and TensorFlow must not share one.
"""

from __future__ import annotations

import importlib
import json
import sys
import warnings
from pathlib import Path

import numpy as np

import snek
from snek_strategies.backends.registry import BACKENDS

sys.path.append(str(Path(__file__).parent))
from random_programs import exact, rounded, walk

WEIGHTS = np.array([0.5, 0.0, 0.25, 1.0])


def same(want: object, got: object) -> bool:
    """Tell whether two results are the same bits of the same type."""
    if isinstance(want, tuple):
        return isinstance(got, tuple) and len(want) == len(got) and all(map(same, want, got))
    a, b = np.asarray(want), np.asarray(got)
    return type(want) is type(got) and a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def units(want: np.ndarray, got: np.ndarray) -> float:
    """Return how far results are apart, in units in the last place."""
    return float(np.max(np.abs(want.astype("float64") - got.astype("float64")) / np.spacing(np.abs(want))))


def as_jax_random() -> list[bool]:
    """Tell whether keys, bits and uniform numbers are those of `jax.random`, and normal ones within some units."""
    import jax

    made = []
    with jax.enable_x64():
        for seed in (0, 7, 2**40 + 5):
            theirs, key = jax.random.key(seed, impl="threefry2x32"), snek.random.key(seed)
            key, theirs = snek.random.fold_in(key, 9), jax.random.fold_in(theirs, 9)
            (key, mine), (theirs, other) = snek.random.split(key), jax.random.split(theirs)
            made += [
                np.array_equal(mine.view("uint32"), jax.random.key_data(other)),
                np.array_equal(snek.random.bits(mine, (3, 5)), jax.random.bits(other, (3, 5), "uint32")),
            ]
            for dtype in ("float32", "float64"):
                a, b = snek.random.uniform(mine, (40,), dtype), jax.random.uniform(other, (40,), dtype)
                made.append(same(a, np.asarray(b)))
                a, b = snek.random.normal(mine, (40,), dtype), jax.random.normal(other, (40,), dtype)
                made.append(units(a, np.asarray(b)) < 64)
    return made


def main(backend: str) -> None:
    """Print what came out."""
    for module in BACKENDS[backend].imports:
        importlib.import_module(module)  # whose own warnings are not ours
    warnings.simplefilter("error")
    keys = [snek.random.key(seed) for seed in (0, -1, 2**40 + 12345)]
    drawing, rounding, walking = (snek.stage(one, backend=backend) for one in (exact, rounded, walk))
    found: dict[str, object] = {"exact": [], "walk": [], "units": [0.0, 0.0]}
    for key, low in zip(keys, (3, -7, 2**45), strict=True):
        want = exact(key, low, WEIGHTS)
        got = drawing(key, snek.dynamic(low), WEIGHTS)
        found["exact"].append([same(a, b) for a, b in zip(want, got, strict=True)])
        steps = snek.dynamic(11)
        found["walk"].append(same(walk(key, 11), walking(key, steps)))
        pairs = zip(rounded(key), rounding(key), strict=True)
        found["units"] = [max(a, units(*pair)) for a, pair in zip(found["units"], pairs, strict=True)]
    try:
        drawing(keys[0], snek.dynamic(2**62), WEIGHTS)
    except ValueError as error:
        found["bounds"] = str(error)
    found["jax"] = as_jax_random() if backend == "jax" else []
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
