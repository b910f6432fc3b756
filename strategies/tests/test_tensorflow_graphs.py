"""TensorFlow graphs hold nothing for nothing: a constant once, one operation where there is one, no array for rows."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from snek_strategies.backends.registry import known

PROGRAM = """
import collections, json
import numpy as np
from snek_strategies.stage import stage

def operations(lowered):
    graph = lowered.program.concrete.graph.as_graph_def()
    used = [one for function in graph.library.function for one in function.node_def]
    return collections.Counter(one.op for one in [*graph.node, *used])

def same(made, wanted):
    pairs = zip(made, wanted) if isinstance(wanted, tuple) else [(made, wanted)]
    return all(np.allclose(one, other, rtol=1e-6, equal_nan=True) for one, other in pairs)

def shown(function, *sets):
    staged = stage(function, backend="tensorflow")
    right = all(same(staged(*args), function(*args)) for args in sets for _ in range(2))
    return {"right": right, **operations(staged.trace(*sets[0]).lower())}

def twice(x, w):
    x = x.copy().reshape(2, 2) @ w
    return x * 3.0 + 3.0 - x[[0, 1], 1] * 3.0

def rows(x, n):
    made = np.zeros((5, 2))
    t = 0 * n
    while t < n:
        made[t] = x[t % 2] + t
        t = t + 1
    return made

def rows_in_a_branch(x, n):
    made, t = x + np.zeros((5, 2, 2)), 0 * n
    while t < n:
        s = 0 * n
        while s < t:
            if x[0, 0] > s:
                made[s] = x + t
            s = s + 1
        t = t + 1
    return made, x

def numbers(x, n):
    made = np.zeros(5)
    t = 0 * n
    while t < n:
        made[t] = x[t % 2, 0] + t
        t = t + 1
    return made

def read(x, n):
    made, t = np.ones((5, 2)), 0 * n
    while t < n:
        made[t] = x[t % 2] * made[t - 1, 0]
        t = t + 1
    return made

def kept(x, n):
    made, before, t = np.zeros((5, 2)), np.zeros((5, 2)), 0 * n
    while t < n:
        before = made + 1
        made[t] = x[t % 2] + t
        t = t + 1
    return made, before

def across(x, w):
    return x.T @ w, w @ x.T, np.stack([x[0], w[1]]), x[:, 1], x.T

def more(x, y):
    return np.maximum(x, y), np.minimum(x, y), np.maximum(x, 0.0), np.minimum(1.0, y)

def logistic(x):
    return 1 / (1 + np.exp(-x))

x, w = np.arange(4.0).reshape(2, 2), np.arange(6.0, 10.0).reshape(2, 2)
counts = [(x, np.int64(n)) for n in (3, 0, 5)]
special = [np.nan, np.inf, -np.inf, 0.0, 1.0, -2.0]
pairs = np.array([(a, b) for a in special for b in special]).T.copy()
lowered = stage(twice, backend="tensorflow").trace(x, w).lower()
nodes = lowered.program.concrete.graph.as_graph_def().node
threes = [n for n in nodes if n.op == "Const" and list(n.attr["value"].tensor.double_val) == [3.0]]
print(json.dumps({
    "twice": {"threes": len(threes), **shown(twice, (x, w))},
    "rows": shown(rows, *counts), "numbers": shown(numbers, *counts),
    "rows_in_a_branch": shown(rows_in_a_branch, *counts),
    "read": shown(read, *counts), "kept": shown(kept, *counts),
    "across": shown(across, (x, w), (w, x)), "more": shown(more, tuple(pairs)),
    "logistic": shown(logistic, (np.array([-1e9, -800.0, -0.5, 0.0, 2.0, np.inf, np.nan]),)),
}))
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Return by program which operations its graph has, and whether it is right: from a process of its own."""
    if known("tensorflow").missing() is not None:
        pytest.skip("TensorFlow is not installed")
    file: Path = tmp_path_factory.mktemp("graphs") / "graphs.py"
    file.write_text(PROGRAM)
    done = subprocess.run(
        [sys.executable, "-P", "-W", "ignore", str(file)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    made: dict[str, dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return made


def test_programs_answer_as_python_does(found: dict[str, dict[str, Any]]) -> None:
    assert [name for name, one in found.items() if not one["right"]] == []


def test_a_constant_is_one_node_and_equal_shapes_are_left_alone(found: dict[str, dict[str, Any]]) -> None:
    one = found["twice"]
    assert (one["threes"], one["MatMul"]) == (1, 1)
    # The one that makes a line of the array that is gathered from.
    assert one["Reshape"] == 1
    assert "BroadcastTo" not in one


@pytest.mark.parametrize("name", ["rows", "rows_in_a_branch", "numbers"])
def test_a_loop_stores_rows_without_their_array(found: dict[str, dict[str, Any]], name: str) -> None:
    assert found[name]["TensorListSetItem"] == found[name]["TensorListStack"] == 1
    assert "TensorScatterUpdate" not in found[name]


@pytest.mark.parametrize("name", ["read", "kept"])
def test_an_array_that_its_loop_reads_stays_an_array(found: dict[str, dict[str, Any]], name: str) -> None:
    assert "TensorListSetItem" not in found[name]
    assert found[name]["TensorScatterUpdate"] == 1


def test_a_product_reads_transposed_and_a_part_is_one_operation(found: dict[str, dict[str, Any]]) -> None:
    one = found["across"]
    assert (one["MatMul"], one["Pack"], one["StridedSlice"]) == (2, 1, 3)
    assert not {"ConcatV2", "Slice"} & one.keys()


def test_the_larger_of_two_is_chosen_by_one_comparison(found: dict[str, dict[str, Any]]) -> None:
    assert (found["more"]["SelectV2"], found["more"]["IsNan"]) == (4, 4)


def test_a_logistic_function_is_one_operation(found: dict[str, dict[str, Any]]) -> None:
    assert found["logistic"]["Sigmoid"] == 1
    assert "Exp" not in found["logistic"]
