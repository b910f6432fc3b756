"""Gradients agree with finite differences: every primitive, every construct, twice."""

from __future__ import annotations

import dataclasses
import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import snek
from snek_strategies.backends.registry import BACKENDS
from snek_strategies.ir.gradients.activity import FLAT
from snek_strategies.ir.gradients.table import GRADIENTS, JOINS, NONE
from snek_strategies.ir.interpretations import INTERPRETATIONS
from snek_strategies.ir.rules import RULES

X = np.array([0.5, 1.5, -0.7])
M = np.array([[0.3, -1.2, 0.8], [1.1, 0.4, -0.6]])
T = np.linspace(-1, 2, 24).reshape(2, 3, 4)


@pytest.fixture(autouse=True)
def _checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNEK_CHECK", "1")


def differences(function: Callable[..., Any], x: np.ndarray, step: float = 1e-6) -> np.ndarray:
    made = np.zeros_like(x)
    for at in np.ndindex(x.shape):
        high, low = x.copy(), x.copy()
        high[at] += step
        low[at] -= step
        made[at] = (function(high) - function(low)) / (2 * step)
    return made


def agree(function: Callable[..., Any], x: np.ndarray, order: int = 1, tolerance: float = 1e-6) -> None:
    found = snek.grad(function)
    got = found(x)
    assert (got.dtype, got.shape) == (x.dtype, x.shape)
    want = differences(function, x)
    np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance * max(1, np.abs(want).max()))
    if order == 2:

        def slope(y):
            return (snek.grad(function)(y) * np.cos(y)).sum()

        want = differences(lambda y: (found(y) * np.cos(y)).sum(), x, 1e-5)
        np.testing.assert_allclose(snek.grad(slope)(x), want, rtol=1e-4, atol=1e-4 * max(1, np.abs(want).max()))


UNARY = {
    name: np.array([0.3, 0.6, 0.85]) for name in GRADIENTS
    if name in vars(np) and isinstance(getattr(np, name), np.ufunc) and getattr(np, name).nin == 1
} | {"arccosh": np.array([1.3, 2.6, 1.85])}  # fmt: skip
BINARY = [
    name for name in GRADIENTS
    if name in vars(np) and isinstance(getattr(np, name), np.ufunc) and getattr(np, name).nin == 2
    and name not in ("matmul", "vecdot")
]  # fmt: skip


@pytest.mark.parametrize("name", sorted(UNARY))
def test_a_function_of_one_operand(name: str) -> None:
    function = getattr(np, name)
    agree(lambda x: (function(x) * x).sum(), UNARY[name], order=2)


@pytest.mark.parametrize("name", BINARY)
def test_a_function_of_two_operands_broadcasts(name: str) -> None:
    function = getattr(np, name)
    other = np.array([[0.9], [2.3]])
    agree(lambda x: (function(x, other) * x).sum(), np.array([0.35, 1.4, 2.65]), order=2)
    agree(lambda x: (function(other, x) * x).sum(), np.array([0.35, 1.4, 2.65]), order=2)


