"""TensorFlow graphs hold nothing for nothing: each constant once, and no reshape to the same shape."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from snek_strategies.backends.registry import known

PROGRAM = """
import collections, json
import numpy as np
from snek_strategies.stage import stage

def twice(x, w):
    x = x.copy().reshape(2, 2) @ w
    return x * 3.0 + 3.0 - x[[0, 1], 1] * 3.0

x, w = np.arange(4.0).reshape(2, 2), np.ones((2, 2))
lowered = stage(twice, backend="tensorflow").trace(x, w).lower()
nodes = lowered.program.concrete.graph.as_graph_def().node
threes = [n for n in nodes if n.op == "Const" and list(n.attr["value"].tensor.double_val) == [3.0]]
right = np.array_equal(lowered.compile()(x, w), twice(x, w))
counts = collections.Counter(n.op for n in nodes)
print(json.dumps({"threes": len(threes), "right": right, **counts}))
"""


@pytest.mark.skipif(known("tensorflow").missing() is not None, reason="TensorFlow is not installed")
def test_a_constant_is_one_node_and_equal_shapes_are_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "graphs.py"
    file.write_text(PROGRAM)
    done = subprocess.run([sys.executable, "-P", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["right"]
    assert found["threes"] == 1
    assert found["MatMul"] == 1
    # The one that makes a line of the array that is gathered from.
    assert found["Reshape"] == 1
    assert "BroadcastTo" not in found
