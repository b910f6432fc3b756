"""Lantern's C++ answers as plain Python does: values, the user's exceptions, overflow and recursion that runs away."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pytest

import snek
from snek_strategies.backends.lantern import compiler

sys.path.append(str(Path(__file__).parent))
from backend_programs import PROGRAMS  # noqa: E402
from run_backends import overflow, verdict  # noqa: E402

pytestmark = pytest.mark.skipif(compiler.compiler() is None, reason="there is no C++ compiler")


@pytest.mark.parametrize("name", ["while", "recursion too deep", "raise", "stores", "products", "reductions"])
def test_a_program_in_cpp_answers_as_plain_python(name: str) -> None:
    assert verdict(*PROGRAMS[name], "lantern") == "right"


def test_an_int_that_leaves_64_bits_is_said() -> None:
    fits, leaves = overflow("lantern")
    assert fits == "True"
    assert "leaves the 64 bits" in leaves


def test_an_argument_that_is_given_back_is_the_very_object() -> None:
    def both(xs: np.ndarray, n: float) -> tuple[object, ...]:
        return xs, xs * n

    xs = np.arange(3.0)
    same, twice = snek.stage(both, backend="lantern")(xs, snek.dynamic(2.0))
    assert same is xs
    assert twice.tolist() == [0.0, 2.0, 4.0]


def test_names_that_cpp_has_for_itself_are_free_for_functions() -> None:
    def double(n: float) -> float:
        return double(n / 2.0) + 1.0 if n > 1.0 else n

    def constants(n: float) -> float:
        return double(n)

    assert snek.stage(constants, backend="lantern")(snek.dynamic(5.0)) == constants(5.0)


def test_an_array_takes_the_memory_that_its_elements_need() -> None:
    def chosen(xs: np.ndarray, n: float) -> np.ndarray:
        while n > 0.0:
            xs = np.cumsum(xs)
            n -= 1.0
        return xs

    text = (
        snek.stage(chosen, backend="lantern").trace(np.ones(1024, np.float32), snek.dynamic(2.0)).lower().as_text("cpp")
    )
    frame = int(re.findall(r"Frame frame\(context, (\d+)\)", text)[0])
    assert frame <= 3 * 4 * 1024
