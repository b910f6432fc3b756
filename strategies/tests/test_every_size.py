"""One staging serves every size: which calls it serves, what falls back to exact extents, and that all are right."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import snek
from snek_strategies.backends.registry import known

sys.path.insert(0, str(Path(__file__).parent))
from every_size_programs import (  # noqa: E402
    ALONE,
    ONCE,
    Make,
    arrays,
    columns,
    long_chain,
    loop_over_rows,
    lstm,
    mlp,
    outer,
    products,
    raises_for_large,
    shapes,
    softmax_regression,
    statistics,
)

WEIGHT = 2.0


def needs(backend: str) -> None:
    reason = known(backend).missing()
    if reason is not None:
        pytest.skip(reason)


def same(mine: Any, plain: Any) -> bool:
    """Values, types, dtypes and shapes; containers by their items."""
    if type(mine) is not type(plain):
        return False
    if isinstance(plain, (tuple, list)):
        return len(mine) == len(plain) and all(map(same, mine, plain))
    if isinstance(plain, (np.ndarray, np.generic)):
        return mine.dtype == plain.dtype and mine.shape == plain.shape and np.array_equal(mine, plain)
    return bool(mine == plain)


def leaves(value: Any) -> list[Any]:
    return [leaf for one in value for leaf in leaves(one)] if isinstance(value, tuple) else [value]


def outcome(function: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    try:
        return function(*args)
    except ValueError as error:
        return (type(error), error.args)


def checked(function: Callable[..., Any], make: Make, sizes: list[int]) -> Any:
    """Return the function staged, each size called and compared with plain Python."""
    staged, rng = snek.stage(function), np.random.default_rng(len(sizes))
    for size in sizes:
        args = make(rng, size)
        assert same(outcome(staged, args), outcome(function, args)), size
    return staged


@pytest.mark.parametrize("function", ONCE, ids=lambda one: one.__name__)
def test_two_sizes_make_a_program_for_every_size(function: Callable[..., Any]) -> None:
    staged = checked(function, ONCE[function], [32, 64, 7, 33, 32, 2, 1, 12, 1])
    first, every, one = staged.stagings()
    assert first.reason == "first call"
    assert every.reason == "new extents; staged for every size"
    assert "[n" in every.arguments
    assert "an extent of 1" in one.reason


@pytest.mark.parametrize("function", ALONE, ids=lambda one: one.__name__)
def test_what_needs_the_number_is_staged_for_each_size_and_says_why(function: Callable[..., Any]) -> None:
    staged = checked(function, ALONE[function], [32, 64, 7, 32, 64, 12])
    assert len(staged.stagings()) == 4
    assert all("staged for these extents alone: " in one.reason for one in staged.stagings()[1:])


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([*ONCE.items(), *ALONE.items()]), st.lists(st.integers(1, 40), min_size=2, max_size=6), st.randoms()
)
def test_every_order_of_sizes_is_right(program: tuple[Callable[..., Any], Make], sizes: list[int], random: Any) -> None:
    again = [*sizes, *sizes]
    random.shuffle(again)
    staged = checked(*program, again)
    if program[0] in ONCE:
        # One for the first call, one for every size of 2 or more, one for 1; two sizes may differ by chance only.
        assert len(staged.stagings()) <= 3


LOSSES: dict[Callable[..., Any], tuple[Make, tuple[int, ...]]] = {
    lambda x, w, b, v: (mlp(x, w, b, v)[0] ** 2).mean(): (ONCE[mlp], (1, 2, 3)),
    lambda x, w, u, b: (lstm(x, w, u, b) ** 2).mean(axis=0).sum(): (ONCE[lstm], (0, 1, 2, 3)),
    softmax_regression: (ONCE[softmax_regression], (0, 2)),
    lambda x: x.std(axis=1).sum() + x.var(axis=0).sum() + x.max(): (ONCE[raises_for_large], (0,)),
    lambda x: np.tanh(x.reshape(len(x), 2, 2)).sum() + (x * np.arange(len(x)).reshape(-1, 1)).mean(): (
        ONCE[raises_for_large],
        (0,),
    ),
    lambda x: (np.zeros(x.shape[0]) + x.sum(axis=1)).mean() / x.shape[0]: (ONCE[raises_for_large], (0,)),
}


def rowwise(x):
    total = 0.0
    for row in x:
        total = np.tanh(row.sum()) + total * row[0]
    return total


LOSSES[rowwise] = (ONCE[raises_for_large], (0,))


@pytest.mark.parametrize("at", range(len(LOSSES)))
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_gradients_serve_every_size(at: int, dtype: str) -> None:
    (loss, (make, by)), rng = list(LOSSES.items())[at], np.random.default_rng(at)
    staged = snek.value_and_grad(loss, by)
    for size in (32, 64, 7, 2, 1, 32):
        args = tuple(one.astype(dtype) if one.dtype.kind == "f" else one for one in make(rng, size))
        value, gradients = staged(*args)
        expected, wanted = snek.value_and_grad(loss, by)(*args)
        np.testing.assert_allclose(value, expected, rtol=1e-5 if dtype == "float32" else 1e-12)
        for mine, exact in zip(gradients, wanted, strict=True):
            assert (mine.dtype, mine.shape) == (exact.dtype, exact.shape)
            np.testing.assert_allclose(mine, exact, rtol=1e-4, atol=1e-5 if dtype == "float32" else 1e-12)
    assert len(staged.stagings()) == 3


def test_two_extents_that_vary_apart_are_two_symbols() -> None:
    staged = snek.stage(lambda x, y: x @ y)
    for n, m in ((3, 5), (4, 5), (4, 6), (9, 8), (7, 7), (6, 2)):
        x, y = np.ones((n, 2)), np.ones((2, m))
        assert same(staged(x, y), x @ y)
    assert [one.arguments for one in staged.stagings()] == [
        "float64[3,2], float64[2,5]",
        "float64[n,2], float64[2,5]",
        "float64[n,2], float64[2,m]",
    ]


def test_extents_that_stop_varying_alike_are_staged_anew() -> None:
    staged = snek.stage(lambda x, y: (x.sum(), y.sum()))
    for n, m in ((3, 3), (4, 4), (5, 5), (5, 6), (6, 5)):
        x, y = np.ones(n), np.ones(m)
        assert same(staged(x, y), (x.sum(), y.sum()))
    assert [one.arguments for one in staged.stagings()] == [
        "float64[3], float64[3]",
        "float64[n], float64[n]",
        "float64[n], float64[m]",
    ]


def test_a_size_that_only_numpy_refuses_is_refused_as_before() -> None:
    staged = snek.stage(lambda x, y: x + y)
    for n in (3, 4):
        staged(np.ones(n), np.ones(n))
    with pytest.raises(snek.StagingError, match="broadcast"):
        staged(np.ones(3), np.ones(4))
    assert same(staged(np.ones(5), np.ones(5)), np.full(5, 2.0))


def test_a_changed_global_stages_for_every_size_anew() -> None:
    global WEIGHT
    staged = snek.stage(lambda x: x * WEIGHT)
    try:
        for weight, sizes in ((2.0, (3, 4, 5)), (3.0, (4, 3, 6)), (2.0, (5, 7))):
            WEIGHT = weight
            for n in sizes:
                assert same(staged(np.ones(n)), np.ones(n) * weight)
    finally:
        WEIGHT = 2.0
    assert [one.arguments for one in staged.stagings()] == ["float64[3]", "float64[n]", "float64[n]", "float64[n]"]
    assert "WEIGHT" in staged.stagings()[2].reason


def test_containers_that_are_written_to_are_written_at_every_size() -> None:
    def update(state, x):
        state["sum"] = state["sum"] + x.sum(axis=0)
        x *= 2
        return len(x)

    staged = snek.stage(update)
    for n in (3, 5, 6):
        mine, plain, x, y = {"sum": np.zeros(4)}, {"sum": np.zeros(4)}, np.ones((n, 4)), np.ones((n, 4))
        assert staged(mine, x) == update(plain, y)
        assert same(mine["sum"], plain["sum"])
        assert same(x, y)
    assert len(staged.stagings()) == 2


@dataclasses.dataclass
class Branch:
    value: np.ndarray[Any, Any]
    left: Branch | None = None


def test_the_tables_of_a_tree_keep_their_extents() -> None:
    def down(node, x):
        return x.sum() * node.value if node.left is None else down(node.left, x) + node.value

    staged = snek.stage(down)
    tree = Branch(np.ones(3), Branch(np.full(3, 2.0), Branch(np.full(3, 4.0))))
    for n in (3, 4, 5, 16):
        np.testing.assert_allclose(staged(tree, np.ones(n)), down(tree, np.ones(n)))


def test_attempts_at_every_size_end() -> None:
    def program(x, y, z, u):
        return {1: x}.get(x.shape[0], x), y[:2], z, u

    staged = snek.stage(program)
    sizes = [(2, 2, 2, 2), (3, 2, 2, 2), (3, 3, 2, 2), (3, 3, 3, 2), (3, 3, 3, 3), (4, 3, 3, 3)]
    for size in sizes:
        args = tuple(map(np.ones, size))
        assert same(staged(*args), program(*args))
    assert len(staged.stagings()) == len(sizes)
    assert "several attempts" in staged.stagings()[-1].reason


def test_a_trace_is_of_its_own_extents() -> None:
    staged = snek.stage(lambda x: x + 1)
    for n in (3, 4):
        staged(np.ones(n))
    traced = staged.trace(np.ones(4))
    assert "float64[4]" in traced.as_text("ir")
    assert same(traced.lower().compile()(np.ones(4)), np.full(4, 2.0))


COMPILED = ("lantern", "numba", "tensorflow", "torchscript")
"""The back-ends beside `interpret` with symbols."""
ELSEWHERE = [
    ("numba", softmax_regression),
    ("numba", loop_over_rows),
    ("numba", long_chain),
    *(
        (backend, one)
        for backend in ("lantern", "tensorflow", "torchscript")
        for one in (mlp, lstm, softmax_regression, loop_over_rows, arrays, columns, statistics, outer, shapes, products)
    ),
]


@pytest.mark.parametrize(("backend", "function"), ELSEWHERE, ids=lambda one: getattr(one, "__name__", one))
def test_a_compiled_program_serves_every_size(backend: str, function: Callable[..., Any]) -> None:
    needs(backend)
    staged, rng = snek.stage(function, backend=backend), np.random.default_rng(1)
    for size in (5, 9, 7, 1, 5):
        args = ONCE[function](rng, size)
        mine, plain = staged(*args), function(*args)
        for one, other in zip(leaves(mine), leaves(plain), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-11)
            assert (np.asarray(one).dtype, np.shape(one)) == (np.asarray(other).dtype, np.shape(other))
    assert len(staged.stagings()) == 3, staged.stagings()


@pytest.mark.parametrize("backend", ["lantern", "tensorflow", "torchscript"])
def test_a_gradient_in_a_graph_serves_every_size(backend: str) -> None:
    needs(backend)
    loss, (make, by) = softmax_regression, LOSSES[softmax_regression]
    staged, rng = snek.value_and_grad(loss, by, backend=backend), np.random.default_rng(3)
    for size in (5, 9, 7, 5):
        args = make(rng, size)
        (value, gradients), (expected, wanted) = staged(*args), snek.value_and_grad(loss, by)(*args)
        np.testing.assert_allclose(value, expected, rtol=1e-12)
        for mine, exact in zip(gradients, wanted, strict=True):
            np.testing.assert_allclose(mine, exact, rtol=1e-10, atol=1e-12)
    assert len(staged.stagings()) == 2


def until_large(x, w):
    h, rows = x * 0, 0
    while h.sum() < 5:
        h = np.tanh(h @ w) + x * x
        h = h + h * h[0] if rows > 1 else h * 2
        rows = rows + 1
    return (h * h).sum() * w[0, 0]


@pytest.mark.parametrize("backend", COMPILED)
def test_arrays_in_the_place_of_tapes_take_their_sizes_from_the_run(backend: str) -> None:
    needs(backend)
    staged, rng = snek.grad(until_large, (0, 1), backend=backend), np.random.default_rng(4)
    for size in (3, 5, 7, 4):
        args = rng.standard_normal((size, 2)), rng.standard_normal((2, 2))
        for mine, exact in zip(staged(*args), snek.grad(until_large, (0, 1))(*args), strict=True):  # type: ignore[call-overload]
            np.testing.assert_allclose(mine, exact, rtol=1e-10)
    assert len(staged.stagings()) == 2, staged.stagings()


@pytest.mark.parametrize("backend", COMPILED)
def test_an_index_past_an_axis_of_any_size_is_an_error_with_that_size(backend: str) -> None:
    needs(backend)
    staged = snek.stage(lambda x, at: x[at], backend=backend)
    for size in (5, 9, 7):
        assert staged(np.arange(size), np.int64(size - 1)) == size - 1
        with pytest.raises(IndexError, match=f"index {size} is out of bounds for axis 0 with size {size}"):
            staged(np.arange(size), np.int64(size))
    assert len(staged.stagings()) == 2


def test_a_back_end_without_symbols_stages_each_size() -> None:
    pytest.importorskip("jax")
    staged = snek.stage(lambda x: x + 1, backend="jax")
    for n in (3, 4, 5):
        staged.trace(np.ones(n))
    assert len(staged.stagings()) == 3
