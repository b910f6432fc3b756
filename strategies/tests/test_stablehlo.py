"""StableHLO is written from the IR without JAX; what JAX writes of a rare primitive is called."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import snek_strategies.stage as snek
from snek_strategies.backends.registry import known
from snek_strategies.backends.stablehlo_rows import ROWS
from snek_strategies.backends.stablehlo_text import Tensor, Text, full
from snek_strategies.ir.interpretations import INTERPRETATIONS

pytestmark = pytest.mark.skipif(known("jax").missing() is not None, reason="JAX is not installed")

F32 = np.dtype(np.float32)


def written(function: Any, *args: Any) -> str:
    return str(snek.stage(function, backend="jax").trace(*args).lower().as_text("stablehlo"))


def test_writing_a_program_imports_no_jax(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import sys, json, numpy as np, snek_strategies.stage as snek\n"
        "def f(x):\n    while x[0] < 9:\n        x = np.tanh(x) + x\n    return x\n"
        "text = snek.stage(f, backend='jax').trace(np.ones(3)).lower().as_text('stablehlo')\n"
        "print(json.dumps(['stablehlo.while' in text, 'jax' in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-P", str(script)], capture_output=True, text=True, check=True)  # noqa: S603
    assert json.loads(done.stdout.splitlines()[-1]) == [True, False]


def test_a_function_without_a_name_of_its_own_has_a_module_that_xla_reads() -> None:
    assert "module @snek__lambda_ {" in written(lambda x: x + 1, np.ones(2))


def test_a_constant_of_a_loop_is_written_inside_it() -> None:
    text = Text()
    start = [full(0, F32, ()), Tensor("%x", F32, (3,))]
    two = full(2, F32, (3,))
    text.same("add", [start[1], two])
    text.loop(
        start,
        lambda now: text.compare("LT", now[0], full(9, F32, ())),
        lambda now: [now[0], text.same("multiply", [now[1], two])],
    )
    around, _, inside = "\n".join(text.lines).partition("} do {")
    assert "dense<2.0> : tensor<3xf32>" in around
    assert "dense<2.0> : tensor<3xf32>" in inside


@pytest.mark.parametrize("value", [0.5, 0.1, 1e-30, -2.5, 3e20, 1.0])
def test_a_number_is_written_with_a_point_and_reads_back(value: float) -> None:
    literal = _literal(np.float32(value))
    assert "." in literal
    assert np.float32(literal) == np.float32(value)


@pytest.mark.parametrize(("value", "literal"), [(np.inf, '"0x0000807f"'), (-np.inf, '"0x000080ff"')])
def test_a_number_without_end_is_written_by_its_bits(value: float, literal: str) -> None:
    assert _literal(np.float32(value)) == literal


def _literal(value: np.float32) -> str:
    text = Text()
    text.name(full(value, F32, ()))
    return text.lines[0].partition("dense<")[2].partition(">")[0]


def test_an_array_of_equal_elements_is_one_number() -> None:
    text = written(lambda x: x + np.full((2, 3), 7.0), np.ones((2, 3)))
    assert "dense<7.0> : tensor<2x3xf64>" in text


def test_zeros_of_two_signs_are_not_equal() -> None:
    text = written(lambda x: x + np.array([0.0, -0.0]), np.ones(2))
    assert "0000000000000080" in text


def test_a_rare_function_is_one_that_jax_wrote_and_called_as_often_as_needed() -> None:
    text = written(lambda x, y: np.hypot(x, y) + np.hypot(y, x), np.ones(3), np.ones(3))
    assert text.count("func.func private @jax0_main") == 1
    assert text.count("func.call @jax0_main") == 2


def test_every_row_is_of_a_primitive() -> None:
    assert set(ROWS) <= set(INTERPRETATIONS)
