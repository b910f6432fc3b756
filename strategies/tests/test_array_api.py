"""The Array API standard, whole: every function is right or refused by name, on every back-end as the table says."""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import snek
from snek_strategies.backends.registry import BACKENDS
from snek_strategies.ir.interpretations import LINEAR

TESTS = Path(__file__).parent
sys.path.append(str(TESTS))
from array_api_programs import BINARY, PROGRAMS, REFUSED, STANDARD, UNARY  # noqa: E402
from linear_cases import raises  # noqa: E402
from own_process import column_of  # noqa: E402

TABLE: dict[str, list[str]] = json.loads((TESTS.parents[1] / "results/expected/array_api.json").read_text())


def answers(backend: str) -> dict[str, str]:
    """Run a back-end's whole column in one process of its own."""
    found: dict[str, str] = column_of("run_array_api.py", backend)
    return found


def test_every_function_of_the_standard_has_a_row() -> None:
    listed = [name for names in STANDARD.values() for name in names.split()]
    assert sorted([*PROGRAMS, *REFUSED]) == sorted(listed)


def test_the_table_says_what_each_back_end_refuses() -> None:
    assert list(TABLE) == list(BACKENDS)
    assert TABLE["interpret"] == []
    assert all(set(names) <= set(PROGRAMS) for names in TABLE.values())


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_function_is_right_or_refused_by_name_as_the_table_says(backend: str) -> None:
    found = answers(backend)
    refused = [name for name in PROGRAMS if found[name] != "right"]
    assert {name: found[name] for name in refused if name not in TABLE[backend]} == {}
    assert refused == TABLE[backend]
    assert all(f"refused: back-end {backend!r} cannot express" in found[name] for name in refused)


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_staged_raises_and_names_itself(name: str) -> None:
    function, arguments = REFUSED[name]
    with pytest.raises(snek.StagingError) as caught:
        snek.stage(function)(*arguments)
    assert name.strip("_").rpartition(".")[2] in str(caught.value).lower()


@pytest.mark.parametrize("name", LINEAR)
def test_singular_and_misshapen_matrices_raise_as_numpy_does(name: str) -> None:
    def run(x):
        return getattr(np.linalg, name)(*((x, x) if name == "solve" else (x,)))

    bad = np.array([[1.0, np.nan], [2.0, np.nan]]) if "v" in name[0] or "eig" in name else np.zeros((2, 2))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            run(bad)
        except np.linalg.LinAlgError as expected:
            with pytest.raises(np.linalg.LinAlgError, match=str(expected)):
                snek.stage(run)(bad)
        else:
            snek.stage(run)(bad)
    with pytest.raises(snek.StagingError, match=name):
        snek.stage(run)(np.ones(3))


def factored(x, s, y):
    parts = np.linalg.det(x), np.linalg.inv(x), np.linalg.svdvals(y), np.linalg.cholesky(s[0], upper=True)
    solved = np.linalg.solve(x, y), np.linalg.solve(x, y[0]), np.linalg.solve(x[0], x)
    logs = np.linalg.slogdet(x), np.linalg.slogdet(x[0])
    values = np.linalg.eigvalsh(s), np.linalg.eigvalsh(x, UPLO="U"), np.linalg.cholesky(s)
    return *parts, *solved, *logs[0], *logs[1], *values, *np.linalg.qr(y), *np.linalg.qr(y[:, :2], mode="complete")