W = np.arange(1.0, 13).reshape(4, 3)
SHAPED: dict[str, list[Callable[[Any], Any]]] = {
    "sum": [lambda x: np.sum(x, axis=1), lambda x: np.sum(x, axis=(0, 2), keepdims=True)],
    "mean": [np.mean, lambda x: np.mean(x, axis=-1)],
    "max": [np.max, lambda x: np.max(x, axis=(0, 1))],
    "min": [np.min, lambda x: np.min(x, axis=1, keepdims=True)],
    "var": [np.var, lambda x: np.var(x, axis=1, ddof=1)],
    "std": [np.std, lambda x: np.std(x, axis=(0, 1), keepdims=True)],
    "prod": [lambda x: np.prod(x, axis=1), lambda x: np.prod(x[0, :2], axis=None), lambda x: np.prod(x, axis=(0, 2))],
    "cumprod": [lambda x: np.cumprod(x, axis=1), lambda x: np.cumprod(x[0, 0])],
    "cumulative_prod": [lambda x: np.cumulative_prod(x, axis=2, include_initial=True)],
    "cumsum": [np.cumsum, lambda x: np.cumsum(x, axis=-2)],
    "cumulative_sum": [lambda x: np.cumulative_sum(x, axis=1, include_initial=True)],
    "reshape": [lambda x: np.reshape(x, (6, -1)), lambda x: x.reshape(4, 6, order="F")],
    "ravel": [np.ravel, lambda x: np.ravel(x, order="F")],
    "transpose": [np.transpose, lambda x: np.transpose(x, (1, 2, 0))],
    "matrix_transpose": [np.matrix_transpose],
    "swapaxes": [lambda x: np.swapaxes(x, 0, 2)],
    "moveaxis": [lambda x: np.moveaxis(x, 0, -1), lambda x: np.moveaxis(x, (0, 1), (2, 0))],
    "expand_dims": [lambda x: np.expand_dims(x, (0, 2))],
    "squeeze": [lambda x: np.squeeze(x[:1], axis=0), lambda x: np.squeeze(x[1:, :1])],
    "broadcast_to": [lambda x: np.broadcast_to(x, (5, 2, 3, 4)), lambda x: np.broadcast_to(x[:1, :, :1], (2, 3, 4))],
    "flip": [np.flip, lambda x: np.flip(x, 1)],
    "roll": [lambda x: np.roll(x, 5), lambda x: np.roll(x, -1, axis=1)],
    "tile": [lambda x: np.tile(x, (2, 1, 3))],
    "repeat": [lambda x: np.repeat(x, 3, axis=1)],
    "diagonal": [lambda x: np.diagonal(x, 1, 1, 2)],
    "trace": [lambda x: np.trace(x, 1, 2, 1)],
    "tril": [lambda x: np.tril(x, 1)],
    "triu": [lambda x: np.triu(x)],
    "sort": [lambda x: np.sort(x, axis=1), lambda x: np.sort(-x)],
    "diff": [lambda x: np.diff(x, n=2, axis=1), lambda x: np.diff(x)],
    "take": [lambda x: np.take(x, np.array([2, 0, 2]), axis=1), lambda x: np.take(x, np.array([[3, 3, 7]]))],
    "take_along_axis": [lambda x: np.take_along_axis(x, np.argsort(-x, axis=1), axis=1)],
    "getitem": [lambda x: x[1, ::2, None, -1],
                lambda x: x[:, np.array([1, 1, 0])], lambda x: x[..., np.argmax(x[0, 0])]],
    "clip": [lambda x: np.clip(x, -0.45, 1.15)],
    "concatenate": [lambda x: np.concatenate([x, x * x], axis=1), lambda x: np.concatenate([x, x], axis=None)],
    "stack": [lambda x: np.stack([x, np.sin(x)], axis=-2)],
    "matmul": [lambda x: x @ W, lambda x: np.swapaxes(x, 1, 2) @ x,
               lambda x: x[0] @ W[:, 0], lambda x: W[0, :] @ x],
    "dot": [lambda x: np.dot(x, W), lambda x: np.dot(x[0], x[1, 0]), lambda x: np.dot(x[0, 0], x[1, 1])],
    "outer": [lambda x: np.outer(x[0], x[1, 0])],
    "vdot": [lambda x: np.vdot(x, x * x)],
    "vecdot": [lambda x: np.vecdot(x, x[0]), lambda x: np.vecdot(x[0, 0], x)],
    "tensordot": [lambda x: np.tensordot(x, W, axes=([2, 1], [0, 1])), lambda x: np.tensordot(W, x, axes=[[1], [1]]),
                  lambda x: np.tensordot(x, W, axes=1)],
    "astype": [lambda x: x.astype("float64") * 2],
    "copy": [lambda x: x.copy()],
    "asarray": [lambda x: np.asarray(x)],
    "item": [lambda x: x[0, 0, 1].item() * x],
    "float": [lambda x: float(x[0, 0, 1]) * x],
    "where": [lambda x: np.where(x > 0.1, x, x * x)],
    "real": [np.real],
}  # fmt: skip


@pytest.mark.parametrize("name", SHAPED)
def test_a_function_of_arrays(name: str) -> None:
    for function in SHAPED[name]:
        weights = np.cos(np.arange(np.asarray(function(T)).size)).reshape(np.shape(function(T)))
        agree(lambda x: (function(np.sin(x)) * weights).sum(), T, order=2)  # noqa: B023 - used at once


def test_every_row_is_tested_or_is_of_stores() -> None:
    rows = {*GRADIENTS, *JOINS}
    assert rows - {*UNARY, *BINARY, *SHAPED} == {"setitem", "additem"}
    assert rows < set(RULES)


def test_what_has_no_row_is_flat_or_refused() -> None:
    assert not (FLAT | NONE) - set(RULES)
    whole = set("invert bitwise_and bitwise_or bitwise_xor left_shift right_shift".split())
    tests = set(
        "less less_equal equal not_equal greater greater_equal logical_and logical_or logical_xor logical_not".split()
    )
    tapes = {"tape_new", "tape_push", "tape_pop"}
    assert set(INTERPRETATIONS) == {*GRADIENTS, *JOINS} | FLAT | NONE | whole | tests | tapes | {"math"}


