"""NumPy's functions on Reps: staged and interpreted they answer as NumPy does, in value, dtype and shape."""

from __future__ import annotations

import math
import operator
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.append(str(Path(__file__).parent))
from array_api_programs import STANDARD

from snek_core_transform.errors import StagingError
from snek_strategies.ir.interpret import interpret
from snek_strategies.ir.verify import verify
from snek_strategies.staging.composed_calls import OF_DATA
from snek_strategies.staging.numpy_calls import RULES, SCALAR_TYPES, UFUNCS
from snek_strategies.staging.operators import StagingOperators
from snek_strategies.staging.pytrees import arrays_in
from snek_strategies.staging.rep import BINARY, COMPARING
from snek_strategies.staging.trace import collect
from snek_strategies.staging.watch import Watch

M = np.arange(6.0).reshape(2, 3) + 1
S = np.array([[2.0, 1.0], [1.0, 3.0]])
V = np.array([3, 1, 2])
OPERATORS = StagingOperators()


def staged(function: Callable[..., object], *args: object) -> object:
    """Stage a function by hand, without virtualizing it, and interpret what it emitted."""
    made = collect(function, args, "by_hand", Watch())
    verify(made.program)
    return made.answer(interpret(made.program, *arrays_in(args)), args)


def check(function: Callable[..., object], *args: object) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected, got = function(*args), staged(function, *args)
    pairs = zip(expected, got, strict=True) if isinstance(expected, (tuple, list)) else [(expected, got)]  # type: ignore[call-overload]
    for a, b in pairs:
        if isinstance(a, (np.ndarray, np.generic)):
            assert a.dtype == b.dtype
            assert a.shape == b.shape
            assert np.asarray(a).tobytes() == np.asarray(b).tobytes()
        else:
            assert type(a) is type(b)
            assert a == b


