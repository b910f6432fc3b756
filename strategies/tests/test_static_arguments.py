"""Static and dynamic arguments are told apart, and a trace takes only the static values that it was made for."""

from __future__ import annotations

import numpy as np
import pytest

from snek_core_transform.errors import StagingError
from snek_strategies.static_arguments import close_over, dynamic_positions, static_positions, without_static

A = np.zeros(3)


def test_numpy_scalars_are_dynamic_even_those_that_are_python_floats() -> None:
    example = (A, np.float64(1.0), np.int64(2), np.bool_(True), 1.0, 2, True, "relu")
    assert dynamic_positions(example) == (0, 1, 2, 3)
    assert static_positions(example) == (4, 5, 6, 7)


def test_nothing_is_wrapped_where_all_arguments_are_dynamic() -> None:
    def program(x: object, y: object) -> object:
        return x, y

    assert close_over(program, (A, A)) is program
    assert without_static(program, (A, A)) is program


def test_static_values_go_back_to_their_places() -> None:
    def program(*arguments: object) -> object:
        return arguments

    assert close_over(program, (2, A, "relu", A))("x", "y") == (2, "x", "relu", "y")
    assert without_static(program, (2, A, "relu", A))(2, "x", "relu", "y") == ("x", "y")


@pytest.mark.parametrize("other", [3, 2.0, np.int64(2)])
def test_other_static_values_are_refused_equal_ones_of_another_type_too(other: object) -> None:
    run = without_static(lambda x: x, (A, 2))
    with pytest.raises(StagingError, match=r"but the program was staged for \[2\]; stage it again"):
        run(A, other)