def test_a_product_with_a_zero_factor() -> None:
    np.testing.assert_array_equal(snek.grad(np_prod)(np.array([2.0, 0.0, 3.0])), [0, 6, 0])
    np.testing.assert_array_equal(snek.grad(lambda x: np.cumprod(x).sum())(np.array([2.0, 0.0, 3.0])), [1, 8, 0])


def np_prod(x):
    return np.prod(x)


def loop(x):
    s = x
    for i in range(40):
        s = np.sin(s) * x + 0.1 * i * x[0]
    return s.sum()


def until(x):
    s, trips = x.sum(), 0
    while s < 50:
        if s < 5:
            s = s * s * x[0] + 3
        else:
            s = s * 1.5 + x[1] * s
        trips += 1
    return s


def leaves_early(x):
    s = x[0]
    for i in range(60):
        s = s + np.sin(x[1] * i)
        if s > 4:
            return s * x[2]
        if i == 50:
            break
    else:
        s = s * 3
    return s * s


def nested_loops(x):
    t = x.sum()
    for _ in range(20):
        for _ in range(20):
            if t > 3:
                t = t * 0.5
            t = t + np.cos(x[1] * t)
    return t


def rows(x):
    t = 0.0
    for i in range(30):
        t = t + x[i % 3] ** 2 * i
    return t


def stores(x):
    a = np.zeros(20) + x[0]
    for i in range(20):
        a[i] = x[i % 3] * a[i - 1] + 0.1
    a[2:5] = np.sin(x)
    a[np.array([7, 7, 8])] = x
    return (a * np.arange(20)).sum()


def branch(x):
    if x.sum() > 0:
        y = x * 2
        if x[0] > 0.4:
            y = y * x[1]
    else:
        y = x**3
    return (y * x).sum()


def recursive(x):
    return fibonacci(x, x.sum() * 4)


def fibonacci(x, n):
    return x[0] if n < 1 else fibonacci(x, n - 1) * x[1] + np.sin(x[2] * fibonacci(x, n - 2))


def mutual(x):
    return even(x[0], x.sum() * 6)


def even(v, n):
    return v if n < 0 else odd(np.sin(v) + n, n - 1)


def odd(v, n):
    return v * v if n < 0 else even(v * 0.9, n - 1)


def captures(x):
    def inner(v):
        return x[2] if v < 0.2 else inner(v * 0.7) * x[0] + v

    return inner(x[1])


def recursion_in_a_loop(x):
    t = x[0]
    for i in range(25):
        t = t * 0.5 + even(x[1] * i, x[2] + 3)
    return t


def loop_in_recursion(x):
    def go(v, n):
        for _ in range(20):
            v = v * 0.8 + np.tanh(x[0])
        return v if n < 0 else go(v * x[1], n - 1)

    return go(x[2], x.sum() * 3)


def of_python_numbers(x):
    v, n = float(x[0]), float(x[1])
    for _ in range(30):
        v = math.sin(v) * n + v / (1 + n * n) if v > 0.1 else v + 0.3
    return math.exp(-v) * n**2.5


def unused_parts(x):
    pair = (x[0] * x[1], np.sin(x))
    lists = [x, pair[1] * 2]
    return pair[0] + lists[1][2] + int(x[2] * 11) + np.floor(x[0])


def one_call_unused(x):
    dropped = even(x[1], x[0] * 3)
    return even(x[0], x[1] * 3) + (0 if dropped > 3 else 1)


CONSTRUCTS = [loop, until, leaves_early, nested_loops, rows, stores, branch, recursive, mutual, captures,
              recursion_in_a_loop, loop_in_recursion, of_python_numbers, unused_parts, one_call_unused]  # fmt: skip


@pytest.mark.parametrize("function", CONSTRUCTS)
@pytest.mark.parametrize("x", [X, np.array([0.3, 0.45, 0.9])], ids=["a", "b"])
def test_a_gradient_goes_through_the_construct(function: Callable[..., Any], x: np.ndarray) -> None:
    agree(function, x, order=2)


def test_third_order() -> None:
    third = snek.grad(snek.grad(snek.grad(lambda x: np.sin(x) * x**2)))
    x = np.float64(0.7)
    want = -(x**2) * np.cos(x) - 6 * x * np.sin(x) + 6 * np.cos(x)
    assert math.isclose(third(x), want)


