"""Objects of the user's classes, functions, classes and other static objects as arguments of staged functions."""

from __future__ import annotations

import argparse
import copy
import enum
import functools
import math
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

import snek

X = np.linspace(-1.0, 2.0, 6).reshape(2, 3)
BACKENDS = ("interpret", "lantern")


class Layer:
    rate = 0.5

    def __init__(self, w: np.ndarray) -> None:
        self.w = w
        self.inner = SimpleNamespace(bias=np.ones(2), seen=[])
        self.me = self

    @property
    def width(self) -> int:
        return self.w.shape[1]

    def forward(self, x):
        y = x @ self.w + self.inner.bias
        return y if y.sum() > 0 else -y

    def step(self, slope):
        if slope.sum() > 0:
            self.w = self.w - self.rate * slope
        else:
            self.w = self.w * 2
            self.inner.bias -= 1
        self.inner.seen.append(slope.sum())
        self.last = slope
        return self


class Scaled(Layer):
    def forward(self, x):
        return super().forward(x) * self.width


def forward(layer, x):
    return layer.forward(x)


def step(layer, slope):
    return layer.step(slope)


def held(layer: Layer) -> list[Any]:
    return [layer.w, layer.inner.bias, layer.inner.seen, getattr(layer, "last", None), sorted(vars(layer))]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("kind", [Layer, Scaled])
def test_what_an_object_holds_is_data(backend: str, kind: type[Layer]) -> None:
    staged, layer = snek.stage(forward, backend=backend), kind(np.ones((3, 2)))
    for _ in range(3):
        np.testing.assert_allclose(staged(layer, X), layer.forward(X))
        layer.w = layer.w * -2
    assert len(staged.stagings()) == 1


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_a_program_does_to_an_object_happens_to_the_callers(backend: str) -> None:
    staged = snek.stage(step, backend=backend)
    for slope in (np.ones((3, 2)), -np.ones((3, 2))):
        mine, plain = Layer(np.ones((3, 2))), Layer(np.ones((3, 2)))
        bias = mine.inner.bias
        assert staged(mine, slope) is mine
        plain.step(slope)
        for got, expected in zip(held(mine), held(plain), strict=True):
            np.testing.assert_array_equal(got, expected)
        assert mine.inner.bias is bias
        assert mine.me is mine


def test_one_object_under_two_names_is_one() -> None:
    def moved(a, b):
        a.k = a.k + b.k
        return b.k

    staged = snek.stage(moved)
    one, other = SimpleNamespace(k=np.float64(2.0)), SimpleNamespace(k=np.float64(3.0))
    assert (staged(one, other), one.k, other.k) == (3.0, 5.0, 3.0)
    assert (staged(one, one), one.k) == (10.0, 10.0)


def test_a_method_that_is_staged_in_its_class_takes_its_object() -> None:
    class Counter:
        def __init__(self) -> None:
            self.total = np.float64(0.0)

        @snek.stage
        def add(self, x):
            self.total = self.total + x if x > 0 else self.total - x
            return self.total

    counter = Counter()
    assert [counter.add(np.float64(x)) for x in (2.0, -3.0)] == [2.0, 5.0]
    assert counter.total == 5.0
    assert len(Counter.add.stagings()) == 1


def test_an_object_that_a_program_makes_is_given_back() -> None:
    made = snek.stage(lambda w: Layer(w * 2))(np.ones((3, 2)))
    assert type(made) is Layer
    assert made.me is made
    np.testing.assert_array_equal(made.w, np.full((3, 2), 2.0))


def test_an_objects_gradient_has_its_structure() -> None:
    by_layer = snek.grad(lambda layer, x: (x @ layer.w).sum())(SimpleNamespace(w=np.ones((3, 2)), name="a"), X)
    np.testing.assert_allclose(by_layer.w, np.stack([X.sum(0)] * 2, axis=1))
    assert by_layer.name == "a"


class Mode(enum.Enum):
    ONCE = 1
    TWICE = 2


FACTOR = 3.0


def scaled(x):
    return x * FACTOR


