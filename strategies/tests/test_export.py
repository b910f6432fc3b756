"""Exported programs load in a process without Snek, and answer there as plain Python does here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import snek
from snek_strategies.backends.registry import BACKENDS
from snek_strategies.exports.registry import KINDS

W = np.linspace(-1, 1, 12).reshape(3, 4)


def network(x, steps):
    hidden = np.tanh(x @ W)
    total = np.zeros(4)
    while steps > 0:
        total = total + hidden.sum(0)
        hidden = np.where(hidden > 0, hidden * 0.5, hidden)
        steps = steps - 1
    if total[0] > 0:
        return total, hidden
    return -total, hidden


LOADING = {
    "saved_model": """
import tensorflow as tf
run = tf.saved_model.load(path).signatures['serving_default']
def call(x, steps):
    made = run(x=tf.constant(x), steps=tf.constant(steps))
    return made['output_0'], made['output_1']
""",
    "torch": """
import torch
run = torch.export.load(path).module()
def call(x, steps):
    return run(torch.from_numpy(x), torch.tensor(steps))
""",
    "stablehlo": """
import jax, jax.export
jax.config.update('jax_enable_x64', True)
call = jax.export.deserialize(open(path, 'rb').read()).call
""",
    "lantern": """
sys.path.append(path)
from program import run as call
""",
}
SCRIPT = """
import sys, numpy as np
path, folder = sys.argv[1:]
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0].startswith('snek'):
            raise AssertionError(f'{name} is imported')
sys.meta_path.insert(0, Missing())
given = np.load(folder + '/given.npz')
x, steps = given['x'], given['steps'][()]
"""
SAVING = """
np.savez(folder + '/made.npz', *[np.asarray(one) for sign in (1, -1) for one in call(sign * x, steps)])
"""


def test_every_kind_is_loaded() -> None:
    assert set(LOADING) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_an_exported_program_runs_without_snek(kind: str, tmp_path: Path) -> None:
    reason = BACKENDS[KINDS[kind].backend].missing()
    if reason:
        pytest.skip(reason)
    x, steps = np.linspace(0.1, 1, 6).reshape(2, 3), np.int64(3)
    path = snek.export(snek.stage(network).trace(x, steps), tmp_path / "made.pt2", kind=kind)
    np.savez(tmp_path / "given.npz", x=x, steps=steps)
    script = tmp_path / "load.py"
    script.write_text(SCRIPT + LOADING[kind] + SAVING)
    done = subprocess.run(
        [sys.executable, "-I", str(script), str(path), str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    with np.load(tmp_path / "made.npz") as made:
        for want, name in zip((*network(x, steps), *network(-x, steps)), made.files, strict=True):
            assert made[name].dtype == want.dtype
            np.testing.assert_allclose(made[name], want, rtol=1e-12)


def double(x):
    return x * 2


def checked(x):
    if x > 0:
        raise ValueError("too large")
    return x


def storing(x):
    x[0] = 1.0
    return x.sum()


def labelled(x):
    return {"double": x * 2, "name": "x"}


def said(x):
    print(x)
    return x * 2


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_file_cannot_hold_is_refused(kind: str, tmp_path: Path) -> None:
    if BACKENDS[KINDS[kind].backend].missing():
        pytest.skip("its system is not installed")
    for program, given, named in (
        (checked, np.float64(1), "may raise"),
        (storing, np.ones(2), "changes its arguments"),
        (labelled, np.ones(2), "gives more than arrays"),
        (said, np.ones(2), "prints"),
    ):
        with pytest.raises(snek.StagingError, match=named) as caught:
            snek.export(snek.stage(program).trace(given), tmp_path / "made", kind=kind)
        assert caught.value.code == "SNK0290"
    assert not (tmp_path / "made").exists()


def test_other_kinds_and_other_programs_are_refused(tmp_path: Path) -> None:
    traced = snek.stage(double).trace(np.ones(2))
    with pytest.raises(snek.UsageError, match="no export of kind 'onnx'; there is saved_model, torch"):
        snek.export(traced, tmp_path / "made", kind="onnx")
    with pytest.raises(snek.UsageError, match=r"hand in what snek.stage\(f\).trace"):
        snek.export(double, tmp_path / "made", kind="torch")  # type: ignore[arg-type]
