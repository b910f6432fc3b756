"""A call like the last one finds its program at once; any other is staged, or found, as from the beginning."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import snek

pytestmark = pytest.mark.usefixtures("checked")

FACTOR = 2.0


def scaled(x: Any, y: Any, sign: int = 1) -> Any:
    return (x * FACTOR + y) * sign


def filled(x: Any, y: Any) -> Any:
    x[0] = y[1] * 10
    return x + y


class Counted:
    """A staged function, and how many of its calls began at the beginning."""

    def __init__(self, function: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.staged, self.begun = snek.stage(function), 0
        begin = self.staged.call_staged

        def call_staged(*args: object, **kwargs: object) -> object:
            self.begun += 1
            return begin(*args, **kwargs)

        monkeypatch.setattr(self.staged, "call_staged", call_staged)


LINE, OTHER = np.arange(3.0), np.ones(3)


def test_a_call_like_the_last_one_finds_its_program_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Counted(scaled, monkeypatch)
    for at in range(5):
        np.testing.assert_array_equal(counted.staged(LINE + at, OTHER, -1), scaled(LINE + at, OTHER, -1))
    assert counted.begun == 1


def test_a_static_tuple_is_known_again_and_an_equal_one_of_other_types_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(code: Any, x: Any) -> Any:
        for one in code:
            x = x + (10 if one is True else one)
        return x

    counted = Counted(run, monkeypatch)
    code = (1, (2, 3)[0], 0)
    for given in (code, code, code, (True, 2, 0), (True, 2, 0), code):
        np.testing.assert_array_equal(counted.staged(given, LINE), run(given, LINE))
    assert counted.begun < 6


@pytest.mark.parametrize(
    "other",
    [
        (LINE.astype("float32"), OTHER),
        (LINE[:2], OTHER[:2]),
        (LINE, LINE),
        (np.float64(3), OTHER),
        (np.array(3.0), OTHER),
        (LINE, OTHER, -1),
        (LINE, OTHER, True),
        (LINE.view(np.ndarray).astype(">f8").astype("=f8"), OTHER),
        (LINE.tolist()[0], OTHER),
    ],
    ids=["dtype", "shape", "one array", "scalar", "0-d", "static value", "static type", "equal", "number"],
)
def test_a_call_unlike_the_last_one_answers_as_python(other: tuple[Any, ...]) -> None:
    staged = snek.stage(scaled)
    for args in ((LINE, OTHER), other, (LINE, OTHER), other, other):
        found, wanted = staged(*args), scaled(*args)
        assert found.dtype == wanted.dtype
        np.testing.assert_array_equal(found, wanted)


def test_a_changed_global_is_seen_by_a_call_like_the_last_one(monkeypatch: pytest.MonkeyPatch) -> None:
    staged = snek.stage(scaled)
    for factor in (2.0, 3.0, 2.0):
        monkeypatch.setitem(globals(), "FACTOR", factor)
        np.testing.assert_array_equal(staged(LINE, OTHER), LINE * factor + OTHER)
        np.testing.assert_array_equal(staged(LINE, OTHER), LINE * factor + OTHER)


def test_arguments_that_are_changed_are_so_at_every_call() -> None:
    staged = snek.stage(filled)
    for args in ((LINE, OTHER), (OTHER, LINE), (LINE, OTHER)):
        x, y = args[0].copy(), args[1].copy()
        np.testing.assert_array_equal(staged(x, y), filled(args[0].copy(), y))
        assert x[0] == y[1] * 10
    x = LINE.copy()
    np.testing.assert_array_equal(staged(x, x), filled(LINE.copy(), LINE.copy()) * 0 + [20.0, 2.0, 4.0])
    assert x[0] == 10


def test_an_array_that_is_marked_static_is_looked_at_at_every_call() -> None:
    staged = snek.stage(scaled, static_argnames="y")
    for value in (1.0, 2.0, 1.0):
        np.testing.assert_array_equal(staged(LINE, np.full(3, value)), LINE * FACTOR + value)