CASES: dict[object, list[Callable[..., object]]] = {
    **{getattr(np, n): [lambda x, f=getattr(np, n), k=k: f(x, **k)
                       for k in ({}, {"axis": 0}, {"axis": 1, "keepdims": True})]
       for n in ("sum", "prod", "mean", "max", "min", "any", "all", "std", "var")},
    **{getattr(np, n): [lambda x, f=getattr(np, n), k=k: f(x, **k) for k in ({}, {"axis": 0}, {"axis": -1})]
       for n in ("argmax", "argmin", "cumsum", "cumprod", "count_nonzero")},
    np.cumulative_sum: [lambda x: np.cumulative_sum(x, axis=1)],
    np.cumulative_prod: [lambda x: np.cumulative_prod(x, axis=1)],
    np.reshape: [lambda x: np.reshape(x, (3, 2)), lambda x: np.reshape(x, -1), lambda x: x.reshape(3, 2),
                 lambda x: x.flatten()],
    np.transpose: [lambda x: np.transpose(x), lambda x: np.transpose(x, (1, 0)), lambda x: x.T,
                   lambda x: x.transpose(1, 0)],
    np.matrix_transpose: [lambda x: np.matrix_transpose(x)],
    np.expand_dims: [lambda x: np.expand_dims(x, 1), lambda x: x[:, None]],
    np.squeeze: [lambda x: np.squeeze(x[:1]), lambda x: np.squeeze(x[:1], axis=0)],
    np.broadcast_to: [lambda x: np.broadcast_to(x, (4, 2, 3))],
    np.flip: [lambda x: np.flip(x), lambda x: np.flip(x, axis=0)],
    np.roll: [lambda x: np.roll(x, 1), lambda x: np.roll(x, 1, axis=1)],
    np.tile: [lambda x: np.tile(x, (2, 1))],
    np.repeat: [lambda x: np.repeat(x, 2), lambda x: np.repeat(x, 2, axis=1)],
    np.diff: [lambda x: np.diff(x)],
    np.tril: [lambda x: np.tril(x)],
    np.triu: [lambda x: np.triu(x, 1)],
    np.trace: [lambda x: np.trace(x)],
    np.diagonal: [lambda x: np.diagonal(x)],
    np.sort: [lambda x: np.sort(-x), lambda x: np.sort(-x, axis=0)],
    np.argsort: [lambda x: np.argsort(-x)],
    np.swapaxes: [lambda x: np.swapaxes(x, 0, 1)],
    np.moveaxis: [lambda x: np.moveaxis(x, 0, 1)],
    np.ravel: [lambda x: np.ravel(x)],
    np.round: [lambda x: np.round(x / 7, 2), lambda x: np.round(x / 7)],
    np.real: [lambda x: np.real(x)],
    np.imag: [lambda x: np.imag(x)],
    np.take: [lambda x: np.take(x, np.array([1, 0]), axis=1)],
    np.take_along_axis: [lambda x: np.take_along_axis(x, np.argsort(-x, axis=1), axis=1)],
    np.clip: [lambda x: np.clip(x, 2, 4)],
    np.outer: [lambda x: np.outer(x[0], x[1])],
    np.dot: [lambda x: np.dot(x, x.T)],
    np.vdot: [lambda x: np.vdot(x, x)],
    np.vecdot: [lambda x: np.vecdot(x, x), lambda x: np.vecdot(x, x, axis=0)],
    np.tensordot: [lambda x: np.tensordot(x, x, axes=2)],
    np.searchsorted: [lambda x: np.searchsorted(x[0], x[1])],
    np.where: [lambda x: np.where(x > 2, x, 0), lambda x: np.where(x > 2, 1, 0),
               lambda x: np.where(x > 2, 1.0, x)],
    np.concatenate: [lambda x: np.concatenate([x, x]), lambda x: np.concatenate([x, x], axis=1),
                     lambda x: np.concat((x, x))],
    np.stack: [lambda x: np.stack([x, x]), lambda x: np.stack([x[0, 0], 2.0])],
    np.split: [lambda x: np.split(x, 3, axis=1), lambda x: np.split(x, [1, 2], axis=1)],
    np.unstack: [lambda x: np.unstack(x), lambda x: np.unstack(x, axis=1)],
    np.zeros_like: [lambda x: np.zeros_like(x), lambda x: np.zeros_like(x, dtype=np.int32)],
    np.ones_like: [lambda x: np.ones_like(x)],
    np.full_like: [lambda x: np.full_like(x, 7)],
    np.full: [lambda x: OPERATORS.call(np.full, (2, 2), x[0, 0])],
    np.array: [lambda x: OPERATORS.call(np.array, [x[0, 0], x[0, 1], 3]), lambda x: OPERATORS.call(np.array, x)],
    np.asarray: [lambda x: OPERATORS.call(np.asarray, [[x[0, 0], 1.0]], dtype=np.float32)],
    np.astype: [lambda x: np.astype(x, np.float32), lambda x: x.astype("int32")],
    np.copy: [lambda x: np.copy(x)],
    np.shape: [lambda x: np.shape(x)],
    np.ndim: [lambda x: np.ndim(x)],
    np.size: [lambda x: np.size(x)],
    np.fabs: [lambda x: np.fabs(-x)],
    **{kind: [lambda x, kind=kind: OPERATORS.call(kind, x[0, 1])] for kind in SCALAR_TYPES},
    np.hstack: [lambda x: np.hstack([x, x]), lambda x: np.hstack([x[0], x[1]])],
    np.vstack: [lambda x: np.vstack([x, x[0]])],
    np.atleast_1d: [lambda x: np.atleast_1d(x[0, 0]), lambda x: np.atleast_1d(x, x[0, 0])],
    np.atleast_2d: [lambda x: np.atleast_2d(x[0])],
    np.inner: [lambda x: np.inner(x[0], x[1]), lambda x: np.inner(x, x)],
    np.kron: [lambda x: np.kron(x, x), lambda x: np.kron(x[0], x)],
    np.ptp: [lambda x: np.ptp(x), lambda x: np.ptp(x, axis=1)],
    np.isclose: [lambda x: np.isclose(x, x + 1e-9), lambda x: np.isclose(x / 0, x / 0 * 0, equal_nan=True)],
    np.allclose: [lambda x: np.allclose(x, x + 1e-9), lambda x: np.allclose(x, x + 1)],
    np.fliplr: [lambda x: np.fliplr(x)],
    np.flipud: [lambda x: np.flipud(x)],
    np.average: [lambda x: np.average(x), lambda x: np.average(x, axis=0, weights=x)],
    np.append: [lambda x: np.append(x, x[0]), lambda x: np.append(x, x, axis=0)],
    np.pad: [lambda x: np.pad(x, 1), lambda x: np.pad(x, ((1, 0), (0, 2)), constant_values=7)],
    np.iscomplexobj: [lambda x: np.iscomplexobj(x), lambda x: np.iscomplexobj(x * 1j)],
    np.isrealobj: [lambda x: np.isrealobj(x)],
    np.isin: [lambda x: np.isin(x, [1, 4]), lambda x: np.isin(x, x[0], invert=True)],
    np.nan_to_num: [lambda x: np.nan_to_num(np.log(x - 1.0)), lambda x: np.nan_to_num(x / 0.0, posinf=5.0)],
    np.median: [lambda x: np.median(x), lambda x: np.median(x, axis=0), lambda x: np.median(x[0]),
                lambda x: np.median(x, axis=1, keepdims=True), lambda x: np.median(np.where(x < 2, np.nan, x), axis=0)],
    np.quantile: [lambda x: np.quantile(x, 0.3), lambda x: np.quantile(x, 0.75, axis=1), lambda x: np.quantile(x, 1)],
    np.percentile: [lambda x: np.percentile(x, 30), lambda x: np.percentile(x, 60.5, axis=0, keepdims=True)],
    np.nansum: [lambda x: np.nansum(np.log(x - 3.0)), lambda x: np.nansum(x, axis=1)],
    np.nanprod: [lambda x: np.nanprod(np.sqrt(x - 3.0)), lambda x: np.nanprod(x, axis=1, keepdims=True)],
    np.nanmean: [lambda x: np.nanmean(np.sqrt(x - 3.0), axis=0), lambda x: np.nanmean(x)],
    np.nanmax: [lambda x: np.nanmax(np.sqrt(x - 3.0), axis=0), lambda x: np.nanmax(x)],
    np.nanmin: [lambda x: np.nanmin(np.sqrt(x - 3.0), axis=1), lambda x: np.nanmin(x)],
    np.trapezoid: [lambda x: np.trapezoid(x), lambda x: np.trapezoid(x, dx=0.5),
                   lambda x: np.trapezoid(x[0], x[1] * x[1])],
    np.einsum: [lambda x, e=e: np.einsum(e, *[x] * (e.count(",") + 1))
                for e in ("ij,ij->i", "ij,kj->ik", "ij,ij", "ij->ji", "ij,ik->jk", "ij,kl->ijkl", "ij->", "ij,ij->ij",
                          "ij,kj,lj->ikl", "ij,ij,ij->j", "ij,ik")]
               + [lambda x: np.einsum("ii->i", x[:, :2]), lambda x: np.einsum("ii", x[:, :2]),
                  lambda x: np.einsum("bij,bjk->bik", np.stack([x, x]), np.stack([x.T, x.T]))],
    np.interp: [lambda x: np.interp(x, [1, 2.5, 4], [10, 20, 5]),
                lambda x: np.interp(x[0], x[1], x[0], left=-1, right=9),
                lambda x: np.interp(np.log(x - 2.0), [0.0, 1.0], [3.0, 4.0]), lambda x: np.interp(x, [2], [7])],
    np.polyval: [lambda x: np.polyval([1, 2, 3], x), lambda x: np.polyval(x[0], x)],
    np.convolve: [lambda x, m=m: np.convolve(x[0], x[1, :2], mode=m) for m in ("full", "same", "valid")]
                 + [lambda x: np.convolve(x[0], np.ones(5))],
    np.select: [lambda x: np.select([x < 2, x > 4], [x * 10, x + 1], -1), lambda x: np.select([x > 3], [x])],
    np.diag: [lambda x: np.diag(x), lambda x: np.diag(x[0]), lambda x: np.diag(x[0], 1), lambda x: np.diag(x[0], -2)],
    np.array_equal: [lambda x: np.array_equal(x, x * 1), lambda x: np.array_equal(x, x + 1),
                     lambda x: np.array_equal(x, x[0]), lambda x: np.array_equal(x / 0 * 0, x / 0 * 0, equal_nan=True)],
    np.dstack: [lambda x: np.dstack([x, x]), lambda x: np.dstack([x[0], x[1]])],
    np.column_stack: [lambda x: np.column_stack([x[0], x[1]]), lambda x: np.column_stack([x, x[:, 0]])],
    np.digitize: [lambda x: np.digitize(x, [1, 3, 5]), lambda x: np.digitize(x, [1, 3, 5], right=True)],
    np.heaviside: [lambda x: np.heaviside(x - 3, 0.5), lambda x: np.heaviside(np.log(x - 2.0), x)],
    np.degrees: [lambda x: np.degrees(x)],
    np.rad2deg: [lambda x: np.rad2deg(x)],
    np.radians: [lambda x: np.radians(x)],
    np.deg2rad: [lambda x: np.deg2rad(x)],
    np.amax: [lambda x: np.amax(x, axis=0)],
    np.amin: [lambda x: np.amin(x)],
    np.around: [lambda x: np.around(x / 7, 2)],
    np.linalg.norm: [lambda x: np.linalg.norm(x, 1), lambda x: np.linalg.norm(x[0], np.inf),
                     lambda x: np.linalg.norm(x, axis=0, keepdims=True), lambda x: np.linalg.norm(x[0], 0)],
}  # fmt: skip
IN_STANDARD = {
    operator.attrgetter(name)(np)
    for names in STANDARD.values()
    for name in names.split()
    if not name.startswith("_") and hasattr(np, name.partition(".")[0])
}
"""What has its rows in `array_api_programs.py`."""