def test_structures_of_arguments_and_several_of_them() -> None:
    @dataclasses.dataclass
    class Layer:
        weight: Any
        rate: float
        name: str

    def loss(layers, x, scale):
        for one in layers["all"]:
            x = np.tanh(x @ one.weight) * one.rate
        return (x * scale).sum()

    layers = {"all": [Layer(np.eye(3) * 0.3, 0.5, "a"), Layer(np.ones((3, 2)), 2.0, "b")]}
    value, (found, scale) = snek.value_and_grad(loss, argnums=(0, 2))(layers, X, 1.5)
    assert math.isclose(value, loss(layers, X, 1.5))
    assert math.isclose(scale, value / 1.5)
    assert [one.name for one in found["all"]] == ["a", "b"]
    step = 1e-6
    layers["all"][1].rate += step
    assert math.isclose(found["all"][1].rate, (loss(layers, X, 1.5) - value) / step, rel_tol=1e-4)
    layers["all"][1].rate -= step
    layers["all"][0].weight[1, 2] += step
    assert math.isclose(found["all"][0].weight[1, 2], (loss(layers, X, 1.5) - value) / step, rel_tol=1e-4)


def test_new_numbers_are_not_staged_anew() -> None:
    found = snek.grad(lambda x, y: x * y)
    assert found(2.0, np.float64(3)) == 3
    assert found(5.0, np.float64(4)) == 4
    assert len(found.stagings()) == 1


def test_one_array_at_two_places_has_two_gradients() -> None:
    both = snek.grad(lambda pair: (pair[0] * pair[1] ** 2).sum())([X, X])
    np.testing.assert_allclose(both[0], X**2)
    np.testing.assert_allclose(both[1], 2 * X * X)


def test_a_gradient_inside_a_staged_program() -> None:
    def loss(w, x):
        return ((np.tanh(x @ w) - 0.3) ** 2).sum()

    @snek.stage
    def train(w, x, steps):
        for _ in range(steps):
            w = w - 0.1 * snek.grad(loss)(w, x)
        return w

    trained = train(np.zeros(3), M, snek.dynamic(200))
    assert loss(trained, M) < 1e-6
    assert len(train.stagings()) == 1


def test_float32_stays() -> None:
    found = snek.grad(lambda x: (x * 2).mean(dtype="float64"))(X.astype("float32"))
    assert found.dtype == np.float32


def refusal(function: Callable[..., Any], *args: object) -> str:
    with pytest.raises(snek.StagingError) as caught:
        snek.grad(function)(*args)
    assert __file__ in str(caught.value)
    return str(caught.value)


def changes_a_list(pair):
    pair[0] = pair[0] * 2
    return pair[0].sum()


def test_what_has_no_gradient_is_refused_at_its_place() -> None:
    assert "gradient through nextafter" in refusal(lambda x: np.nextafter(x, 2.0).sum(), X)
    assert "gradient through math.gamma" in refusal(lambda x: math.gamma(x[0]), X)
    assert "complex" in refusal(lambda x: np.abs(x * 1j).sum(), X)
    assert "int64" in refusal(lambda x: x.sum() * 1.0, np.arange(3))
    assert "give one float" in refusal(lambda x: x, X)
    assert "give one float" in refusal(lambda x: np.argmax(x), X)
    assert "in place" in refusal(changes_a_list, [X])
    assert "raises whatever" in refusal(always_raises, X)
    line = refusal(lambda x: np.nextafter(x, 2.0).sum(), X)
    assert "test_gradients.py" in line


def always_raises(x):
    raise ValueError("no")


def test_what_the_function_raises_is_raised() -> None:
    def guarded(x):
        if x < 0:
            raise ValueError("negative")
        return np.sqrt(x)

    found = snek.grad(guarded)
    assert found(np.float64(4)) == 0.25
    with pytest.raises(ValueError, match="negative"):
        found(np.float64(-1))


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(snek.UsageError, match="argnums"):
        snek.grad(np_prod, argnums=())
    with pytest.raises(snek.UsageError, match="position 1"):
        snek.grad(np_prod, argnums=1)(X)
    with pytest.raises(snek.UsageError, match="back-end"):
        snek.grad(np_prod, backend="nothing")


def test_a_gradient_that_nothing_reaches_is_zero() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(snek.grad(lambda x: 3.0)(X), np.zeros(3))
        np.testing.assert_array_equal(snek.grad(lambda x, y: y.sum())(X, M), np.zeros(3))


NO_TAPES = [name for name in ("numba", "jax") if name in BACKENDS and not BACKENDS[name].missing()]


@pytest.mark.parametrize("backend", NO_TAPES)
def test_a_back_end_without_tapes_refuses_a_gradient_through_a_loop(backend: str) -> None:
    with pytest.raises(snek.StagingError, match="tape"):
        snek.grad(loop, backend=backend)(X)
    np.testing.assert_allclose(snek.grad(lambda x: (x * x).sum(), backend=backend)(X), 2 * X)
