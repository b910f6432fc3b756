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

NAMES = ("halved", "either", "cell", "held")


def said(name: str) -> Any:
    return said_by("run_jax_programs.py")[name]


@pytest.mark.parametrize("name", NAMES)
def test_answers_are_those_of_the_text(name: str) -> None:
    assert said(name)["right"]


@pytest.mark.parametrize("name", NAMES)
def test_a_call_with_arrays_like_the_last_ones_finds_its_program_at_once(name: str) -> None:
    # The first call, and the one with arrays of another dtype, which gets a program of its own.
    assert said(name)["begun"] == (1 if name == "halved" else 2)
    assert said(name)["dtypes"] == {"halved": ["int64"], "held": ["float32", "float32"]}.get(name, ["float32"])


def test_two_short_branches_are_both_computed() -> None:
    assert "cond[" not in said("halved")["jaxpr"]
    assert "select_n" in said("halved")["jaxpr"]


def test_a_branch_that_does_much_is_one() -> None:
    assert "cond[" in said("either")["jaxpr"]


def test_the_rows_of_a_stack_are_multiplied_before_the_loop() -> None:
    before, _, loop = said("cell")["jaxpr"].partition("while[")
    assert "dot_general" in before
    assert "dot_general" not in loop


def test_what_a_choice_takes_of_another_by_the_same_flag_does_not_wait_for_it() -> None:
    lines = said("held")["jaxpr"].splitlines()
    (tanh,) = (line for line in lines if " tanh " in line)
    (product,) = (line for line in lines if " mul " in line)
    assert tanh.split()[-1] == product.split(":")[0].strip()
