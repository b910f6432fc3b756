"""What is written for PyTorch takes one operation where there is one, and memory that nothing asks for again."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import snek
from snek_strategies.backends.registry import BACKENDS

pytestmark = [
    pytest.mark.usefixtures("checked"),
    pytest.mark.skipif(bool(BACKENDS["torchscript"].missing()), reason="PyTorch's TorchScript cannot run here"),
]
RNG = np.random.default_rng(0)
X, Y = (RNG.standard_normal((5, 5)).astype(np.float32) for _ in range(2))
STEEP = np.array([-1e9, -88.7, -88.8, -0.0, 1e-8, 88.8, 1e9, np.inf, -np.inf, np.nan], np.float32)


def text_and_answer(function: Callable[..., Any], *args: Any) -> str:
    """Return the source that TorchScript takes, once it has answered as Python does and left its arguments alone."""
    before = [np.array(one) for one in args]
    staged = snek.stage(function, backend="torchscript")
    with np.errstate(all="ignore"):
        wanted = function(*args)
    for _ in range(2):
        np.testing.assert_allclose(staged(*args), wanted, rtol=1e-5, atol=1e-6)
    for one, old in zip(args, before, strict=True):
        np.testing.assert_array_equal(one, old)
    text: str = staged.trace(*args).lower().as_text("python")
    return text


@pytest.mark.parametrize("x", [X, STEEP, STEEP.astype(np.float64)], ids=["some", "steep", "wide"])
def test_a_logistic_function_is_one_operation(x: Any) -> None:
    assert "torch.sigmoid(v0)" in text_and_answer(lambda z: 1 / (1 + np.exp(-z)), x)
    assert "torch.sigmoid(v0)" in text_and_answer(lambda z: 1 / (np.exp(-z) + 1), x)


@pytest.mark.parametrize(
    "almost",
    [
        lambda z: 2 / (1 + np.exp(-z)),
        lambda z: 1 / (2 + np.exp(-z)),
        lambda z: 1 / (1 + np.exp(z)),
        lambda z: (1 + np.exp(-z)) / 1,
        lambda z: 1 / (1 - np.exp(-z)),
    ],
)
def test_what_is_almost_a_logistic_function_is_none(almost: Callable[..., Any]) -> None:
    assert "sigmoid" not in text_and_answer(almost, X)


def test_a_product_that_is_added_is_one_operation() -> None:
    assert "torch.addmm(v1, v0, v0)" in text_and_answer(lambda x, b: x @ x + b, X, Y)
    assert "torch.addmm(v1, v0, v0)" in text_and_answer(lambda x, b: b + x @ x, X, Y[0])


def test_a_product_that_is_used_again_or_grows_is_an_operation_of_its_own() -> None:
    def twice(x: Any, b: Any) -> Any:
        made = x @ x
        return (made + b) * made

    assert "addmm" not in text_and_answer(twice, X, Y)
    assert "addmm" not in text_and_answer(lambda x, b: x @ x + b, X, np.stack([Y, Y]))
    assert "addmm" not in text_and_answer(lambda x, b: x[0] @ x + b, X, Y[0])


def test_a_product_of_many_columns_is_an_operation_of_its_own() -> None:
    wide = np.tile(X, (1, 4))
    assert "addmm" not in text_and_answer(lambda w, x, b: x @ w + b, wide, X, wide[0])


@pytest.mark.parametrize("name", ["max", "min", "any", "all"])
def test_a_reduction_of_all_elements_is_one_operation_where_they_are_few(name: str) -> None:
    reduce = getattr(np, name)
    for x in (X, X[0], STEEP, X > 0):
        assert f"torch.{name}(v" in text_and_answer(
            lambda x: reduce(x == 2) if name in ("any", "all") else reduce(x), x
        )
    wide = np.linspace(-1, 1, 9000, dtype=np.float32)
    assert not re.search(rf"torch.{name}\([^,]*\)", text_and_answer(lambda x: reduce(x > 0) + 0, wide))
    assert not re.search(rf"torch.{name}\([^,]*\)", text_and_answer(lambda x: reduce(x > 0, axis=0) + 0, X))


def squares(x: Any, y: Any) -> Any:
    total = x * x + y
    if total[0, 0] > 0:
        total = total - x * x
    return total


def two_of_one(x: Any, y: Any) -> Any:
    first, second = x * y, x * y
    return first, second, np.sin(x * y)


def test_an_array_that_is_read_again_is_computed_once() -> None:
    for sign in (1, -1):
        assert text_and_answer(squares, X, sign * Y).count("v0 * v0") == 1


def test_equal_arrays_that_are_given_out_stay_two() -> None:
    staged = snek.stage(two_of_one, backend="torchscript")
    first, second, _ = staged(X, Y)
    first += 1
    np.testing.assert_allclose(second, X * Y, rtol=1e-6)
    assert staged.trace(X, Y).lower().as_text("python").count("v0 * v1") == 2


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (lambda x, y: np.sin(x) * y, "torch.sin(v0).mul_(v1)"),
        (lambda x, y: y - np.sin(x), r"torch.sub(v1, v\d+, out=v\d+)"),
        (lambda x, y: y / np.exp(x), r"torch.div(v1, v\d+, out=v\d+)"),
        (lambda x, y: np.tanh(-(x + y) * 2.5), "neg_().mul_(c0).tanh_()"),
    ],
)
def test_a_value_that_is_used_once_gives_its_memory_to_the_result(function: Callable[..., Any], text: str) -> None:
    pattern = re.escape(text).replace(re.escape(r"\d+"), r"\d+")
    assert re.search(pattern, text_and_answer(function, X, Y))


def used_again(x: Any, y: Any) -> Any:
    made = np.sin(x)
    return made * y + made


def chosen_whole(x: Any, y: Any) -> Any:
    flag = x[0, 0] > 0
    return np.where(flag, x, y) + 1


def broadcast(x: Any, y: Any) -> Any:
    return np.sin(x[0]) + y


def in_a_loop(x: Any, y: Any) -> Any:
    made = np.sin(x)
    n = 0
    while np.sum(y) < 1000 and n < 5:
        y = y * 2 + 300
        n = n + 1
        y = made + y
    return y


@pytest.mark.parametrize("function", [used_again, chosen_whole, broadcast, in_a_loop])
@pytest.mark.parametrize("sign", [1, -1])
def test_memory_that_is_asked_for_again_is_left_alone(function: Callable[..., Any], sign: int) -> None:
    text_and_answer(function, sign * X, sign * Y)


def rows(x: Any, t: Any) -> Any:
    made = np.zeros((6, 5), np.float32)
    while t < 6:
        made[t] = x[t % 5] + t
        t = t + 1
    return made


def numbers(x: Any, t: Any) -> Any:
    made = np.zeros(6, np.float32)
    while t < 6:
        made[t] = x[t % 5, 0] + made[t - 1]
        t = t + 1
    return made


def kept(x: Any, t: Any) -> Any:
    made = np.zeros((6, 5), np.float32)
    before = made
    while t < 6:
        before = made + 0
        made[t] = x[t % 5] + t
        t = t + 1
    return made + before


@pytest.mark.parametrize("function", [rows, numbers, kept])
@pytest.mark.parametrize("first", [-2, 0, 4, 6])
def test_a_row_is_stored_where_it_is_written(function: Callable[..., Any], first: int) -> None:
    text = text_and_answer(function, X, np.int64(first))
    assert ("stored(" in text) is (function is not kept)
    assert "index_put" not in text


def test_a_store_of_turned_rows_is_no_store_of_a_row() -> None:
    def turned(x: Any, t: Any) -> Any:
        made = x * 1
        made[t, ::-1] = x[0]
        return made

    assert "select_scatter" not in text_and_answer(turned, X, np.int64(-2))


def test_an_array_of_places_is_one_operation() -> None:
    places = np.array([[4, 0], [-1, -5]])
    assert "torch.ops.aten.index(" in text_and_answer(lambda x, at: x[at % 5], X, places)
    assert "torch.ops.aten.index(" in text_and_answer(lambda x, at: np.take(x, at, axis=0), X, np.arange(5) % 3)
    assert "torch.ops.aten.index(" in text_and_answer(lambda x, at: x[at, at[0]], X, places)


def walked(x: Any, w: Any, n: Any) -> Any:
    made = x[0] @ w
    t = 0 * n
    while t < n:
        made = made * 0.5 + x[t] @ w
        t = t + 1
    return made


@pytest.mark.parametrize(("backend", "product"), [("torchscript", "matmul(v0, v1)"), ("torch", "matmul(v1, v2)")])
@pytest.mark.parametrize("trips", [0, 1, 4, 5])
def test_products_of_a_walk_through_a_stack_are_made_at_once(backend: str, product: str, trips: int) -> None:
    stack = RNG.standard_normal((5, 8, 5)).astype(np.float32)
    staged = snek.stage(walked, backend=backend)
    np.testing.assert_allclose(staged(stack, X, np.int64(trips)), walked(stack, X, trips), rtol=1e-4, atol=1e-5)
    assert product in staged.trace(stack, X, np.int64(trips)).lower().as_text("python")


@pytest.mark.parametrize("name", ["snek/torchscript", "snek/torch"])
def test_a_call_with_tensors_like_the_last_ones_finds_its_program_at_once(name: str) -> None:
    import torch

    from snek_strategies.registry import load

    strategy = load(name)
    run = strategy.stage(lambda x, y: x * 2 + y, (X, Y)).compile()
    begun = []
    begin = run.call_staged  # type: ignore[attr-defined]
    run.call_staged = lambda *args: begun.append(args) or begin(*args)  # type: ignore[attr-defined, func-returns-value]
    one, other = torch.tensor(X), torch.tensor(Y)
    for x, y in [(one, other), (other, one), (one, other), (one[:2], other[:2]), (one.double(), other), (one, one)]:
        np.testing.assert_allclose(strategy.to_host(run(x, y)), x.numpy() * 2 + y.numpy(), rtol=1e-6)
    assert len(begun) == 4


def test_a_sum_of_products_of_short_lines_is_one_operation() -> None:
    assert "torch.dot(v0, v1)" in text_and_answer(lambda x, y: np.sum(x * y) + x, X[0], Y[0])
    assert "torch.dot" not in text_and_answer(lambda x, y: np.sum(x * y) + x, X, Y)
    assert "torch.dot" not in text_and_answer(lambda x, y: np.sum(x * y) + x, np.ones(5000, "f4"), np.ones(5000, "f4"))


def test_a_number_that_is_chosen_is_no_tensor() -> None:
    assert "scalar_tensor" not in text_and_answer(lambda x, n: np.where(x > 2, n, x), np.arange(5), np.int64(9))
