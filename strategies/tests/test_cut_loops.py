"""Loops over arrays are cut into pieces where elements do not meet, and give every bit that the whole loop gives."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import snek
from snek_strategies.backends.core_primitives import core_primitives
from snek_strategies.backends.explicit_checks import explicit_checks
from snek_strategies.backends.registry import BACKENDS
from snek_strategies.ir.interpret import Interpreter
from snek_strategies.ir.passes.cut_loops import cut_loops
from snek_strategies.ir.passes.examples import escaping
from snek_strategies.ir.passes.optimize import looped, optimized
from snek_strategies.ir.reader import read
from snek_strategies.ir.sexpr import sexpr
from snek_strategies.ir.syntax import Program, every_node
from snek_strategies.ir.verify import verify

pytestmark = pytest.mark.usefixtures("checked")
LEFT = [name for name in ("lantern", "numba") if not BACKENDS[name].missing()]


def breaks(x, y):
    z, count = np.zeros_like(x), np.zeros(x.shape, "int32")
    for _ in range(30):
        inside = z * z <= 4
        if not np.any(inside):
            break
        z = np.where(inside, z * z * x + y, z)
        count = np.where(inside, count + 1, count)
    return z, count


def asks_first(x, y):
    while np.any(np.abs(x) < 9):
        x = np.where(np.abs(x) < 9, x * 1.5 + np.sign(x) + y * y, x)
    return x


def counts_too(x, y):
    k = 0
    while k < 25 and not np.all(np.logical_or(x > 5, np.isnan(x))):
        x = np.where(np.logical_not(np.logical_or(x > 5, np.isnan(x))), x + np.abs(y), x)
        k += 1
    return x


def remembers(x, y):
    active, trips = np.ones(x.shape, bool), np.zeros(x.shape, "int64")
    while np.any(active):
        x = np.where(active, x * x - y, x)
        trips = trips + active
        active = np.logical_and(active, np.logical_and(np.abs(x) < 3, trips < 40))
    return x, trips, active


def knows_its_trip(x, y):
    for k in range(20):
        low = x < 3
        if not low.any():
            break
        x = np.where(low, x + (y if k % 3 == 1 else np.abs(y) + 0.25), x)
    return x


def around_rows(x, y):
    row, z = np.array([0.25, -0.5, 2.0]), x + y
    for _ in range(12):
        if not np.any(z < 2):
            break
        z = np.where(z < 2, z + row * row, z)
    return z


CUT = [breaks, asks_first, counts_too, remembers, knows_its_trip, around_rows]


def uses_the_count(x, y):
    k = 0
    while np.any(x < 4):
        x = np.where(x < 4, x + np.abs(y) + 1, x)
        k += 1
    return x, k


def goes_on_at_rest(x, y):
    while np.any(x < 4):
        x = x + np.abs(y) + 1
    return x


def adds_to_floats(x, y):
    z = np.zeros_like(x) * y
    while np.any(x < 4):
        z = z + (x < 4)
        x = np.where(x < 4, x + 1, x)
    return x, z


def asks_more_later(x, y):
    for k in range(9):
        low = x < k
        if not np.any(low):
            break
        x = np.where(low, x + y, x)
    return x


def takes_turns(x, y):
    while np.any(x < 4):
        x, y = np.where(x < 4, y + 1, x), np.where(x < 4, x + 1, y - 1)
    return x, y


def looks_around(x, y):
    while np.any(x < 4):
        x = np.where(x < 4, x + np.max(y) + 1, x) + 0 * np.sum(x)
    return x


def asks_of_the_next(x, y):
    for _ in range(9):
        x = np.where(x < 4, x + np.abs(y), x * 1)
        if not np.any(x < 4):
            break
        y = y + 1
    return x


def never_ends_by_it(x, y):
    for _ in range(9):
        low = x < 4
        y = np.where(low, y + 1, y) if np.any(low) else y
        x = np.where(low, x + 1, x)
    return x, y


WHOLE = [
    uses_the_count,
    goes_on_at_rest,
    adds_to_floats,
    asks_more_later,
    takes_turns,
    looks_around,
    asks_of_the_next,
    never_ends_by_it,
]


def traced(function: Callable[..., Any], *args: np.ndarray) -> Program:
    """Return a program as a back-end has it before it cuts loops."""
    program = snek.stage(function, unroll=2).trace(*args).staged.program
    return verify(explicit_checks(core_primitives(optimized(program)), overflow=False))


def is_cut(program: Program) -> bool:
    return any(node.primitive == "piecewise" for node in every_node(program.body))


def bits(values: object) -> list[tuple[object, ...]]:
    return [(one.dtype, one.shape, one.tobytes()) for one in map(np.asarray, values)]  # type: ignore[call-overload]


NUMBERS = st.one_of(st.floats(-3, 3), st.sampled_from([0.0, -0.0, np.nan, np.inf, -np.inf, 1e-300, 3.999, -7.5]))
GRID = np.linspace(-2.5, 3.5, 36).reshape(12, 3), np.linspace(0.5, 1.5, 36).reshape(12, 3)[::-1]


@cache
def whole_and_cut(function: Callable[..., Any]) -> tuple[Program, list[Program]]:
    """Return a program over arrays of 4 by 3, and the same in pieces of several sizes."""
    program = traced(function, GRID[0][:4], GRID[1][:4])
    return program, [verify(cut_loops(program, size)) for size in (0, 1, 5, 11)]


@pytest.mark.parametrize("function", CUT)
@settings(max_examples=10, deadline=None)
@given(numbers=st.lists(NUMBERS, min_size=12, max_size=12))
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_pieces_give_every_bit_of_the_whole(function: Callable[..., Any], numbers: list[float]) -> None:
    x = np.array(numbers).reshape(4, 3)
    y = np.where(np.abs(x) > 0.125, x, 0.5)[::-1]
    program, pieces = whole_and_cut(function)
    whole = bits(Interpreter(program)(x, y))
    for made in pieces:
        assert is_cut(made)
        assert bits(Interpreter(made)(x, y)) == whole


@pytest.mark.parametrize("function", WHOLE)
def test_a_loop_whose_elements_meet_stays_whole(function: Callable[..., Any]) -> None:
    program = traced(function, *GRID)
    assert not is_cut(cut_loops(program, 4))
    assert not is_cut(cut_loops(program, 0))


def test_arrays_of_few_or_no_elements_stay_whole() -> None:
    assert not is_cut(cut_loops(traced(asks_first, *GRID), 36))
    assert not is_cut(cut_loops(traced(asks_first, np.ones((0, 3)), np.ones((0, 3))), 0))


def test_an_index_by_the_trip_that_nothing_uses_does_not_keep_a_loop_whole() -> None:
    def walks(x, y):
        for _ in np.arange(50):
            if not np.any(x < 3):
                break
            x = np.where(x < 3, x + y, x)
        return x

    assert is_cut(cut_loops(traced(walks, *GRID), 4))


@pytest.mark.parametrize("backend", LEFT)
@pytest.mark.parametrize("function", [*CUT, uses_the_count, adds_to_floats])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_compiled_pieces_answer_as_python_does(function: Callable[..., Any], backend: str) -> None:
    x = np.concatenate([np.linspace(-2.5, 3.5, 230), [np.nan, np.inf, -0.0, 0.0]]).reshape(78, 3)
    y = np.linspace(0.5, 1.5, 234).reshape(78, 3)[::-1]
    staged = snek.stage(function, backend=backend, unroll=2)
    made, wanted = staged(x, y), function(x, y)
    for one, other in zip(_all(made), _all(wanted), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=0)
    text = staged.trace(x, y).lower().as_text("cpp" if backend == "lantern" else "python")
    has_pieces = "+= 64) {" in text if backend == "lantern" else "|= v" not in text and "&= v" not in text
    assert has_pieces == (function in CUT)


def _all(values: object) -> tuple[object, ...]:
    return values if isinstance(values, tuple) else (values,)


def test_threads_share_whole_loops() -> None:
    program = optimized(escaping())
    assert not is_cut(looped(program, cut=False))


def test_a_piecewise_program_reads_back() -> None:
    made = cut_loops(escaping(), 4)
    assert sexpr(read(sexpr(made))) == sexpr(made)
