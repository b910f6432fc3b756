"""An index that the program itself keeps in its axis is not compared with it; every other one is."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import snek
from snek_strategies.backends.core_primitives import core_primitives
from snek_strategies.backends.explicit_checks import explicit_checks
from snek_strategies.backends.known_ranges import KnownRanges
from snek_strategies.backends.lantern import compiler
from snek_strategies.ir.interpret import Interpreter
from snek_strategies.ir.syntax import Const, Node, Sym, every_node
from snek_strategies.ir.types import INT, Array, Type
from snek_strategies.ir.verify import verify

ROW = np.linspace(-2.0, 3.0, 40)
N = len(ROW)


def over(start: int, stop: int, shift: int = 0) -> Callable[[np.ndarray], np.ndarray]:
    def walk(x: np.ndarray) -> np.ndarray:
        total = x[0]
        for i in range(start, stop):
            total = total + x[i + shift]
        return total

    return walk


def down(x: np.ndarray) -> np.ndarray:
    total = x[0]
    for i in range(39, -1, -1):
        total = total + x[i]
    return total


def down_too_far(x: np.ndarray) -> np.ndarray:
    total, k = x[0], 39
    while k >= -41:
        total = total + x[k]
        k = k - 1
    return total


def down_and_up(x: np.ndarray) -> np.ndarray:
    """Where the first loop has ended is where the second one begins."""
    total, count = x[0], 0
    while count < N:
        k = count
        while k >= 0:
            total = total + x[k]
            k = k - 1
        while k < count:
            k = k + 1
            total = total - x[k]
        count = count + 1
    return total


def while_it_is_small(x: np.ndarray) -> np.ndarray:
    """Both parts of the test hold in the body, so that the first bounds the counter."""
    total, k = x[0], 0
    while k < N and total < 100.0:
        total = total + x[k]
        k = k + 1
    return total


def by_threes(x: np.ndarray) -> np.ndarray:
    total, k = x[0], 0
    while k <= N - 1:
        total = total + x[k]
        k = k + 3
    return total


def largest(x: np.ndarray) -> np.ndarray:
    return x[np.argmax(x)] + x[np.argmin(x)]


def after_the_largest(x: np.ndarray) -> np.ndarray:
    return x[np.argmax(x) + 1]


def by_parts(x: np.ndarray) -> np.ndarray:
    """Quotients, remainders, what is chosen among them, and nothing times a number."""
    at = np.argmax(x)
    row, column = at // 8, at % 8
    return x[row] + x[column + 32] + x[np.where(x > 0, row, column)] + x[0 * at]


def one_too_many(x: np.ndarray) -> np.ndarray:
    return x[np.argmax(x) % 41]


def by_a_dynamic_number(x: np.ndarray) -> np.ndarray:
    return x[np.argmax(x) % (np.argmin(x) + 41)]


def narrow(x: np.ndarray) -> np.ndarray:
    # It goes round from 127 to -128 and never reaches its bound.
    at = np.int8(0) * x[:1].astype(np.int8)[0]
    total = x[0]
    while at < 200:
        total = total + x[at]
        at = at + np.int8(1)
    return total


def until(x: np.ndarray, n: int) -> np.ndarray:
    total = x[0]
    for i in range(n):
        total = total + x[i]
    return total


def checks(function: Callable[..., object], *args: object) -> list[str]:
    """Return what is compared with a length before it is an index."""
    program = core_primitives(snek.stage(function, unroll=4).trace(*args).staged.program)
    made = verify(explicit_checks(program))
    raising = [node for node in every_node(made.body) if node.primitive == "raise"]
    compared = [one.primitive for one in every_node(made.body) if one.primitive in ("less", "greater_equal")]
    return compared if raising else []


@pytest.mark.parametrize(
    "function",
    [
        over(0, N),
        over(5, 9),
        over(-N, N),
        over(1, N, -1),
        over(0, N - 1, 1),
        over(0, N, -N),
        largest,
        down,
        down_and_up,
        while_it_is_small,
        by_threes,
        by_parts,
    ],
)
def test_an_index_that_stays_in_its_axis_is_not_asked_about(function: Callable[[np.ndarray], object]) -> None:
    assert checks(function, ROW) == []


@pytest.mark.parametrize(
    "function",
    [
        over(0, N + 1),
        over(-N - 1, N),
        over(0, N, 1),
        over(0, N, -N - 1),
        down_too_far,
        after_the_largest,
        narrow,
        one_too_many,
        by_a_dynamic_number,
    ],  # fmt: skip
)
def test_an_index_that_may_leave_its_axis_is_asked_about(function: Callable[[np.ndarray], object]) -> None:
    assert checks(function, ROW)


def test_a_counter_from_zero_is_not_compared_with_the_axis_from_its_end() -> None:
    found = checks(until, ROW, snek.dynamic(3))
    assert found.count("greater_equal") == 1
    # The loop's own test, and none of the index.
    assert found.count("less") == 1


@pytest.mark.parametrize("function", [down, down_and_up, while_it_is_small, by_threes, by_parts])
def test_what_is_not_asked_about_answers_as_python(function: Callable[[np.ndarray], object]) -> None:
    program = core_primitives(snek.stage(function, unroll=4).trace(ROW).staged.program)
    np.testing.assert_allclose(Interpreter(explicit_checks(program, goes_on=True))(ROW)[0], function(ROW))


@pytest.mark.skipif(compiler.compiler() is None, reason="there is no C++ compiler")
@pytest.mark.parametrize("function", [over(0, N + 1), over(-N - 1, N), after_the_largest])
def test_what_leaves_its_axis_is_an_index_error_in_native_code(function: Callable[[np.ndarray], object]) -> None:
    with pytest.raises(IndexError, match=r"index (40|-41) is out of bounds for axis 0 with size 40"):
        snek.stage(function, backend="lantern", unroll=4)(ROW)


WIDE = Array(np.dtype("int64"))


def summed(left: int, right: int, primitive: str = "add", type_: Type = INT) -> tuple[int | None, int | None]:
    ranges = KnownRanges()
    made = Node((Sym(0, type_),), primitive, (Const(left, INT), Const(right, type_)))
    ranges.note(made)
    return ranges.of(made.results[0])


def test_sums_are_known_where_they_cannot_leave_64_bits() -> None:
    assert summed(3, 4) == summed(3, 4, type_=WIDE) == (7, 7)
    assert summed(3, 4, "subtract") == (-1, -1)
    assert summed(2**62, 1) == summed(1, -(2**62), "subtract") == (None, None)
    assert summed(3, 4, type_=Array(np.dtype("int8"))) == (None, None)