@pytest.mark.parametrize("backend", ["torch", "torchscript"])
@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "complex128", "int64"])
def test_stacks_of_other_dtypes_and_of_as_many_matrices_as_rows_are_numpys(backend: str, dtype: str) -> None:
    pytest.importorskip("torch")
    rng = np.random.default_rng(1)
    x = 5 * rng.normal(size=(3, 3, 3)) + 20 * np.eye(3)
    x = (x + 1j * rng.normal(size=x.shape) if dtype[0] == "c" else x).astype(dtype)
    s = (x @ np.conj(np.matrix_transpose(x))).astype(dtype)
    s[1:] += np.triu(np.ones((3, 3)), 1).astype(dtype)  # one triangle is read
    want = factored(x, s, x[1])
    found = snek.stage(factored, backend=backend)(x, s, x[1])
    tolerance = 2e-4 if dtype in ("float32", "complex64") else 1e-9
    for mine, one in zip(found, want, strict=True):
        assert (mine.dtype, np.shape(mine)) == (one.dtype, np.shape(one))
        np.testing.assert_allclose(mine, one, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("backend", ["jax", "tensorflow", "tensorflow-xla", "torch", "torchscript"])
def test_linear_algebra_its_errors_and_its_gradients_are_numpys_but_for_the_signs_of_vectors(backend: str) -> None:
    assert column_of("run_linear.py", backend) == "same"


def test_a_staged_handler_takes_that_a_matrix_has_no_inverse() -> None:
    raises("interpret")


@pytest.mark.parametrize("name", ["cholesky", "eigh", "svdvals"])
def test_a_handler_of_what_cannot_be_told_before_is_refused(name: str) -> None:
    def run(a):
        try:
            made = getattr(np.linalg, name)(a)
        except np.linalg.LinAlgError:
            return a.sum()
        return a.sum() + len(made)

    with pytest.raises(snek.StagingError, match=f"{name} may raise where data decide") as caught:
        snek.stage(run)(np.eye(2))
    assert caught.value.code == "SNK0214"


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "uint32", "int64", "uint64"])
def test_numba_shifts_by_any_number_of_bits_as_numpy_does(dtype: str) -> None:
    pytest.importorskip("numba")
    ends = np.iinfo(dtype)
    x = np.array([1, 7, ends.max, ends.min, 100], dtype)
    by = np.array([0, 1, 3, ends.bits - 1, ends.bits, 100] + ([-1] if ends.min else []), dtype)

    def run(x, by):
        return x[:, None] << by, x[:, None] >> by, x << by[4], x >> by[4], x[0] << by, x[3] >> by

    for mine, one in zip(snek.stage(run, backend="numba")(x, by), run(x, by), strict=True):
        assert mine.dtype == one.dtype
        np.testing.assert_array_equal(mine, one)


DTYPES = ("bool", "int8", "int32", "uint16", "int64", "float32", "float64", "complex64")
SHAPES = ((), (1,), (3,), (2, 1), (2, 3), (0, 3), (4, 1, 3))
OPERANDS = st.one_of(
    st.builds(lambda dtype, shape, seed: _array(dtype, shape, seed), st.sampled_from(DTYPES), st.sampled_from(SHAPES),
              st.integers(0, 3)),
    st.sampled_from([2, 0.5, True]),
)  # fmt: skip


def _array(dtype: str, shape: tuple[int, ...], seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 5, shape).astype(dtype)


def _outcome(function, *operands):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            made = function(*operands)
        except (TypeError, ValueError, OverflowError, snek.StagingError):
            return "raises"
        return np.asarray(made).dtype, np.shape(made), np.asarray(made).tobytes()


@settings(max_examples=250, deadline=None)
@given(st.sampled_from([*UNARY.split(), *BINARY.split(), "pow", "logical_and", "bitwise_or"]), OPERANDS, OPERANDS)
def test_dtypes_and_broadcasting_are_numpys(name: str, a: object, b: object) -> None:
    function = getattr(np, name)
    operands = (a, b)[: getattr(function, "nin", 1)]
    if not any(isinstance(one, np.ndarray) for one in operands):
        return

    def run(*given):
        return function(*given)

    assert _outcome(snek.stage(run), *operands) == _outcome(run, *operands)


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from("sum prod max min mean std var all any argmax argmin count_nonzero cumulative_sum sort".split()),
    st.sampled_from(DTYPES[:-1]),
    st.sampled_from([(3,), (2, 3), (4, 1, 3)]),
    st.sampled_from([None, 0, -1]),
)  # fmt: skip
def test_reductions_over_dtypes_and_axes_are_numpys(name: str, dtype: str, shape: tuple[int, ...], axis: int) -> None:
    x = _array(dtype, shape, 1)

    def run(x):
        return getattr(x.__array_namespace__(), name)(x, axis=axis)

    assert _outcome(snek.stage(run), x) == _outcome(run, x)
