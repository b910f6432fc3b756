"""Arrays of JAX, TensorFlow and tensors on a GPU go into staged programs as they are, and come back of their kind."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snek_strategies.backends.registry import known

sys.path.append(str(Path(__file__).parent))
from own_process import said_by  # noqa: E402

RUNS = [
    ("jax", "jax", "cpu"), ("jax", "interpret", "cpu"), ("tensorflow", "tensorflow", "cpu"),
    ("tensorflow", "interpret", "cpu"), ("torch", "torchscript", "cuda"), ("torch", "torch", "cuda"),
]  # fmt: skip
OWN = {"jax": "jax", "tensorflow": "tensorflow", "torch": "torch cuda:0"}

random = np.random.default_rng(0)
X, W = random.normal(size=(3, 4)).astype("f"), (random.normal(size=(4, 4)) * 0.2).astype("f")


@pytest.fixture(params=RUNS, ids=lambda run: "-".join(run))
def run(request: pytest.FixtureRequest) -> Any:
    system, backend, device = request.param
    if known(system).missing() is not None:
        pytest.skip(f"{system} is not installed")
    if device == "cuda" and not pytest.importorskip("torch").cuda.is_available():
        pytest.skip("no GPU")
    said = said_by("run_own_arrays.py", system, backend, device)
    return said, OWN[system] if system in backend or device == "cuda" else "numpy"


def shrunk() -> tuple[Any, int]:
    x, n = X, 0
    while (x * x).sum() > 1.0:
        x, n = x @ W, n + 1
    return x, n


@pytest.mark.parametrize("name", ["shrunk", "verified", "compiled"])
def test_arrays_come_back_of_the_systems_kind_and_numbers_as_pythons(run: Any, name: str) -> None:
    said, kind = run
    expected, trips = shrunk()
    np.testing.assert_allclose(said[name]["value"][0], expected, rtol=1e-4)
    assert said[name]["value"][1] == trips
    assert said[name]["kinds"] == [kind, "builtins"]


def test_a_gradient_is_of_the_systems_kind(run: Any) -> None:
    said, kind = run
    assert said["gradient"]["kinds"] == kind
    assert np.shape(said["gradient"]["value"]) == (4, 4)


def test_dtypes_are_what_numpy_makes_them(run: Any) -> None:
    said, kind = run
    np.testing.assert_allclose(said["made"]["value"][0], X * 2)
    assert said["made"]["value"][1:] == [bool(X.sum() > 0), 3, int(X.astype(np.int64).sum())]
    assert said["made"]["kinds"][0] == kind


def test_arrays_stand_in_structures_and_outside_and_are_given_back(run: Any) -> None:
    said, kind = run
    np.testing.assert_allclose(said["in a dict"]["value"], X * 2)
    np.testing.assert_allclose(said["one twice"]["value"], X + X)
    np.testing.assert_allclose(said["outside"]["value"], X @ W, rtol=1e-5)
    np.testing.assert_allclose(said["given back"]["value"][0], X)
    assert said["given back"]["kinds"][1] == kind


def test_sizes_do_not_mix(run: Any) -> None:
    said, _ = run
    for got, rows in zip(said["again"]["value"], (3, 2, 3), strict=True):
        np.testing.assert_allclose(got, X[:rows] * 2)


def test_a_store_into_such_an_array_is_refused(run: Any) -> None:
    said, _ = run
    assert said["stored"]["error"] == "StagingError"
    assert "changes the argument at [0][0] in place" in said["stored"]["text"]


def test_errors_are_the_users(run: Any) -> None:
    said, _ = run
    assert said["divided"] == {"error": "ZeroDivisionError", "text": "integer division or modulo by zero"}


def test_lists_come_back_from_the_cpu_and_are_refused_from_elsewhere(run: Any) -> None:
    said, kind = run
    if kind.endswith("cuda:0"):
        assert "does not come back from cuda:0" in said["counted"]["text"]
    else:
        assert said["counted"]["value"] == [[2.0] * 3, [3.0] * 3, [4.0] * 3]


def test_tensors_on_two_devices_and_where_a_back_end_does_not_run_are_refused(run: Any) -> None:
    said, kind = run
    if not kind.endswith("cuda:0"):
        pytest.skip("one device")
    assert said["beside NumPy's"]["kinds"] == [kind, "builtins"]
    assert "move them to one device" in said["on two devices"]["text"]
    assert "back-end 'lantern' does not run" in said["elsewhere"]["text"]
