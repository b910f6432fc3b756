"""`match` on values of the next stage takes the case that Python takes, as the `if`s that it stands for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import snek

f64, i64 = np.float64, np.int64
BACKENDS = ("interpret", "lantern")

pytestmark = pytest.mark.usefixtures("checked")


@dataclass
class Point:
    """Two numbers."""

    x: Any
    y: Any


@dataclass
class Tree:
    """A number and two trees."""

    value: Any
    left: Tree | None = None
    right: Tree | None = None


def by_number(n, x):
    match n % 4:
        case 0:
            return x
        case 1 | 2 if x > 0:
            return x * 2
        case k if k == 3:
            y = x + k
        case _:
            y = -x
    return y


def in_a_loop(n, x):
    for i in range(n):
        match i % 5:
            case 0:
                continue
            case 4 if x > 20:
                break
            case k:
                x = x + k
    return x


def of_a_tuple(n, x):
    match (n, x):
        case (1, y) if y > 3:
            z = y * 2
        case [1, *rest]:
            z = rest[0]
        case (_, y):
            z = y - 1
    return z


def of_an_object(n, x):
    p = Point(n, x)
    match p:
        case Point(1, y):
            return y + 100
        case Point(x=v, y=w):
            return v + w
    return x


def of_a_dict(n, x):
    match {"op": "add", "n": n, "of": [x, 2.0]}:
        case {"op": "mul", "of": [a, b]}:
            return a * b
        case {"op": "add", "of": [a, b], **rest} if a > b:
            return a + b + rest["n"]
        case {"of": all_}:
            return all_[0]
    return x


def no_case(n, x):
    y = x
    match n:
        case 1:
            y = x + 1
        case 2:
            y = x + 2
    return y


def bound_in_one_case(n, x):
    match n:
        case 1:
            y = x
        case _:
            pass
    return y


PROGRAMS = (by_number, in_a_loop, of_a_tuple, of_an_object, of_a_dict, no_case, bound_in_one_case)


def outcome(program: Callable[..., object], *args: object) -> object:
    try:
        return program(*args)
    except UnboundLocalError as error:
        return type(error), str(error)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("program", PROGRAMS)
def test_it_takes_the_case_that_python_takes(program: Callable[..., object], backend: str) -> None:
    staged = snek.stage(program, backend=backend)
    for n in range(7):
        for x in (f64(-1), f64(5)):
            assert outcome(staged, i64(n), x) == outcome(program, i64(n), x)
    assert len(staged.stagings()) == 1


def total(tree):
    match tree:
        case None:
            return 0.0
        case Tree(value, None, None):
            return value
        case Tree(value, left, right):
            return value + total(left) * 2 + total(right)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_recursion_over_trees_may_be_a_match(backend: str) -> None:
    staged = snek.stage(total, backend=backend)
    deep = Tree(f64(1), Tree(f64(2)), Tree(f64(3), Tree(f64(4)), None))
    for tree in (deep, Tree(f64(5)), Tree(f64(1), deep, deep)):
        assert staged(tree) == total(tree)
    assert len(staged.stagings()) == 1


def test_a_value_that_is_none_where_data_decide_is_matched_on_either_path() -> None:
    def program(x):
        found = [x, x * 2] if x > 0 else None
        match found:
            case [a, b]:
                return a + b
            case None:
                return -x

    staged = snek.stage(program)
    assert [staged(f64(2)), staged(f64(-2))] == [6.0, 2.0]


def test_an_array_is_no_sequence_to_match() -> None:
    def program(x):
        match x:
            case [a, b]:
                return a + b
            case _:
                return x * 2

    np.testing.assert_array_equal(snek.stage(program)(np.ones(2)), program(np.ones(2)))


def test_alternatives_that_bind_names_are_refused_at_their_place() -> None:
    def program(n):
        match (n, 1):
            case (0, k) | (k, 1):
                return k
        return n

    with pytest.raises(snek.SnekError) as caught:
        snek.stage(program)(i64(2))
    assert caught.value.place is not None


def test_gradients_flow_through_a_match() -> None:
    def loss(x, n):
        match n:
            case 0:
                return x * x
            case _:
                return x * 3

    gradient = snek.grad(snek.stage(loss))
    assert [gradient(f64(2), i64(n)) for n in (0, 1)] == [4.0, 3.0]
