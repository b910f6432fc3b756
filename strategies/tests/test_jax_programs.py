"""Programs on JAX choose without branches where that is little, multiply before loops, and find themselves again."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from snek_strategies.backends.registry import known

sys.path.append(str(Path(__file__).parent))
from own_process import said_by  # noqa: E402

pytestmark = pytest.mark.skipif(known("jax").missing() is not None, reason="JAX is not installed")

WHOLE = {"halved": ["int64"], "divided": ["int64"] * 4 + ["int8"] * 2 + ["uint8"] * 2 + ["int64"] * 2}
"""What programs over whole numbers alone give: they have no arguments of another dtype."""
GIVEN = {**WHOLE, "held": ["float32"] * 2, "furthest": ["int64"] * 6, "extremes": ["float32"] * 4 + ["int64"]}
NAMES = ("halved", "either", "cell", "held", "divided", "furthest", "extremes")


def said(name: str) -> Any:
    return said_by("run_jax_programs.py")[name]


@pytest.mark.parametrize("name", NAMES)
def test_answers_are_those_of_the_text(name: str) -> None:
    assert said(name)["right"]


@pytest.mark.parametrize("name", NAMES)
def test_a_call_with_arrays_like_the_last_ones_finds_its_program_at_once(name: str) -> None:
    # The first call, and the one with arrays of another dtype, which gets a program of its own.
    assert said(name)["begun"] == (1 if name in WHOLE else 2)
    assert said(name)["dtypes"] == GIVEN.get(name, ["float32"])


def test_two_short_branches_are_both_computed() -> None:
    assert "stablehlo.if" not in said("halved")["stablehlo"]
    assert "stablehlo.select" in said("halved")["stablehlo"]


def test_a_branch_that_does_much_is_one() -> None:
    assert "stablehlo.if" in said("either")["stablehlo"]


def test_the_rows_of_a_stack_are_multiplied_before_the_loop() -> None:
    before, _, loop = said("cell")["stablehlo"].partition("stablehlo.while")
    assert "dot_general" in before
    assert "dot_general" not in loop


def test_what_a_choice_takes_of_another_by_the_same_flag_does_not_wait_for_it() -> None:
    lines = said("held")["stablehlo"].splitlines()
    (tanh,) = (line for line in lines if "stablehlo.tanh" in line)
    (product,) = (line for line in lines if "stablehlo.multiply" in line)
    assert f" {product.split()[0]} " in tanh


def test_a_known_power_of_two_divides_by_a_shift() -> None:
    text = said("halved")["stablehlo"]
    assert "stablehlo.shift_right_arithmetic" in text
    assert "stablehlo.divide" not in text
    assert "stablehlo.remainder" not in text


def test_calls_that_jax_dispatches_see_other_arrays_numbers_and_changed_variables() -> None:
    twice, three_times = [0.0, 3.0, 6.0], [0.0, 4.0, 8.0]
    other_arrays, a_number, no_variable = [0.0, 4.0], [1.0, 4.0, 7.0], "NameError"
    calls = [twice, twice, three_times, three_times, three_times, other_arrays, three_times, a_number, no_variable]
    assert said("changing")["made"] == calls


def test_a_call_with_a_static_number_like_the_last_ones_finds_its_program_at_once() -> None:
    once, squared = [0.0, 1.0, 2.0], [0.0, 1.0, 4.0]
    assert said("static")["made"] == [once, once, once, once, squared, squared, once]
    # A truth is no number, though it equals one: its program is looked for, as is one for another number.
    assert said("static")["begun"] == [1, True, 2, 1]


def test_the_extreme_of_many_is_that_of_vectors_first_and_of_few_or_odd_at_once() -> None:
    lines = said("extremes")["stablehlo"].splitlines()
    reduced = [line.partition(" : ")[2] for line in lines if "applies stablehlo.maximum" in line]
    assert [line.rpartition(" : ")[2] for line in reduced] == [
        "(tensor<30x32xf64>, tensor<f64>) -> tensor<32xf64>",
        "(tensor<32xf64>, tensor<f64>) -> tensor<f64>",
        "(tensor<961xf64>, tensor<f64>) -> tensor<f64>",
        "(tensor<2x4xf64>, tensor<f64>) -> tensor<f64>",
    ]
    assert sum("optimization_barrier" in line for line in lines) == 4, (
        "the largest, the least, and both steps of its place"
    )
