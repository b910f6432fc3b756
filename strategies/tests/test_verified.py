"""`verify=` names the first statement at which plain Python and the staged program part; faults are planted for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import snek
from snek_strategies.backends.registry import lower
from snek_strategies.ir.interpretations import INTERPRETATIONS
from snek_strategies.staging.followed import close, first_difference, in_plain_python, when_staged

f64 = np.float64


@pytest.fixture
def _wrong_tanh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(INTERPRETATIONS, "tanh", lambda x: -np.tanh(x))


def helper(a):
    scaled = np.tanh(a)
    return scaled + 1


def in_a_callee(x, n):
    y = x * 2
    total = 0 * y
    for i in range(n):
        total = total + helper(y - i)
    return total


def augmented(x):
    y = x * 2
    y += np.tanh(x)
    return y


def in_a_test(x):
    y = x
    if np.tanh(x) > 0:
        y = -x
    return y


def returned(x):
    y = x + 1
    return np.tanh(y)


def stored(items, x):
    items["a"] = np.tanh(x)
    return x


def unpacked(x):
    a, b = x, np.tanh(x)
    return a + b


CASES: dict[Callable[..., Any], tuple[tuple[Any, ...], str]] = {
    in_a_callee: ((f64(2), 3), "scaled = np.tanh(a)"),
    augmented: ((np.array([1.0, 2.0]),), "y += np.tanh(x)"),
    in_a_test: ((f64(2),), "if np.tanh(x) > 0:"),
    returned: ((f64(2),), "return np.tanh(y)"),
    stored: (({"a": 1.0}, f64(2)), 'items["a"] = np.tanh(x)'),
    unpacked: ((f64(2),), "a, b = x, np.tanh(x)"),
}
VARIABLES = {in_a_callee: "scaled", augmented: "y", unpacked: "b"}


@pytest.mark.usefixtures("_wrong_tanh")
@pytest.mark.parametrize("program", CASES, ids=lambda one: one.__name__)
def test_the_first_differing_statement_is_named_with_its_line_variable_and_both_values(program: Any) -> None:
    arguments, statement = CASES[program]
    with pytest.raises(snek.StagingError) as caught:
        snek.stage(program, verify=True)(*arguments)
    message, place = str(caught.value), caught.value.place
    assert f"they part at `{statement}`, where {VARIABLES.get(program, 'its value')} is " in message
    assert place is not None
    lines = Path(__file__).read_text().splitlines()
    assert lines[place.line - 1].strip() == statement
    assert caught.value.code == "SNK0304"


@pytest.mark.usefixtures("_wrong_tanh")
def test_both_values_of_the_variable_are_given() -> None:
    with pytest.raises(
        snek.StagingError, match=r"where b is np.float64\(0.96.*\) in plain .* np.float64\(-0.96.*\) in"
    ):
        snek.stage(unpacked, verify=True)(f64(2))


@pytest.mark.usefixtures("_wrong_tanh")
def test_a_loop_that_is_staged_is_followed_trip_by_trip() -> None:
    with pytest.raises(snek.StagingError, match="they part at `scaled = np.tanh"):
        snek.stage(in_a_callee, verify=True)(f64(2), 100)


def test_a_path_that_only_one_of_them_takes_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def program(x):
        y = x * 2
        while y < 100:
            y = y * 3
        return y

    def three(x):
        y = x * 2
        while y < 10:
            y = y * 3
        return y

    plain, other = in_plain_python(program, ((f64(1),), {})), in_plain_python(three, ((f64(1),), {}))
    moved = [one._replace(place=mine.place) for one, mine in zip(other, plain, strict=False)]
    found = first_difference(plain, moved)
    assert found is not None
    assert found[1] == "its value is np.True_ in plain Python and np.False_ in the staged program"
    ended = first_difference(plain, plain[:3])
    assert ended is not None
    assert ended[0] == plain[2].place
    assert ended[1].endswith("the staged program ends after it")


def branches(x, xs):
    total = 0.0
    for one in xs:
        if one > x:
            total = total + one
        elif one < 0:
            continue
        else:
            total -= 1
    pair = (total, [x, 3])
    try:
        total = float(pair[0]) / x
    except ZeroDivisionError:
        total = -1.0
    return total, helper(x)


@pytest.mark.parametrize("backend", ["interpret", "lantern"])
@pytest.mark.parametrize("x", [0.5, 2.0])
def test_following_shows_the_same_in_both_where_nothing_is_wrong(backend: str, x: float) -> None:
    given = (f64(x), np.array([1.0, -1.0, 2.0, 0.25] * 6)), {}
    plain = in_plain_python(branches, given)
    staged = when_staged(branches, given, 16, lambda program: lower(backend, program).compile())
    assert first_difference(plain, staged) is None
    assert len(plain) == len(staged) > 50
    assert sum(1 for one in plain if one.values) > 40


def test_a_fault_of_a_back_end_that_shows_no_values_is_told_from_one_of_staging(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("jax")
    from snek_strategies.backends import jax_program

    compile_ = jax_program.JaxProgram.compile

    def wrong(self: Any) -> Any:
        run = compile_(self)
        return lambda *values: tuple(one * 2 for one in run(*values))

    monkeypatch.setattr(jax_program.JaxProgram, "compile", wrong)
    with pytest.raises(snek.StagingError, match="followed statement by statement on back-end 'interpret' it does the"):
        snek.stage(returned, backend="jax", verify=True)(f64(2))


def test_tensors_are_compared_as_arrays(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")

    def scaled(x):
        return torch.tanh(x) * 2 if x.sum() > 0 else x

    x = torch.linspace(-1.0, 2.0, 4, requires_grad=True)
    torch.testing.assert_close(snek.stage(scaled, verify=True)(x), scaled(x).detach())
    monkeypatch.setitem(INTERPRETATIONS, "tanh", lambda x: -np.tanh(x))
    with pytest.raises(snek.StagingError, match="the answer of scaled"):
        snek.stage(scaled, verify=True)(x)


def test_rounding_is_no_difference() -> None:
    assert close(np.float32([1.0, 1e-3]), np.float32([1.000001, 1.00001e-3]))
    assert close(
        np.float32([1e4, 1e-5]), np.float32([1e4, -1e-5])
    )  # what is left of adding up is not told from nothing
    assert not close(np.float32([1.0, 1e-3]), np.float32([1.0, 1.1e-3]))
    assert not close(np.float64([1.0]), np.float64([1.00001]))