def test_every_staged_function_has_a_case() -> None:
    # The functions whose extents are a matter of data have rows for being refused.
    shaped_by_data = {getattr(np, name) for name in OF_DATA}
    assert set(CASES) | IN_STANDARD | shaped_by_data >= set(RULES)
    assert set(CASES) <= set(RULES)


@pytest.mark.parametrize("name", OF_DATA)
def test_an_extent_that_depends_on_data_is_refused_by_name(name: str) -> None:
    with pytest.raises(StagingError, match=f"np.{name} of values .* would depend on data"):
        staged(getattr(np, name), *[S] * (2 if name in ("extract", "compress") or name.endswith("1d") else 1))


@pytest.mark.parametrize("function", CASES, ids=lambda one: getattr(one, "__name__", "?"))
@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
def test_a_function_answers_as_numpy(function: object, dtype: str) -> None:
    for case in CASES[function]:
        check(case, M.astype(dtype))


OPERAND = st.one_of(
    st.sampled_from([M, M.astype("float32"), V, V.astype("int8"), np.float32(2), np.int64(3), V > 1]),
    st.sampled_from([2, 0.5, True]),
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted({*BINARY, *COMPARING} - {"matmul"})), OPERAND, OPERAND)
def test_an_operator_answers_as_numpy(name: str, a: object, b: object) -> None:
    function = getattr(operator, {"and": "and_", "or": "or_"}.get(name, name))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            function(a, b)
        except (TypeError, ValueError):
            with pytest.raises((TypeError, StagingError)):
                staged(function, a, b)
        else:
            check(function, a, b)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(UFUNCS, key=lambda one: one.__name__)), OPERAND, OPERAND)
