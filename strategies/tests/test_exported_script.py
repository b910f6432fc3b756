"""An exported graph that is run as TorchScript answers as PyTorch runs it: numbers, choices, loops, memory."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import snek

torch: Any = pytest.importorskip("torch")

from snek_strategies.backends import torch_program  # noqa: E402
from snek_strategies.backends.exported_numbers import ROWS  # noqa: E402
from snek_strategies.backends.exported_script import exported_script  # noqa: E402

INTS = [0, 1, -1, 2, -7, 63, 2**62, 2**63 - 1, -(2**63)]
X = torch.linspace(-2, 2, 12).reshape(3, 4)


def exported(function: Callable[..., Any], *example: Any) -> Any:
    """Return a function as `torch.export` has it."""

    class Module(torch.nn.Module):  # type: ignore[misc]
        def forward(self, *args: Any) -> Any:
            return function(*args)

    return torch.export.export(Module(), example, strict=False)


def both(function: Callable[..., Any], *example: Any) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return an exported function as Python, and as PyTorch runs it."""
    made = exported(function, *example)
    return exported_script(made, len(made.graph_signature.output_specs)), made.module()


def same(function: Callable[..., Any], *args: Any) -> None:
    """Compare both ways on the arguments, which stay as they are."""
    ours, theirs = both(function, *args)
    kept = [one.clone() for one in args]
    for one, other in zip(ours(*args), theirs(*args), strict=True):
        assert (one.dtype, one.shape) == (other.dtype, other.shape)
        torch.testing.assert_close(one, other, rtol=0, atol=0, equal_nan=True)
    assert all(torch.equal(one, other) for one, other in zip(args, kept, strict=True))


def whole(a: Any, b: Any) -> Any:
    flag, other = a < b, a == 3
    return (
        a + b, a - b, a * b, a + 1, 7 - a, a * a * a, a % 5, torch.div(a, 3, rounding_mode="floor"),
        a == b, a != b, a < b, a <= b, a > b, a >= b, a == 2,
        torch.bitwise_and(a, b), torch.bitwise_or(a, b), torch.bitwise_xor(a, b), ~a, torch.bitwise_not(flag),
        torch.logical_and(flag, other), torch.logical_or(flag, other), torch.logical_and(a, b), torch.logical_not(a),
        flag < other, flag >= other, flag == other, flag != other, flag < a,
        flag & other, flag | other, flag ^ other, flag + other, flag * b, torch.where(flag, a, b),
        torch.where(other, flag, a), torch.maximum(a, b), torch.minimum(a, b), torch.abs(a), torch.neg(b),
        torch.bitwise_left_shift(a, 3), torch.bitwise_right_shift(a, 2),
        a.to(torch.bool), a.to(torch.float32) / 2, flag.to(torch.int64) + b,
    )  # fmt: skip


def test_numbers_are_those_of_64_bits() -> None:
    ours, theirs = both(whole, torch.tensor(3), torch.tensor(4))
    for a, b in itertools.product(INTS, INTS):
        for at, (one, other) in enumerate(
            zip(ours(*map(torch.tensor, (a, b))), theirs(*map(torch.tensor, (a, b))), strict=True)
        ):
            assert (at, one.dtype, one.item()) == (at, other.dtype, other.item()), (a, b)


def test_every_row_of_numbers_is_asked() -> None:
    def program(a: Any, b: Any) -> Any:
        return (*whole(a, b), a.clone() + 1)

    nodes = exported(program, torch.tensor(3), torch.tensor(4)).graph.nodes
    called = [node.target for node in nodes if node.op == "call_function"]
    assert {one._schema.name.removeprefix("aten::") for one in called} >= ROWS.keys()


def numbers_among_tensors(x: Any, n: Any) -> Any:
    wide = (10 * x).to(torch.int64)
    put = torch.ops.aten.index_put(x, [n], x[0] + 1)
    each = torch.ops.aten.index_put(wide, [n, n], n)
    taken = torch.ops.aten.index(x, [n]), torch.ops.aten.index(wide, [n, n])
    return (*taken, wide + n, n - wide, wide < n, n <= wide, n & wide, wide | n, n ^ wide,
            torch.where(wide > n, n, wide), torch.where(n > 0, x, -x), put, each,
            torch.argmax(x), torch.max(wide, 1)[1], torch.sort(wide.reshape([-1]))[0][n], x * n)  # fmt: skip


