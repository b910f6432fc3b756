"""Powers by squares are fewer products, round no more than the text has them do, and end where it ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
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


@pytest.mark.parametrize(("n", "most"), [(3, 6), (8, 9), (16, 11), (32, 13)])
def test_the_slope_of_a_power_takes_few_products_too(n: int, most: int) -> None:
    x = np.array([0.5, -1.25, 1.0, -0.75, 1.5], np.float32)
    program = snek.value_and_grad(lambda x: chain(x, n).mean(), unroll=64).trace(x).staged.program
    squared = verify(looped(optimized(program)))
    assert products(squared.body) <= most
    value, slope = Interpreter(squared)(x)
    wide = x.astype(np.float64)
    np.testing.assert_allclose(value, (wide**n).mean(), rtol=1e-5)
    np.testing.assert_allclose(slope, n * wide ** (n - 1) / x.size, rtol=n * 2**-24)


def test_a_power_by_a_small_whole_number_is_products_and_off_by_at_most_half_a_unit_each() -> None:
    x = np.linspace(-2, 2, 10_000, dtype=np.float32)
    x = x[np.abs(x) > 0.01]  # smaller ones' powers are subnormal
    for n in range(2, 17):
        program = made(lambda x, n=n: x**n, x)
        assert "power" not in {node.primitive for node in program.body.nodes}
        (answer,) = Interpreter(program)(x)
        assert np.max(np.abs(answer / x.astype(np.float64) ** n - 1)) <= n * 2**-24
    for exponent in (17, -1, 0.5, 2.5):
        program = made(lambda x, exponent=exponent: x**exponent, np.abs(x))
        assert "multiply" not in {node.primitive for node in program.body.nodes}


EXTREMES = [1e-44, 1e-38, 1e-30, 3e-20, 1e-15, 1e-5, -0.5, 1.0, 3.0, -1e5, 1e15, 2e19, 1e30, 3e38]


def exact(program: Program, values: Sequence[float]) -> list[Fraction]:
    known = {sym.index: Fraction(value) for sym, value in zip(program.body.parameters, values, strict=True)}
    for node in program.body.nodes:
        left, right = (known[one.index] for one in node.operands if isinstance(one, Sym))
        known[node.results[0].index] = left * right if node.primitive == "multiply" else left + right
    return [known[one.index] for one in program.body.results if isinstance(one, Sym)]


def right(answer: np.float32, value: Fraction) -> bool:
    return bool(np.isfinite(answer)) and abs(Fraction(float(answer)) - value) <= abs(value) / 1000


CASES = st.lists(st.sampled_from(EXTREMES), min_size=3, max_size=3)
TERMS = st.lists(
    st.tuples(st.sampled_from(["multiply", "add"]), st.integers(0, 99), st.integers(0, 99)), min_size=2, max_size=9
)


def terms(pairs: Sequence[tuple[str, int, int]]) -> Program:
    """Return a program of products and sums of names, which yields the last of them."""
    names = [Sym(at, Array(np.dtype("float32"), (1,))) for at in range(3)]
    nodes: list[Node] = []
    for primitive, left, right in pairs:
        nodes.append(simple(len(names), primitive, names[left % len(names)], names[right % len(names)]))
        names.append(nodes[-1].results[0])
    return Program("terms", Block(tuple(names[:3]), tuple(nodes), (names[-1],)))


def test_a_slope_is_right_where_a_power_on_the_way_would_vanish() -> None:
    x, s = np.array([2e-6], np.float32), np.array([3e38], np.float32)
    program = snek.grad(lambda x, s: (s * chain(x, 12)).sum()).trace(x, s).staged.program
    (slope,) = Interpreter(verify(looped(optimized(program))))(x, s)
    np.testing.assert_allclose(slope, 12 * np.float64(3e38) * 2e-6**11, rtol=1e-5)


@settings(max_examples=300, deadline=None)
@given(TERMS, CASES)
@example([("multiply", *pair) for pair in [(1, 1), (0, 1), (4, 1), (5, 1), (6, 1), (7, 3)]], [1e-44, 8e12, 1.0])
def test_what_the_text_gets_right_stays_right_however_large_or_small(
    pairs: list[tuple[str, int, int]], values: list[float]
) -> None:
    program = terms(pairs)
    args = [np.array([value], np.float32) for value in values]
    with np.errstate(all="ignore"):
        (before,), (after,) = Interpreter(program)(*args), Interpreter(verify(square_powers(program)))(*args)
    (value,) = exact(program, [float(one[0]) for one in args])
    assert right(after[0], value) or not right(before[0], value)


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