def test_a_ufunc_answers_as_numpy(function: np.ufunc, a: object, b: object) -> None:
    operands = (a, b)[: function.nin]
    if function is np.matmul or not any(isinstance(one, (np.ndarray, np.generic)) for one in operands):
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            function(*operands)
        except (TypeError, ValueError):
            with pytest.raises((TypeError, StagingError)):
                staged(function, *operands)
        else:
            check(function, *operands)


@pytest.mark.parametrize(
    "index", [0, -1, (0, 1), (slice(None), 1), (..., None, 0), (slice(0, 1), slice(None, None, -1))]
)
def test_a_static_index_answers_as_numpy(index: object) -> None:
    check(lambda x: x[index], M)


def test_a_staged_index_answers_as_numpy() -> None:
    check(lambda x, i: x[i], M, np.int64(1))
    check(lambda x, i: x[:, i], M, np.int64(-1))
    check(lambda x, i: x[i, i + 1], M, np.int64(1))
    check(lambda x, i: x[i], M, np.array([1, 0, 1]))
    check(lambda x, i: x[i, i], M, np.array([1, 0, 1]))
    with pytest.raises(IndexError):
        staged(lambda x, i: x[i], M, np.int64(9))


@pytest.mark.parametrize("name", ["sqrt", "floor", "isnan", "exp", "atan2", "hypot", "trunc"])
def test_math_answers_as_python(name: str) -> None:
    function = getattr(math, name)
    args = (np.float64(2.5), np.float64(1.5))[: 2 if name in ("atan2", "hypot") else 1]
    got = staged(lambda *reps: OPERATORS.call(function, *reps), *args)
    assert type(got) is type(function(*args))
    assert got == function(*args)


def test_what_numpy_has_and_staging_not_is_refused_by_name() -> None:
    for function, name in (
        (lambda x: np.linalg.lstsq(x, x), "lstsq"),
        (lambda x: np.add(x, x, out=np.zeros((2, 2))), "out"),
        (lambda x: np.add.reduce(x), "reduce"),
        (lambda x: np.nonzero(x), "nonzero"),
        (lambda x: np.sum(x, where=x > 0), "where"),
        (lambda x: np.where(x > 0), "shape would depend"),
        (lambda x: OPERATORS.call(np.arange, x[0, 0]), "arange"),
        (lambda x: np.zeros(3)[x], "array made"),
    ):
        with pytest.raises((StagingError, TypeError, IndexError), match=name):
            staged(function, S)
