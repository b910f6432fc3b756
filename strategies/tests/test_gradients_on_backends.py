"""Gradients on back-ends are those of the interpreter, first and second, with tapes or arrays in their place."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import snek
from snek_strategies.backends.lower_lists import ListOverflow
from snek_strategies.backends.lower_tapes import has_tapes, lower_tapes
from snek_strategies.backends.registry import BACKENDS
from snek_strategies.ir.interpret import Interpreter
from snek_strategies.ir.passes.lower_tries import lower_tries
from snek_strategies.ir.passes.optimize import optimized
from snek_strategies.ir.verify import verify

TESTS = Path(__file__).parent
sys.path.append(str(TESTS))
from gradient_programs import CONSTRUCTS, FAMILIES, X, loop, slope  # noqa: E402
from own_process import said_on  # noqa: E402

ROWS = [*(one.__name__ for one in CONSTRUCTS), *FAMILIES]
HERE = [name for name in BACKENDS if not BACKENDS[name].missing()]
TAPED = [name for name in HERE if name != "interpret" and BACKENDS[name].load().tapes]
ARRAYS = [name for name in ("numba", "jax") if name in HERE and name not in TAPED]
"""Without PyTorch and TensorFlow, which must not share a process; `test_backends.py` has gradients on all."""


def answers(backend: str, *rows: str) -> dict[str, str]:
    """Run a back-end's whole column, or these rows, in one process of its own."""
    found: dict[str, str] = said_on(backend, "run_gradients.py", *rows)
    return found


@pytest.mark.parametrize(("backend", "row"), [(name, row) for name in TAPED for row in ROWS])
def test_a_gradient_is_right_where_the_back_end_has_tapes(backend: str, row: str) -> None:
    assert answers(backend)[row] == "right"


@pytest.mark.parametrize("backend", ARRAYS)
def test_second_derivatives_go_through_loops_where_tapes_are_arrays(backend: str) -> None:
    assert answers(backend, "until") == {"until": "right"}


@pytest.mark.parametrize("construct", CONSTRUCTS)
def test_arrays_in_the_place_of_tapes_keep_the_meaning(construct: Callable[..., Any]) -> None:
    def both(x):
        return snek.grad(construct)(x), snek.grad(slope(construct))(x)

    program = optimized(lower_tries(snek.stage(both).trace(X).staged.program))
    lowered = verify(lower_tapes(program, 4096))
    assert not has_tapes(lowered.body)
    for got, want in zip(Interpreter(lowered)(X), Interpreter(program)(X), strict=True):
        np.testing.assert_array_equal(got, want)


def test_a_tape_without_room_for_a_row_says_so() -> None:
    program = optimized(snek.grad(loop).trace(X).staged.program)
    # A row for each of forty trips.
    Interpreter(lower_tapes(program, 40))(X)
    with pytest.raises(ListOverflow, match="more room"):
        Interpreter(lower_tapes(program, 39))(X)


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
