"""Gradients by tensors are tensors, and those by an `nn.Module` come by parameter name, as autograd gives them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import snek

torch = pytest.importorskip("torch")
nn = torch.nn

X = torch.tensor([[0.5, -1.5, 2.0], [3.0, 0.25, -0.75]], dtype=torch.float64)


class Net(nn.Module):
    """Two layers, control flow on data, a buffer, and one parameter under two names."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(3, 4)
        self.rest = nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 4, bias=False))
        self.rest[2].weight = self.rest[0].weight
        self.unused = nn.Parameter(torch.ones(2))
        self.register_buffer("scale", torch.tensor(1.5))

    def forward(self, x: Any) -> Any:
        hidden = torch.tanh(self.first(x)) * self.scale
        if hidden.sum() > 0:
            hidden = hidden * 2
        for _ in range(20):
            hidden = torch.sin(hidden)
        return self.rest(hidden)


def net() -> Any:
    torch.manual_seed(0)
    return Net().double()


def loss(module, x):
    return (module(x) ** 2).mean()


def by_autograd(module: Any, x: Any) -> dict[str, Any]:
    names, parameters = zip(*module.named_parameters(), strict=True)
    found = torch.autograd.grad(loss(module, x), parameters, allow_unused=True)
    pairs = zip(names, parameters, found, strict=True)
    return {name: torch.zeros_like(one) if grad is None else grad for name, one, grad in pairs}


@pytest.mark.parametrize("backend", ["interpret", "lantern"])
def test_the_gradient_by_a_module_is_autograds_by_parameter_name(backend: str) -> None:
    module = net()
    gradient = snek.value_and_grad(loss, backend=backend)
    for x in (X, -X):
        value, found = gradient(module, x)
        want = by_autograd(module, x)
        assert list(found) == list(want)
        assert torch.allclose(value, loss(module, x).detach())
        for name, one in want.items():
            assert isinstance(found[name], torch.Tensor)
            assert found[name].dtype == one.dtype
            assert torch.allclose(found[name], one), name
    assert len(gradient.stagings()) == 1


def test_a_step_of_an_optimizer_made_of_it_is_pytorchs() -> None:
    module, other = net(), net()
    gradient = snek.grad(loss)
    for _ in range(2):
        for name, one in gradient(module, X).items():
            module.get_parameter(name).data -= 0.1 * one
        for one, slope in zip(other.parameters(), by_autograd(other, X).values(), strict=True):
            one.data -= 0.1 * slope
    for mine, theirs in zip(module.parameters(), other.parameters(), strict=True):
        assert torch.allclose(mine, theirs)
    assert len(gradient.stagings()) == 1


def test_gradients_by_tensors_are_tensors_and_by_arrays_arrays() -> None:
    def energy(pair, scale):
        return (pair["x"] ** 2).sum() * scale.sum()

    x, y = snek.grad(energy, argnums=(0, 1))({"x": X, "name": "kept"}, torch.ones(2, dtype=torch.float64))
    assert isinstance(x["x"], torch.Tensor)
    assert x["name"] == "kept"
    assert torch.equal(x["x"], 4 * X)
    assert isinstance(y, torch.Tensor)
    assert isinstance(snek.grad(lambda x: (x**2).sum())(np.ones(3)), np.ndarray)


def test_a_gradient_inside_a_staged_program_and_one_of_second_order_are_of_tensors() -> None:
    def cube(x):
        return (x**3).sum()

    def step(x):
        return x - 0.1 * torch.tanh(snek.grad(cube)(x))

    assert torch.allclose(snek.stage(step)(X), X - 0.1 * torch.tanh(3 * X**2))
    twice = snek.grad(lambda x: snek.grad(cube)(x).sum())(X)
    assert torch.allclose(twice, 6 * X)


def test_a_module_among_other_values_gets_its_dict() -> None:
    module = net()
    found = snek.grad(lambda pair: loss(pair[0], pair[1]))((module, X))
    assert list(found[0]) == [name for name, _ in module.named_parameters()]
    assert torch.allclose(found[1], torch.autograd.grad(loss(module, x := X.clone().requires_grad_()), x)[0])