@pytest.mark.parametrize("n", [-2, 0, 1])
def test_numbers_and_tensors_go_together(n: int) -> None:
    same(numbers_among_tensors, X, torch.tensor(n))


def viewed(x: Any, y: Any) -> Any:
    made = torch.sin(x)
    part = made[:, :2]
    more = made + y
    return more * part.sum(), part * 2, made.t() + y.t(), torch.exp(more).reshape([4, 3])


def sliced(x: Any, y: Any) -> Any:
    return x[1:] * 2, x[:, 1:3] + 1, x[..., -2:] - 1, x[::2, 1::3] + y[:2, :2], x[:2][:, 1:][:1] + 0, x[:, :-1] + 1


def chained(x: Any, y: Any) -> Any:
    return y - torch.exp(torch.sin(x) * y), 1 / torch.cosh(x), (x + y) / torch.exp(-x), torch.tanh(x[0]) + y


@pytest.mark.parametrize("function", [viewed, chained, sliced])
def test_memory_that_anything_else_knows_is_left_alone(function: Callable[..., Any]) -> None:
    same(function, X, X.flip(0) + 1)


@pytest.mark.parametrize("trips", [0, 1, 4])
def test_choices_and_loops_are_torchscripts(trips: int) -> None:
    from torch._higher_order_ops.while_loop import while_loop

    def program(x: Any, n: Any) -> Any:
        def body(t: Any, y: Any) -> Any:
            (z,) = torch.cond(t % 2 == 0, lambda a: (a * 2,), lambda a: (a - 1,), (y,))
            return t + 1, torch.tanh(z) + x

        return while_loop(lambda t, _: t < n, body, (n * 0, x.clone()))

    same(program, X, torch.tensor(trips))


def filled(x: Any, n: Any, y: Any) -> Any:
    def body(t: Any, rows: Any) -> Any:
        return t + 1, torch.ops.aten.index_put(rows, [t], y + t)

    return body


def filled_from_itself(x: Any, n: Any, y: Any) -> Any:
    def body(t: Any, rows: Any) -> Any:
        return t + 1, torch.ops.aten.index_put(rows, [t], rows[0] + t)

    return body


def filled_by_itself(x: Any, n: Any, y: Any) -> Any:
    def body(t: Any, rows: Any) -> Any:
        return t + 1, torch.ops.aten.index_put(rows, [t], torch.ops.aten.index(rows, [t - 1])) + 0 * y

    return body


@pytest.mark.parametrize("body_of", [filled, filled_from_itself, filled_by_itself])
@pytest.mark.parametrize("trips", [0, 2])
def test_a_loop_stores_into_an_array_of_its_own(body_of: Callable[..., Any], trips: int) -> None:
    from torch._higher_order_ops.while_loop import while_loop

    def program(x: Any, n: Any, y: Any) -> Any:
        t, rows = while_loop(lambda t, _: t < n, body_of(x, n, y), (n * 0, x.clone()))
        return t, rows.clone(), x + 0

    same(program, X, torch.tensor(trips), X[1] + 1)


def test_where_there_is_no_torchscript_pytorch_runs_what_was_exported(monkeypatch: pytest.MonkeyPatch) -> None:
    def program(x: Any, n: Any) -> Any:
        while n > 0 and np.sum(x) < 100:
            x, n = x * 2, n - 1
        return x, n

    monkeypatch.setattr(torch_program, "missing_torchscript", lambda: "not on this Python")
    monkeypatch.setattr(torch_program, "exported_script", None)
    staged = snek.stage(program, backend="torch")
    for n in (0, 3, 50):
        for one, wanted in zip(staged(np.ones(3), np.int64(n)), program(np.ones(3), np.int64(n)), strict=True):
            np.testing.assert_array_equal(one, wanted)
