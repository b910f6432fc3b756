"""Powers by squares are fewer products, round no more than the text has them do, and end where it ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import snek
from snek_strategies.ir.interpret import Interpreter
from snek_strategies.ir.passes.examples import eighth_power, simple
from snek_strategies.ir.passes.optimize import looped, optimized
from snek_strategies.ir.passes.square_powers import square_powers
from snek_strategies.ir.syntax import Block, Node, Program, Sym
from snek_strategies.ir.types import Array
from snek_strategies.ir.verify import verify

VECTOR = Array(np.dtype("float64"), (5,))


def products(block: Block) -> int:
    return sum((node.primitive == "multiply") + sum(map(products, node.blocks)) for node in block.nodes)


def chain(x: Any, n: int) -> Any:
    made = x
    for _ in range(n - 1):
        made = x * made
    return made


def made(function: Callable[..., Any], *args: object) -> Program:
    program = snek.stage(function, unroll=64).trace(*args).staged.program
    return verify(looped(optimized(program)))


@pytest.mark.parametrize(("n", "least"), [(2, 1), (3, 2), (7, 4), (16, 4), (31, 8), (32, 5)])
def test_a_power_takes_as_few_products_as_squares_make_it_of(n: int, least: int) -> None:
    x = np.array([0.5, -1.25, 1.0, -0.0, 1.5])
    program = made(lambda x: chain(x, n), x)
    assert products(program.body) == least
    np.testing.assert_allclose(Interpreter(program)(x)[0], chain(x, n), rtol=n * 2**-53)


def test_what_overflows_vanishes_or_is_no_number_is_the_same() -> None:
    x = np.array([1e300, -1e300, 1e-300, -1e-300, np.inf, -np.inf, np.nan, 0.0, -0.0, 1e40, 1e-45, -1.0])
    with np.errstate(all="ignore"):
        for n in (7, 8):
            np.testing.assert_array_equal(
                Interpreter(made(lambda x, n=n: chain(x, n), x))(x)[0], chain(x, n), strict=True
            )
            assert np.signbit(Interpreter(made(lambda x, n=n: chain(x, n), x))(x)[0][8]) == (n == 7)


def test_a_text_that_has_found_fewer_products_keeps_them() -> None:
    def fifteenth(x: Any) -> Any:
        cube = x * x * x
        return cube * (cube * cube) * (cube * cube)

    def by_thirds(x: Any) -> Any:
        cube = x * x * x
        sixth = cube * cube
        return sixth * sixth * cube

    x = np.linspace(0.5, 1.5, 5)
    assert products(made(by_thirds, x).body) == 5
    assert products(made(fifteenth, x).body) == 6


def test_powers_that_are_used_on_the_way_stay_and_two_of_one_stay_two() -> None:
    def several(x: Any) -> Any:
        powers = [x]
        for _ in range(8):
            powers.append(powers[-1] * x)
        return tuple(powers[1:])

    x = np.linspace(0.5, 1.5, 5)
    assert products(made(several, x).body) == 8
    program = made(lambda x: (chain(x, 6), chain(x, 6)), x)
    one, two = Interpreter(program)(x)
    one += 1
    np.testing.assert_allclose(two, x**6, rtol=1e-14)


def test_numbers_alone_and_integers_stay_as_they_are() -> None:
    for x in (np.float64(1.1), np.arange(5)):
        assert products(made(lambda x: chain(x, 9), x).body) == 8


def test_the_base_of_a_power_may_be_computed_and_its_use_be_inside_a_branch() -> None:
    def branch(x: Any, flag: Any) -> Any:
        power = chain(np.sin(x), 8)
        return power if flag else x

    x = np.linspace(0.5, 1.5, 5)
    program = made(branch, x, np.bool_(True))
    assert products(program.body) == 3
    for flag in (np.bool_(True), np.bool_(False)):
        np.testing.assert_allclose(Interpreter(program)(x, flag)[0], branch(x, flag), rtol=1e-14)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99)), min_size=1, max_size=14), st.data())
def test_products_of_any_order_are_no_more_and_mean_the_same(pairs: list[tuple[int, int]], data: st.DataObject) -> None:
    names = [Sym(at, VECTOR) for at in range(2)]
    nodes: list[Node] = []
    for left, right in pairs:
        nodes.append(simple(len(names), "multiply", names[left % len(names)], names[right % len(names)]))
        names.append(nodes[-1].results[0])
    results = tuple(data.draw(st.lists(st.sampled_from(names[2:]), min_size=1, max_size=3, unique=True)))
    program = Program("products", Block(tuple(names[:2]), tuple(nodes), results))
    squared = verify(square_powers(program))
    assert products(squared.body) <= products(program.body)
    rng = np.random.default_rng(0)
    args = rng.uniform(0.99, 1.01, (2, 5))
    for mine, theirs in zip(Interpreter(squared)(*args), Interpreter(program)(*args), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-9)


def test_the_example_is_three_products() -> None:
    assert products(square_powers(eighth_power()).body) == 3
