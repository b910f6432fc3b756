"""Which functions Numba gets dispatchers for."""

from __future__ import annotations

from os.path import join
from types import FunctionType

import pytest

from snek_core_transform.errors import StagingError
from snek_strategies.dispatchers import dispatchers_of, reachable


def even(n: int) -> bool:
    return n == 0 or odd(n - 1)


def odd(n: int) -> bool:
    return n != 0 and even(n - 1)


def stranger(path: str) -> str:
    return join(path, "file")


def closing_over(helper: object) -> FunctionType:
    def program(n: int) -> object:
        def inner(k: int) -> object:
            return helper(even(k))  # type: ignore[operator]

        return inner(n)

    return program  # type: ignore[return-value]


def test_mutual_recursion_is_reached_once_each() -> None:
    assert reachable(even) == [even, odd]  # type: ignore[arg-type, list-item, comparison-overlap]


def test_functions_of_other_modules_are_left_alone() -> None:
    assert reachable(stranger) == [stranger]  # type: ignore[arg-type, list-item, comparison-overlap]


def test_cells_and_nested_functions_are_followed() -> None:
    program = closing_over(odd)
    assert set(reachable(program)) == {program, odd, even}


def test_empty_cell_reaches_nothing() -> None:
    def program() -> object:
        return later

    assert reachable(program) == [program]  # type: ignore[arg-type, list-item, comparison-overlap]
    later = 1
    assert program() == later


def test_dispatchers_compute_mutual_recursion_and_leave_the_functions_as_they_are() -> None:
    pytest.importorskip("numba")
    entry, other = dispatchers_of(even)
    assert type(even) is type(odd) is FunctionType
    assert entry.py_func.__globals__["odd"] is other
    assert entry.py_func.__code__ is not even.__code__


def test_cell_of_the_program_itself_stands_for_its_dispatcher() -> None:
    pytest.importorskip("numba")

    def factorial(n: int) -> int:
        if n <= 1:
            return 1
        return n * factorial(n - 1)

    (dispatcher,) = dispatchers_of(factorial)
    assert dispatcher(5) == 120
    assert len(dispatcher.signatures) == 1


def test_what_is_not_a_function_is_refused() -> None:
    pytest.importorskip("numba")
    with pytest.raises(StagingError, match=r"Numba compiles functions defined with `def`, not <built-in function len>"):
        dispatchers_of(len)
