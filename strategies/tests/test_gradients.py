"""Gradients agree with finite differences: every primitive, every construct, twice."""

from __future__ import annotations

import dataclasses
import math
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import snek
from snek_strategies.ir.gradients.activity import FLAT
from snek_strategies.ir.gradients.linear import DECOMPOSITIONS, LINEAR
from snek_strategies.ir.gradients.table import GRADIENTS, JOINS, NONE
from snek_strategies.ir.interpretations import INTERPRETATIONS
from snek_strategies.ir.rules import RULES

sys.path.append(str(Path(__file__).parent))
from gradient_programs import (  # noqa: E402
    BINARY,
    CONSTRUCTS,
    POINT,
    SHAPED,
    UNARY,
    M,
    T,
    X,
    of_arrays,
    of_one_operand,
    of_two_operands,
    slope,
)

pytestmark = pytest.mark.usefixtures("checked")


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
        want = differences(lambda y: (found(y) * np.cos(y)).sum(), x, 1e-5)
        np.testing.assert_allclose(
            snek.grad(slope(function))(x), want, rtol=1e-4, atol=1e-4 * max(1, np.abs(want).max())
        )


@pytest.mark.parametrize("name", sorted(UNARY))
def test_a_function_of_one_operand(name: str) -> None:
    agree(of_one_operand(name), UNARY[name], order=2)


@pytest.mark.parametrize("name", BINARY)
def test_a_function_of_two_operands_broadcasts(name: str) -> None:
    agree(of_two_operands(name, True), POINT, order=2)
    agree(of_two_operands(name, False), POINT, order=2)


@pytest.mark.parametrize("name", SHAPED)
def test_a_function_of_arrays(name: str) -> None:
    for function in SHAPED[name]:
        agree(of_arrays(function), T, order=2)


def test_every_row_is_tested_or_is_of_stores() -> None:
    rows = {*GRADIENTS, *JOINS} - set(LINEAR)  # those have a file of their own
    assert rows - {*UNARY, *BINARY, *SHAPED} == {"setitem", "additem"}
    assert rows < set(RULES)


def test_what_has_no_row_is_flat_or_refused() -> None:
    assert not (FLAT | NONE) - set(RULES)
    whole = set("invert bitwise_and bitwise_or bitwise_xor left_shift right_shift".split())
    tests = set(
        "less less_equal equal not_equal greater greater_equal logical_and logical_or logical_xor logical_not".split()
    )
    tapes = {name for name in INTERPRETATIONS if name.startswith("tape_")}
    lists = {name for name in INTERPRETATIONS if name.startswith("list_")}  # arrays with a length, once differentiated
    assert set(INTERPRETATIONS) == {
        *GRADIENTS,
        *JOINS,
        *DECOMPOSITIONS,
    } | FLAT | NONE | whole | tests | tapes | lists | {"math"}


WITHOUT: dict[str, Callable[..., Any]] = {"nextafter": lambda x: np.nextafter(x, 9.0)}


@pytest.mark.parametrize("name", sorted(NONE))
def test_a_gradient_through_an_operation_without_a_derivative_is_refused_by_name(name: str) -> None:
    def loss(x):
        return np.sum(WITHOUT[name](x))

    with pytest.raises(snek.StagingError, match=rf"a gradient through {name}, which has no derivative here") as refused:
        snek.grad(loss)(np.array([[2.0, 0.3], [0.3, 1.5]]))
    assert refused.value.code == "SNK0218"
    assert refused.value.place is not None


def test_a_product_with_a_zero_factor() -> None:
    np.testing.assert_array_equal(snek.grad(np_prod)(np.array([2.0, 0.0, 3.0])), [0, 6, 0])
    np.testing.assert_array_equal(snek.grad(lambda x: np.cumprod(x).sum())(np.array([2.0, 0.0, 3.0])), [1, 8, 0])


def np_prod(x):
    return np.prod(x)


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


def test_a_function_without_source_is_refused_where_it_is_differentiated() -> None:
    namespace: dict[str, Any] = {}
    exec(compile("def cube(x): return x**3", "<nowhere>", "exec"), namespace)
    with pytest.raises(snek.NoSource, match="no source text for 'cube'"):
        snek.grad(namespace["cube"])
