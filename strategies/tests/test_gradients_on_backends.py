"""Gradients on every back-end that has tapes: those of the interpreter, first and second; refused by name elsewhere."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import snek
from snek_strategies.backends.registry import BACKENDS

TESTS = Path(__file__).parent
sys.path.append(str(TESTS))
from gradient_programs import CONSTRUCTS, FAMILIES, X, loop  # noqa: E402

ROWS = [*(one.__name__ for one in CONSTRUCTS), *FAMILIES]
HERE = [name for name in BACKENDS if not BACKENDS[name].missing()]
TAPED = [name for name in HERE if name != "interpret" and BACKENDS[name].load().tapes]
UNTAPED = [name for name in ("numba", "jax") if name in HERE and name not in TAPED]
"""Without PyTorch and TensorFlow, which must not share a process."""


@cache
def answers(backend: str) -> dict[str, str]:
    """Run a back-end's whole column in one process of its own."""
    command = [sys.executable, "-P", str(TESTS / "run_gradients.py"), backend]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr[-4000:]
    found: dict[str, str] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(("backend", "row"), [(name, row) for name in TAPED for row in ROWS])
def test_a_gradient_is_right_where_the_back_end_has_tapes(backend: str, row: str) -> None:
    assert answers(backend)[row] == "right"


@pytest.mark.parametrize("backend", UNTAPED)
def test_a_back_end_without_tapes_refuses_a_gradient_through_a_loop(backend: str) -> None:
    with pytest.raises(snek.StagingError, match="tape"):
        snek.grad(loop, backend=backend)(X)
    np.testing.assert_allclose(snek.grad(lambda x: (x * x).sum(), backend=backend)(X), 2 * X)


def masked_rnn(xs, lengths, w, scale):
    h = xs[0] * 0
    for t in range(30):
        live = (t < lengths)[:, None]
        h = np.where(live, np.tanh(h @ w + xs[t % 3]) * scale, h)
    return (h * h).mean()


@pytest.mark.parametrize("backend", TAPED)
@pytest.mark.parametrize("whole", ["int32", "int64"])
def test_float32_with_integers_and_flags_stays_float32(backend: str, whole: str) -> None:
    rng = np.random.default_rng(5)
    args = (
        rng.standard_normal((3, 4, 5)).astype(np.float32),
        np.array([0, 7, 30, 12], whole),
        (rng.standard_normal((5, 5)) / 3).astype(np.float32),
        np.float32(0.9),
    )
    found = snek.grad(masked_rnn, (0, 2, 3), backend=backend)(*args)
    wide = [one.astype(np.float64) if one.dtype == np.float32 else one for one in args]
    for got, want in zip(found, snek.grad(masked_rnn, (0, 2, 3))(*wide), strict=True):  # type: ignore[call-overload]
        assert got.dtype == np.float32
        np.testing.assert_allclose(got, want, rtol=2e-4, atol=1e-6)
