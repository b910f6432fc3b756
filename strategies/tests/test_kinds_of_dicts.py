"""Python's further kinds of dicts keep their class and their ways in staged programs; other classes are refused."""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict
from typing import Any

import numpy as np
import pytest

import snek

pytestmark = pytest.mark.usefixtures("checked")

X = np.float64(2)


def three() -> float:
    return 3.0


def asks_for_more(entries):
    found = entries["more"]
    entries["sum"] = entries["a"] + found
    return found, dict(entries)


def moves(entries):
    entries.move_to_end("a")
    return [name for name in entries], entries


def makes(x):
    return OrderedDict(a=x), defaultdict(list, b=[x]), {"c": Counter(d=1)}


@pytest.mark.parametrize(
    ("program", "given"),
    [
        (asks_for_more, defaultdict(three, a=X)),
        (asks_for_more, Counter(a=1, b=2)),
        (moves, OrderedDict(a=X, b=X * 2)),
    ],
)
def test_a_dict_stays_of_its_kind(program: Any, given: Any) -> None:
    mine, plain = given.copy(), given.copy()
    for _ in range(2):
        got, wanted = snek.stage(program)(mine), program(plain)
        assert repr(got) == repr(wanted)
        assert repr(mine) == repr(plain)
        assert list(mine) == list(plain)


def test_a_dict_that_is_made_is_given_back_as_its_kind() -> None:
    assert repr(snek.stage(makes)(X)) == repr(makes(X))
    assert snek.stage(makes)(X)[1].default_factory is list  # type: ignore[index]


def test_another_default_is_staged_anew() -> None:
    staged = snek.stage(lambda entries: entries["b"] * entries["a"])
    for default in (three, float, three):
        assert staged(defaultdict(default, a=X)) == default() * X
    assert len(staged.stagings()) == 2


def test_the_gradient_by_a_dict_is_of_its_kind() -> None:
    found = snek.grad(lambda entries: entries["a"] ** 2 * entries["b"])(OrderedDict(b=X, a=X))
    assert repr(found) == repr(OrderedDict(b=np.float64(4), a=np.float64(8)))


class Rows(list[Any]):
    """A list with more to it."""


class Table(dict[str, Any]):
    """A dict with more to it."""


@pytest.mark.parametrize("given", [Rows([X]), Table(a=X)], ids=["list", "dict"])
def test_other_classes_are_refused_in_and_out(given: Any) -> None:
    with pytest.raises(snek.StagingError, match=f"an argument of class {type(given).__name__}") as caught:
        snek.stage(lambda held: X)(given)
    assert caught.value.code == "SNK0217"
    with pytest.raises(snek.StagingError, match=f"returns a {type(given).__name__}") as caught:
        snek.stage(lambda x: type(given)(given))(X)
    assert caught.value.code == "SNK0217"
