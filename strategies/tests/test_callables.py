"""What `snek.stage` and `snek.grad` take beside plain functions, and staged functions that call each other."""

from __future__ import annotations

import functools

import numpy as np
import pytest

import snek

X = np.linspace(-1.0, 2.0, 4)


def scaled(x, factor=2.0, times=1):
    for _ in range(times):
        x = x * factor if x.sum() > 0 else x - 1
    return x


class Scale:
    def __init__(self, factor):
        self.factor = factor

    def __call__(self, x):
        return scaled(x, self.factor)


def test_a_partial_is_staged_with_its_own_arguments() -> None:
    staged = snek.stage(functools.partial(functools.partial(scaled, X), 3.0, times=1))
    np.testing.assert_array_equal(staged(), scaled(X, 3.0))
    np.testing.assert_array_equal(staged(times=2), scaled(X, 3.0, 2))
    assert len(staged.stagings()) == 2


def test_an_object_with_a_call_of_its_own_is_staged_and_what_it_holds_is_guarded() -> None:
    scale = Scale(3.0)
    staged = snek.stage(scale)
    np.testing.assert_array_equal(staged(X), scaled(X, 3.0))
    scale.factor = 5.0
    np.testing.assert_array_equal(staged(X), scaled(X, 5.0))


def test_what_was_staged_is_staged_anew_with_other_settings() -> None:
    first = snek.stage(functools.partial(scaled, factor=3.0))
    other = snek.stage(first, backend="lantern")
    assert "return" in other.trace(X).lower().as_text("cpp")
    np.testing.assert_array_equal(other(X), first(X))


def test_a_gradient_is_staged_for_any_back_end() -> None:
    gradient = snek.stage(snek.value_and_grad(lambda x: (x**3).sum()), backend="lantern")
    value, by_x = gradient(X)
    assert value == pytest.approx((X**3).sum())
    np.testing.assert_allclose(by_x, 3 * X**2)
    assert "return" in gradient.trace(X).lower().as_text("cpp")
    with pytest.raises(snek.UsageError, match="verify: a gradient"):
        snek.stage(gradient, verify=True)


def test_positions_of_a_partials_gradient_count_from_its_own_first_argument() -> None:
    power = functools.partial(lambda exponent, x, y: (x**exponent * y).sum(), 3)
    by_x, by_y = snek.grad(power, argnums=(0, 1))(X, X + 1)
    np.testing.assert_allclose(by_x, 3 * X**2 * (X + 1))
    np.testing.assert_allclose(by_y, X**3)
    assert snek.grad(snek.grad(functools.partial(lambda k, x: k * x**3, 2.0)))(2.0) == 24.0


def test_a_staged_function_is_part_of_the_one_that_calls_it() -> None:
    inner = snek.stage(scaled, backend="lantern")

    @snek.stage
    def outer(x):
        total = 0 * x
        for i in range(40):
            total = total + inner(x, factor=i) if total.sum() < 100 else total
        return total

    expected = 0 * X
    for i in range(40):
        expected = expected + scaled(X, i) if expected.sum() < 100 else expected
    np.testing.assert_array_equal(outer(X), expected)
    assert inner.stagings() == ()


def test_a_staged_function_may_call_itself() -> None:
    @snek.stage
    def factorial(n):
        return n * factorial(n - 1) if n > 1 else n

    assert factorial(np.int64(5)) == 120
    assert factorial(np.int64(7)) == 5040
    assert len(factorial.stagings()) == 1


@pytest.mark.parametrize("what", [np.tanh, functools.lru_cache(scaled), Scale, 3])
def test_what_has_no_text_in_python_is_refused(what) -> None:
    with pytest.raises(snek.UsageError, match="cannot stage a .*; hand in a Python function"):
        snek.stage(what)
    with pytest.raises(snek.UsageError, match="cannot differentiate a .*; hand in a Python function"):
        snek.grad(what)


def test_a_module_is_staged_with_its_parameters_as_arguments() -> None:
    torch = pytest.importorskip("torch")

    class Layer(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = torch.nn.Linear(4, 4)

        def forward(self, x, scale=2.0):
            y = self.linear(x) * scale
            return torch.relu(y) if y.sum() > 0 else y

    layer, x = Layer(), torch.linspace(-1, 1, 4)
    staged = snek.stage(layer)
    torch.testing.assert_close(staged(x), layer(x))
    with torch.no_grad():
        layer.linear.weight.mul_(-3)
    torch.testing.assert_close(staged(x), layer(x))
    torch.testing.assert_close(staged(x, scale=0.5), layer(x, scale=0.5))
    assert len(staged.stagings()) == 2
    layer.register_forward_hook(lambda *_: None)
    with pytest.raises(snek.StagingError, match="_forward_hooks"):
        staged(x)
    del layer._forward_hooks[next(iter(layer._forward_hooks))]
    layer.forward = lambda x: x * 5
    with pytest.raises(snek.StagingError, match="a Layer with a `forward` of its own"):
        staged(x)
    torch.testing.assert_close(snek.stage(lambda layer, x: layer(x))(layer, x), x * 5)
