"""Every row of every table is right: checked against NumPy, one process a framework."""

import importlib
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from snek_core_transform.spelling import Spelling

FRAMEWORKS = ("numpy", "torch", "tensorflow", "jax", "numba")
HERE = Path(__file__).parent


def answer(script: str, framework: str) -> dict:
    """Run a script for one framework in a process of its own and return the JSON on its last line."""
    if importlib.util.find_spec(framework) is None:
        pytest.skip(f"{framework} is not installed")
    # What Numba compiles is checked, not how well it is optimised.
    done = subprocess.run(
        [sys.executable, "-P", str(HERE / script), framework],
        capture_output=True,
        text=True,
        timeout=300,
        env=os.environ | {"NUMBA_OPT": "0", "JAX_PLATFORMS": "cpu", "CUDA_VISIBLE_DEVICES": ""},
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_every_row_is_checked_and_right(framework):
    rows = answer("run_spelling_checks.py", framework)
    spelling = getattr(importlib.import_module(f"snek_strategies.spellings.{framework}_spelling"), framework.upper())
    assert set(rows) == set(spelling.rows)
    assert not [row for row, came in rows.items() if not came["right"] and not came["wrong"]], "rows without a check"
    assert not {row: came["wrong"] for row, came in rows.items() if came["wrong"]}


@pytest.fixture(scope="module")
def checks():
    spec = importlib.util.spec_from_file_location("run_spelling_checks", HERE / "run_spelling_checks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("signature", "expression", "problem"),
    [
        ("tanh(x, /)", "np.sinh(x)", "values"),
        ("sum(x, /, *, axis=None)", "np.sum(x, axis=axis, keepdims=True)", "shape"),
        ("argmax(x, /, *, axis=None)", "np.max(x, axis=axis)", "dtype"),
        ("concat(arrays, /, *, axis=0)", "np.stack(arrays, axis=axis)", "shape"),
        ("std(x, /, *, axis=None)", "np.std(x, axis=axis, ddof=1)", "values"),
        ("tile(x, repetitions, /)", "np.no_such_function(x, repetitions)", "AttributeError"),
    ],
)
def test_a_planted_wrong_row_is_found(checks, signature, expression, problem):
    planted = Spelling("numpy", {"np": "numpy"}, {signature: expression})
    came = checks.check_row(planted, signature, *checks.framework("numpy"))
    assert any(problem in wrong for wrong in came["wrong"]), came


def test_a_row_that_no_check_reaches_is_found(checks):
    planted = Spelling("numpy", {"np": "numpy"}, {"tanh(x, y, z, /)": "np.tanh(x, y, z)"})
    assert checks.check_row(planted, "tanh(x, y, z, /)", *checks.framework("numpy")) == {"right": [], "wrong": []}


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_tables_import_no_framework(framework):
    code = (
        f"import sys, snek_strategies.spellings.{framework}_spelling; "
        f"print([m for m in {FRAMEWORKS!r} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


BODY = '''import {imported}


def cell(x, h, w):
    return {tanh}({concat} @ w)


def rnn(xs, h, w, steps: int):
    """Run `cell` over `xs` and sum up what is positive."""
    total = {m}.zeros_like(h)
    for t in {arange}(steps):
        h = cell(xs[t], h, w)
        total = {m}.where(h > 0, total + h, total)
    return ({sum}, h)
'''
WORDS = {
    "numpy": {
        "imported": "numpy as np", "m": "np", "tanh": "np.tanh", "concat": "np.concat([x, h], axis=1)",
        "arange": "np.arange", "sum": "np.sum(total, axis=1)",
    },
    "torch": {
        "imported": "torch", "m": "torch", "tanh": "torch.tanh", "concat": "torch.cat([x, h], dim=1)",
        "arange": "torch.arange", "sum": "torch.sum(total, dim=1)",
    },
    "tensorflow": {
        "imported": "tensorflow as tf", "m": "tf", "tanh": "tf.tanh", "concat": "tf.concat([x, h], 1)",
        "arange": "tf.range", "sum": "tf.reduce_sum(total, axis=1)",
    },
    "jax": {
        "imported": "jax.numpy as jnp", "m": "jnp", "tanh": "jnp.tanh", "concat": "jnp.concat([x, h], axis=1)",
        "arange": "jnp.arange", "sum": "jnp.sum(total, axis=1)",
    },
    "numba": {
        "imported": "numpy as np", "m": "np", "tanh": "np.tanh", "concat": "np.concatenate((x, h), axis=1)",
        "arange": "np.arange", "sum": "np.sum(total, axis=1)",
    },
}  # fmt: skip
WAYS = {
    "numpy": {"as written"},
    "torch": {"as written", "torch.jit.script", "torch.compile"},
    "tensorflow": {"as written", "AutoGraph"},
    "jax": {"as written", "jax.jit"},
    "numba": {"numba.njit"},
}


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_bound_program_is_native_source_that_the_frameworks_tools_take(framework):
    came = answer("run_bound_program.py", framework)
    assert came["source"] == BODY.format(**WORDS[framework])
    assert came["getsource"] == came["source"][came["source"].index("def rnn") :]
    assert came["origin"] == "total = xp.where(h > 0, total + h, total)"
    assert set(came["errors"]) == WAYS[framework]
    assert all(error < 1e-5 for error in came["errors"].values())
