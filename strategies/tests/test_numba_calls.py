"""Calls of programs that Numba has compiled go through the entry in C, and answer and raise as Python does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import snek
from snek_strategies.backends.numba_source.lowered import EARLY
from snek_strategies.backends.registry import BACKENDS

pytestmark = [
    pytest.mark.usefixtures("checked"),
    pytest.mark.skipif(bool(BACKENDS["numba"].missing()), reason="Numba is not installed"),
]
X = np.linspace(-1.0, 2.0, 12).reshape(3, 4)


def kinds(x: Any, n: Any) -> Any:
    return x * n, x > 0, n + 1, n > 3, x[0, 0], (x.astype("float32"), n * 0.5), x, x[:, 1] * 1j, x[:0]


def refuses(x: Any, n: Any) -> Any:
    if n > 3:
        raise ValueError(f"too many: {n}")
    return x * n


def indexed(x: Any, n: Any) -> Any:
    return x[n]


def deep(x: Any, n: Any) -> Any:
    return x if n == 0 else deep(x, n - 1) + 1.0


def settled(function: Callable[..., Any], *args: object, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, list[object]]:
    """Return a function staged for Numba after some calls, and the calls that Python has served since."""
    staged = snek.stage(function, backend="numba")
    for _ in range(EARLY + 2):
        staged(*args)
    served: list[object] = []
    begin = staged.call_in_python

    def call_in_python(*given: object, **kwargs: object) -> object:
        served.append(given)
        return begin(*given, **kwargs)

    monkeypatch.setattr(staged, "call_in_python", call_in_python)
    return staged, served


def test_a_call_of_a_settled_program_needs_no_python(monkeypatch: pytest.MonkeyPatch) -> None:
    staged, served = settled(kinds, X, snek.dynamic(2), monkeypatch=monkeypatch)
    for n in (5, -3):
        x = X + n
        found, wanted = staged(x, snek.dynamic(n)), kinds(x, n)
        for one, other in zip(_flat(found), _flat(wanted), strict=True):
            assert type(one) is type(other)
            assert np.asarray(one).dtype == np.asarray(other).dtype
            np.testing.assert_array_equal(one, other)
        assert found[6] is x
    assert not served


def _flat(values: tuple[Any, ...]) -> list[Any]:
    return [part for one in values for part in (one if isinstance(one, tuple) else (one,))]


@pytest.mark.parametrize(("function", "n"), [(refuses, 9), (indexed, 3), (deep, 10**6)])
def test_what_a_settled_program_raises_is_pythons(
    function: Callable[..., Any], n: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    staged, served = settled(function, X, snek.dynamic(2), monkeypatch=monkeypatch)
    for _ in range(2):
        with pytest.raises((ValueError, IndexError, RecursionError)) as wanted:
            function(X, n)
        with pytest.raises(wanted.type) as found:
            staged(X, snek.dynamic(n))
        assert function is deep or str(found.value) == str(wanted.value)
        np.testing.assert_array_equal(staged(X, snek.dynamic(1)), function(X, 1))
    assert len(served) == 2


def test_answers_of_a_settled_program_are_the_callers_own(monkeypatch: pytest.MonkeyPatch) -> None:
    staged, served = settled(lambda x: (x * 0 + 7, np.full(3, 7.0)), X, monkeypatch=monkeypatch)
    for _ in range(2):
        for one in staged(X):
            np.testing.assert_array_equal(one, 7.0)
            one[...] = 0
    assert not served


def test_large_results_are_not_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    large = np.ones(5000)
    staged, served = settled(lambda x: x + 1, large, monkeypatch=monkeypatch)
    np.testing.assert_array_equal(staged(large), large + 1)
    assert len(served) == 1


@pytest.mark.parametrize("backend", ["lantern", "numba"])
def test_a_call_that_the_entry_does_not_make_is_remembered_in_python(
    backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def filled(x: Any) -> Any:
        x[0] = 7.0
        return x * 2

    staged, begun = snek.stage(filled, backend=backend), []
    begin = staged.call_staged
    monkeypatch.setattr(staged, "call_staged", lambda *args: begun.append(args) or begin(*args))
    for at in range(EARLY + 5):
        given = X + at
        np.testing.assert_array_equal(staged(given), 2 * given)
        assert given[0, 0] == 7.0
    assert len(begun) <= EARLY + 2


@pytest.mark.parametrize("backend", ["interpret", "numba"])
def test_a_tuple_known_while_staging_is_known_again(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def chosen(code: Any, x: Any) -> Any:
        return [x + one if type(one) is int else x for one in code]

    staged, begun = snek.stage(chosen, backend=backend), []
    codes: list[Any] = [(1, (2,), "a"), (True, (2,), "a"), (1, (2,), "a"), (1.0, None)]
    begin = staged.call_staged
    monkeypatch.setattr(staged, "call_staged", lambda *args: begun.append(args) or begin(*args))
    for code in codes:
        for _ in range(EARLY + 3):
            np.testing.assert_array_equal(staged(code, X), chosen(code, X))
    assert len(begun) <= len(codes) * (EARLY + 2)
    begun.clear()
    staged(codes[-2], X)
    begun.clear()
    staged(codes[-2], X)
    assert not begun
