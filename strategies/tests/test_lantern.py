"""Lantern's C++ answers as plain Python does: values, the user's exceptions, overflow and recursion that runs away."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

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
