"""Lists, dicts and objects that branches and loops change: what they hold is what Python would leave in them."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import snek

f64 = np.float64
i64 = np.int64


pytestmark = pytest.mark.usefixtures("checked")


@dataclasses.dataclass
class P:
    x: Any
    y: Any


def alias(x):
    a = [x]
    b = a
    if x > 0:
        a[0] = x * 2
    return b[0]


def nested(x):
    d = {"p": P(x, x)}
    if x > 0:
        d["p"].x = x * 3
        if x > 5:
            d["p"].y = x * 7
    return d["p"].x + d["p"].y


def loop_nested(x, n):
    d = {"p": P(x, x), "l": [x, 0.0]}
    i = 0
    while i < n:
        d["p"].x = d["p"].x * 3
        if d["p"].x > 5:
            d["l"][1] = d["l"][1] + i
        i = i + 1
    return d["p"].x, d["l"]


def arg(p, x):
    if x > 0:
        p.x = p.x + x
    for i in range(20):
        p.y = p.y + i
    return None


def swap(x):
    items = [x, -x, x * 2]
    i = 0
    while i < x:
        items[0], items[1], items[2] = items[1], items[2], items[0]
        i = i + 1
    return items


def raises_on_one_path(x):
    d = {"a": x}
    if x > 0:
        d["a"] = x * 2
    else:
        raise ValueError("no")
    return d["a"]


class Sum:
    def __init__(self):
        self.total = 0.0

    def add(self, value):
        if value > 0:
            self.total = self.total + value


def method(x):
    it = Sum()
    it.add(x)
    it.add(-x)
    i = 0
    while i < x:
        it.add(i * 1.0)
        i = i + 1
    return it.total


def stores_attribute(x):
    box = P(1.0, 2.0)
    if x > 0:
        box.x = 5.0
    return x + box.x


def escapes(x):
    kept = [x]

    def keep(value):
        kept[0] = value
        return value

    if x > 5:
        keep(x * 2)
    return kept[0] + 1.0


@dataclasses.dataclass(frozen=True)
class Pair:
    a: Any
    b: Any


def frozen(x):
    p = Pair(x, 0.0)
    while p.a > 1:
        p = Pair(p.a / 2, p.b + 1)
    return p.a, p.b


def outcome(function: Callable[..., Any], args: tuple[Any, ...]) -> str:
    try:
        return repr((function(*args), args))
    except ValueError as error:
        return repr((error, args))


@pytest.mark.parametrize(
    ("program", "calls"),
    [
        (alias, [(f64(1),), (f64(-1),)]),
        (nested, [(f64(1),), (f64(-1),), (f64(9),)]),
        (loop_nested, [(f64(1), i64(3)), (f64(1), i64(0))]),
        (arg, [(P(f64(1), f64(2)), f64(1)), (P(f64(1), f64(2)), f64(-1))]),
        (swap, [(f64(4),), (f64(-1),)]),
        (raises_on_one_path, [(f64(4),), (f64(-1),)]),
        (method, [(f64(4),), (f64(-2),)]),
        (stores_attribute, [(f64(4),), (f64(-2),)]),
        (escapes, [(f64(4),), (f64(6),)]),
        (frozen, [(f64(4),), (f64(-2),)]),
    ],
)
def test_a_container_holds_what_the_path_taken_leaves_in_it(
    program: Callable[..., Any], calls: list[tuple[Any, ...]]
) -> None:
    staged = snek.stage(program)
    for call in calls:
        mine, theirs = copy.deepcopy(call), copy.deepcopy(call)
        got, expected = outcome(staged, mine), outcome(program, theirs)
        assert got.replace("np.float64(0.0)", "0.0") == expected.replace("np.float64(0.0)", "0.0")
    assert len(staged.stagings()) == 1


TABLE = {"v": 1.0}


def test_a_refused_program_leaves_nothing_of_its_staging_outside() -> None:
    def program(x):
        if x > 0:
            TABLE["v"] = x
        return x

    with pytest.raises(snek.StagingError, match="changes a dict"):
        snek.stage(program)(f64(1))
    assert TABLE == {"v": 1.0}


def test_other_names_on_two_paths_are_refused() -> None:
    def program(x):
        d = {}
        if x > 0:
            d["a"] = x
        return d

    with pytest.raises(snek.StagingError, match="which names or how many items a dict has"):
        snek.stage(program)(f64(1))


class Named(NamedTuple):
    a: Any
    b: Any


@dataclasses.dataclass
class Fresh:
    x: Any
    y: Any


def everything(t, d, items, n, nothing):
    return {"t": t[0] + 1, "d": Fresh(d["k"] * 2, None), "l": [items[0], (n.a,)], "n": Named(n.b, nothing)}, None


def test_every_structure_comes_in_and_goes_out() -> None:
    def args() -> tuple[Any, ...]:
        return (f64(1),), {"k": np.ones(2)}, [f64(3)], Named(f64(4), f64(5)), None

    # A class of its own: its first copy leaves a note on it, which is no change of the program's.
    assert repr(snek.stage(everything)(*args())) == repr(everything(*args()))


def changed_in_a_further_arm(x, mode):
    items = [1.0]
    if x > 2:
        y = 1.0
    elif mode == "a":
        items[0] = 7.0
        y = 2.0
    else:
        y = 3.0
    return items[0] + x * y


def test_a_change_in_a_further_arm_is_that_arms_only() -> None:
    staged = snek.stage(changed_in_a_further_arm)
    for x, mode in ((5.0, "a"), (1.0, "a"), (5.0, "b"), (1.0, "b")):
        assert staged(np.float64(x), mode) == changed_in_a_further_arm(np.float64(x), mode)
