"""Memory of large results and of tapes is used again, within bounds, and nobody's array changes under them."""

from __future__ import annotations

import gc
import importlib
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import snek
from snek_strategies.backends.lantern import compiler
from snek_strategies.backends.lantern.native_calls import entry_class

pytestmark = pytest.mark.skipif(
    compiler.compiler() is None or sys.implementation.name != "cpython" or entry_class() is None,
    reason="there is no C++ compiler, or no entry in C",
)


def address(array: np.ndarray) -> int:
    return int(array.__array_interface__["data"][0])


def doubled(x: Any) -> Any:
    return x * 2.0


def staged(size: int) -> tuple[Callable[[np.ndarray], np.ndarray], np.ndarray]:
    x = np.arange(float(size))
    made: Any = snek.stage(doubled, backend="lantern")
    made(x)
    return made, x


def test_memory_of_a_large_result_that_is_gone_is_the_next_ones() -> None:
    made, x = staged(100_000)
    first = made(x)
    where = address(first)
    del first
    assert address(made(x)) == where
    assert address(made(x)) % 64 == 0


def test_results_that_live_keep_their_memory() -> None:
    made, x = staged(100_000)
    kept = [made(x + at) for at in range(5)]
    views = [one[::3] for one in kept]
    assert len({address(one) for one in kept}) == 5
    del kept
    for _ in range(5):
        made(x)
    for at, view in enumerate(views):
        np.testing.assert_array_equal(view, 2 * (x + at)[::3])


def test_a_large_result_owns_its_memory_and_grows_as_any_array() -> None:
    made, x = staged(100_000)
    result = made(x)
    assert result.flags.owndata
    assert result.base is None
    result.resize(150_000, refcheck=False)
    np.testing.assert_array_equal(result[:100_000], 2 * x)
    assert not result[100_000:].any()
    result.resize(20_000, refcheck=False)
    np.testing.assert_array_equal(result, 2 * x[:20_000])


def test_arrays_of_others_keep_numpys_own_memory() -> None:
    made, x = staged(100_000)
    multiarray = importlib.import_module("numpy._core.multiarray")
    before = multiarray.get_handler_name()
    large, small = made(x), made(x[:10])
    assert multiarray.get_handler_name(large) == "snek_reused"
    assert multiarray.get_handler_name(small) == before == multiarray.get_handler_name()
    assert multiarray.get_handler_name(np.empty(100_000)) == before


def test_memory_of_many_results_that_go_at_once_is_kept_for_seven_and_used_again() -> None:
    made, x = staged(1 << 20)
    kept = [made(x) for _ in range(20)]
    wanted = {address(one) for one in kept}
    del kept
    gc.collect()
    again = [made(x) for _ in range(20)]
    # 64 MB hold seven results of 8 MB and a page.
    assert len({address(one) for one in again[:7]} & wanted) == 7
    for one in again:
        np.testing.assert_array_equal(one, 2 * x)


def loss(w: Any, x: Any, n: Any) -> Any:
    for _ in range(n):
        x = np.tanh(x @ w) * 0.9 + 0.1
    return np.sum(x * x)


def steep(w: Any, x: Any, n: Any) -> Any:
    slope: Any = snek.grad(loss)(w, x, n)
    return np.sum(slope**2)


@pytest.mark.parametrize("function", [loss, steep])
def test_a_gradient_that_runs_again_finds_no_rows_of_before(function: Callable[..., Any]) -> None:
    rng = np.random.default_rng(1)
    w, x = rng.standard_normal((20, 20)) / 9, rng.standard_normal((2, 20))
    native: Any = snek.grad(function, backend="lantern", unroll=1)
    wanted: Any = {n: snek.grad(function, unroll=1)(w, x, n) for n in map(np.int64, (1, 40, 400))}
    for n in map(np.int64, (40, 400, 1, 400, 40)):
        np.testing.assert_allclose(native(w, x, n), wanted[n], rtol=1e-9, atol=1e-9 * np.abs(wanted[n]).max())


def smoothed(u, tolerance):
    n = 0
    while True:
        new = u.copy()
        new[1:-1] += 0.1 * (u[2:] + u[:-2] - 2 * u[1:-1])
        n += 1
        if np.abs(new - u).max() < tolerance or n >= 40:
            return new, n
        u = new


def test_a_loop_does_not_take_memory_that_a_branch_has_chosen_for_another_variable_of_it() -> None:
    staged = snek.stage(smoothed, backend="lantern")
    for tolerance in (1e-3, 1.0, 1e-3):
        expected, trips = smoothed(np.linspace(0, 1, 6) ** 2, tolerance)
        made, count = staged(np.linspace(0, 1, 6) ** 2, np.float64(tolerance))
        np.testing.assert_allclose(made, expected, rtol=1e-12)
        assert count == trips