def called(f, x):
    return f(x) if x.sum() > 0 else -f(x)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    "function",
    [np.tanh, np.cumsum, scaled, lambda x: x + 1, functools.partial(np.multiply, 2.0), Layer(np.ones((3, 2))).forward],
    ids=["ufunc", "NumPy's", "function", "lambda", "partial", "method"],
)
def test_functions_are_static_arguments(backend: str, function: Any) -> None:
    np.testing.assert_allclose(snek.stage(called, backend=backend)(function, X), called(function, X))


def test_what_a_function_relies_on_is_guarded(monkeypatch: pytest.MonkeyPatch) -> None:
    staged, layer = snek.stage(called), Layer(np.ones((3, 2)))
    staged(scaled, X), staged(layer.forward, X)
    monkeypatch.setitem(globals(), "FACTOR", 5.0)
    np.testing.assert_allclose(staged(scaled, X), X * 5.0)
    layer.w = layer.w * 2
    np.testing.assert_allclose(staged(layer.forward, X), layer.forward(X))


def test_lambdas_of_one_text_that_hold_the_same_are_one() -> None:
    staged = snek.stage(called)
    for factor in (2.0, 2.0, 3.0, 2.0):
        np.testing.assert_allclose(staged(lambda x, k=factor: x * k + factor, X), X * factor + factor)
    assert len(staged.stagings()) == 2


@pytest.mark.parametrize(
    ("use", "value", "expected"),
    [
        (lambda x, mode: x if mode is Mode.ONCE else x * 2, Mode.TWICE, X * 2),
        (lambda x, kind: x.astype(kind), np.float32, X.astype(np.float32)),
        (lambda x, kind: x.astype(kind), int, X.astype(int)),
        (lambda x, library: library.sin(x[0, 0]), math, None),
        (lambda x, library: library.sin(x), np, np.sin(X)),
        (lambda x, share: x * float(share), Fraction(1, 2), X / 2),
        (lambda x, path: x * len(path.name), Path("/a/bcd"), X * 3),
        (lambda x, names: x * len(names), frozenset({"a", "b"}), X * 2),
        (lambda x, options: x * options.rate, argparse.Namespace(rate=2.0), X * 2),
    ],
)
def test_other_static_objects(use: Any, value: object, expected: np.ndarray | None) -> None:
    staged = snek.stage(use)
    np.testing.assert_allclose(staged(X, value), math.sin(X[0, 0]) if expected is None else expected)
    staged(X, value if isinstance(value, ModuleType) else copy.copy(value))
    assert len(staged.stagings()) == 1


NOON = datetime(2020, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("use", "one", "other"),
    [
        (lambda x, at: x * at.hour, NOON, NOON.astimezone(timezone(timedelta(hours=1)))),
        (lambda x, number: x * len(str(number)), Decimal("1"), Decimal("1.00")),
        (lambda x, held: x * sum(type(one) is bool for one in held), frozenset({1}), frozenset({True})),
        (lambda x, number: x * math.copysign(1.0, number.imag), complex(1.0, 0.0), complex(1.0, -0.0)),
        (lambda x, at: x * at.start, range(0, 0), range(5, 5)),
        (lambda x, at: x[0, at], slice(0, 2), slice(1, 3)),
    ],
    ids=["datetime", "Decimal", "frozenset", "complex", "range", "slice"],
)
def test_static_values_that_are_equal_and_differ_are_told_apart(use: Any, one: object, other: object) -> None:
    staged = snek.stage(use)
    for value in (one, other, one):
        np.testing.assert_array_equal(staged(X, value), use(X, value))
    assert len(staged.stagings()) == 2


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
@pytest.mark.parametrize("kind", [lambda: np.ma.array(X, mask=X > 0), lambda: np.matrix(X)], ids=["masked", "matrix"])
def test_arrays_that_compute_in_their_own_way_are_refused(kind: Any) -> None:
    array = kind()
    staged = snek.stage(lambda x: x * 2)
    staged(X)
    with pytest.raises(snek.StagingError, match="computes in its own way"):
        staged(array)
    with pytest.raises(snek.StagingError, match="computes in its own way"):
        snek.stage(lambda x: np.add(x, array))(X)


@pytest.mark.parametrize("value", [{1, 2}, iter([1]), np.random.default_rng(0), [].append], ids=type)
def test_what_is_neither_data_nor_static_is_refused(value: object) -> None:
    with pytest.raises(snek.StagingError, match=f"an argument of class {type(value).__name__}"):
        snek.stage(lambda x, _: x)(X, value)
