"""Extents that only the run tells are sums of products whose texts are those sums, and no question is guessed at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snek_strategies.backends.lantern.extents import Extent, Size, are_known, count_of, is_above, rounded, sized
from snek_strategies.ir.symbols import NeedsNumber, Symbol

NUMBERS = {"n": 6, "m": 35}
LEAVES = st.one_of(st.integers(-3, 9), st.sampled_from(sized([Symbol("n"), Symbol("m")])))


def value(extent: Extent) -> int:
    """What C++ makes of the text: its division of whole numbers from 0 on is Python's."""
    return int(eval(str(extent).replace("/", "//"), {}, NUMBERS))


def combined(pair: tuple[Extent, Extent]) -> st.SearchStrategy[Extent]:
    a, b = pair
    return st.sampled_from([a + b, a * b])


EXTENTS = st.recursive(LEAVES, lambda inner: st.tuples(inner, inner).flatmap(combined), max_leaves=12)


@given(EXTENTS, EXTENTS)
def test_sums_and_products_are_those_of_the_numbers(a: Extent, b: Extent) -> None:
    assert value(a + b) == value(a) + value(b)
    assert value(a * b) == value(a) * value(b)
    assert value(b * (a + 1)) == value(a * b + b)
    assert a + b == b + a
    assert a * (b + 2) == a * b + a * 2
    assert hash(a * b) == hash(b * a)


@given(st.lists(LEAVES, max_size=4), st.sampled_from([8, 64]))
def test_a_rounded_extent_is_the_next_multiple(dims: list[Extent], unit: int) -> None:
    size = count_of(dims) * 4
    if value(size) >= 0:
        assert value(rounded(size, unit)) == (value(size) + unit - 1) // unit * unit


@pytest.mark.parametrize(
    "ask", [lambda n: n < 9, lambda n: n >= 9, lambda n: range(n), lambda n: n // 2, lambda n: n - 1, lambda n: int(n)]
)
def test_what_needs_the_number_says_so(ask: Callable[[Any], object]) -> None:
    with pytest.raises(NeedsNumber, match="the extent 2 \\* n is needed as a number"):
        ask(Size({("n",): 2}))


def test_a_size_is_large_and_equals_itself_only() -> None:
    n, m = sized([Symbol("n"), Symbol("m")])
    assert n == sized([Symbol("n")])[0]
    assert n not in (m, 0, 1, 6)
    assert is_above(n, 10**9)
    assert not are_known(2, n)
    assert not is_above(3, 3)
    assert n + -1 * n == 0
