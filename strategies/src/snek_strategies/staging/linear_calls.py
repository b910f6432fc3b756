"""`np.linalg` on Reps: the decompositions are primitives, and everything else is made of them."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from snek_strategies.staging.builder import builder
from snek_strategies.staging.operands import known
from snek_strategies.staging.refusal import refuse
from snek_strategies.staging.rep import Rep, emit, lift


def _several(name: str) -> Callable[..., object]:
    """Make the rule of a decomposition with several results, which come in NumPy's own named tuple."""
    kind: Any = type(getattr(np.linalg, name)(np.eye(1)))
    return lambda x, **params: kind(*map(Rep, builder().reflect(name, (lift(known(x)),), params)))


def _svd(x: object, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> object:
    if hermitian:
        refuse("np.linalg.svd with hermitian=True is not staged; use np.linalg.eigh", code="SNK0204")
    if not compute_uv:
        return emit("svdvals", known(x))
    return _several("svd")(x, full_matrices=full_matrices)


def _qr(x: object, mode: str = "reduced") -> object:
    if mode == "r":
        return _several("qr")(x)[1]  # type: ignore[index]
    return _several("qr")(x, mode=mode)


def _cholesky(x: object, *, upper: bool = False) -> object:
    return emit("cholesky", known(x), upper=upper)


def _pinv(x: object, rcond: float | None = None, hermitian: bool = False, *, rtol: float | None = 1e-15) -> object:
    given = known(x)
    if hermitian:
        refuse("np.linalg.pinv with hermitian=True is not staged; leave it out", code="SNK0204")
    bound = rcond if rcond is not None else rtol
    if bound is None:
        bound = max(given.shape[-2:]) * float(np.finfo(given.dtype).eps)
    decomposed: Any = _svd(emit("conjugate", given), full_matrices=False)
    u, s, vt = decomposed
    large = emit("greater", s, emit("multiply", bound, emit("max", s, axis=-1, keepdims=True)))
    inverse = emit("where", large, emit("divide", 1, emit("where", large, s, 1)), 0)
    inner = emit("multiply", emit("expand_dims", inverse, axis=-1), emit("matrix_transpose", u))
    return emit("matmul", emit("matrix_transpose", vt), inner)


def _matrix_rank(a: object, tol: float | None = None, hermitian: bool = False, *, rtol: float | None = None) -> object:
    given = known(a)
    if hermitian or given.ndim < 2:
        refuse("np.linalg.matrix_rank with hermitian=True, or of a vector, is not staged", code="SNK0204")
    values = emit("svdvals", given)
    if tol is None:
        relative = max(given.shape[-2:]) * float(np.finfo(values.dtype).eps) if rtol is None else rtol
        bound: object = emit("multiply", relative, emit("max", values, axis=-1, keepdims=True))
    else:
        bound = tol
    return emit("count_nonzero", emit("greater", values, bound), axis=-1)


def _matrix_power(a: object, n: object) -> object:
    base, exponent = known(a), operator.index(n)  # type: ignore[arg-type]
    if base.ndim < 2 or base.shape[-1] != base.shape[-2]:
        refuse(f"np.linalg.matrix_power of {base!r} needs square matrices", code="SNK0203")
    if exponent == 0:
        return emit("copy", emit("broadcast_to", np.eye(base.shape[-1], dtype=base.dtype), shape=base.shape))
    if exponent < 0:
        base, exponent = emit("inv", base), -exponent
    if exponent == 3:
        return emit("matmul", emit("matmul", base, base), base)
    result: Rep | None = None
    while True:
        exponent, bit = divmod(exponent, 2)
        if bit:
            result = base if result is None else emit("matmul", result, base)
        if not exponent:
            return result
        base = emit("matmul", base, base)


def _squares(x: Rep) -> Rep:
    if x.dtype.kind == "c":
        return emit("add", emit("square", emit("real", x)), emit("square", emit("imag", x)))
    return emit("square", x)


def _floating(x: object) -> Rep:
    given = known(x)
    return given if given.dtype.kind in "fc" else emit("astype", given, dtype="float64")


def _norm_along(x: Rep, axes: tuple[int, ...], order: Any, keepdims: bool) -> Rep:
    where = {"axis": axes, "keepdims": keepdims}
    if order in (None, 2):
        return emit("sqrt", emit("sum", _squares(x), **where))
    size = emit("absolute", x)
    if order in (np.inf, -np.inf):
        return emit("max" if order > 0 else "min", size, **where)
    if order == 0:
        return emit("astype", emit("count_nonzero", x, **where), dtype=size.dtype.name)
    if order == 1:
        return emit("sum", size, **where)
    return emit("power", emit("sum", emit("power", size, float(order)), **where), 1.0 / order)


def _vector_norm(x: object, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> object:  # noqa: A002 - NumPy's name
    given = _floating(x)
    axes = tuple(range(given.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return _norm_along(given, axes, ord, keepdims)


def _matrix_norm(x: object, /, *, keepdims: bool = False, ord: Any = "fro") -> object:  # noqa: A002 - NumPy's name
    given = _floating(x)
    if given.ndim < 2:
        refuse(f"np.linalg.matrix_norm of {given!r} needs matrices", code="SNK0203")
    if ord == "fro":
        return _norm_along(given, (-2, -1), 2, keepdims)
    if ord in (1, -1, np.inf, -np.inf):
        summed = emit("sum", emit("absolute", given), axis=-2 if abs(ord) == 1 else -1, keepdims=True)
        return emit("max" if ord > 0 else "min", summed, axis=(-2, -1), keepdims=keepdims)
    values = emit("svdvals", given)
    how = {"nuc": "sum", 2: "max", -2: "min"}.get(ord)
    if how is None:
        refuse(f"np.linalg.matrix_norm with ord {ord!r}; there is fro, nuc, 1, -1, 2, -2, inf, -inf", code="SNK0203")
    made = emit(how, values, axis=-1)
    return emit("expand_dims", made, axis=(-2, -1)) if keepdims else made


def _norm(x: object, ord: Any = None, axis: Any = None, keepdims: bool = False) -> object:  # noqa: A002 - NumPy's name
    rank = known(x).ndim
    matrices = (isinstance(axis, tuple) and len(axis) == 2) or (axis is None and rank == 2)
    if ord is None or not matrices:
        if ord is not None and axis is None and rank != 1:
            refuse(f"np.linalg.norm of rank {rank} with ord {ord!r} needs an axis", code="SNK0203")
        return _vector_norm(x, axis=axis, keepdims=keepdims, ord=2 if ord is None else ord)
    if axis not in (None, (-2, -1), (rank - 2, rank - 1)):
        refuse("np.linalg.norm of matrices along other axes than the last two; use np.moveaxis first", code="SNK0204")
    return _matrix_norm(x, keepdims=keepdims, ord=ord)


def _cross(x1: object, x2: object, /, *, axis: int = -1) -> object:
    given = [known(one) for one in (x1, x2)]
    if any(one.shape[axis] != 3 for one in given):
        refuse(f"np.linalg.cross needs vectors of three elements along axis {axis}", code="SNK0203")
    a, b = (emit("moveaxis", one, source=axis, destination=-1) for one in given)
    parts = []
    for one, other in ((1, 2), (2, 0), (0, 1)):
        ahead = emit("multiply", a[..., one], b[..., other])
        parts.append(emit("subtract", ahead, emit("multiply", a[..., other], b[..., one])))
    return emit("stack", *parts, axis=axis)


def _outer(x1: object, x2: object, /) -> object:
    a, b = known(x1), known(x2)
    if a.ndim != 1 or b.ndim != 1:
        refuse(f"np.linalg.outer needs two vectors: {a!r}, {b!r}", code="SNK0203")
    return emit("outer", a, b)


def _diagonal(x: object, /, *, offset: int = 0) -> object:
    return emit("diagonal", known(x), offset=offset, axis1=-2, axis2=-1)


def _trace(x: object, /, *, offset: int = 0, dtype: Any = None) -> object:
    given = known(x) if dtype is None else emit("astype", known(x), dtype=np.dtype(dtype).name)
    return emit("trace", given, offset=offset, axis1=-2, axis2=-1)


def _alone(name: str) -> Callable[..., object]:
    return lambda *arrays: emit(name, *map(known, arrays))


LINEAR_RULES: dict[object, Callable[..., object]] = {
    **{getattr(np.linalg, name): _alone(name) for name in ("det", "inv", "solve", "svdvals")},
    np.linalg.cholesky: _cholesky,
    np.linalg.slogdet: _several("slogdet"),
    np.linalg.qr: _qr,
    np.linalg.svd: _svd,
    np.linalg.eigh: lambda a, UPLO="L": _several("eigh")(a, UPLO=UPLO),  # noqa: N803 - NumPy's name
    np.linalg.eigvalsh: lambda a, UPLO="L": emit("eigvalsh", known(a), UPLO=UPLO),  # noqa: N803 - NumPy's name
    np.linalg.pinv: _pinv,
    np.linalg.matrix_rank: _matrix_rank,
    np.linalg.matrix_power: _matrix_power,
    np.linalg.norm: _norm,
    np.linalg.vector_norm: _vector_norm,
    np.linalg.matrix_norm: _matrix_norm,
    np.linalg.cross: _cross,
    np.linalg.outer: _outer,
    np.linalg.diagonal: _diagonal,
    np.linalg.trace: _trace,
    np.linalg.matmul: lambda x1, x2, /: emit("matmul", known(x1), known(x2)),
    np.linalg.matrix_transpose: lambda x, /: emit("matrix_transpose", known(x)),
    np.linalg.tensordot: lambda x1, x2, /, *, axes=2: emit("tensordot", known(x1), known(x2), axes=axes),
    np.linalg.vecdot: lambda x1, x2, /, *, axis=-1: emit("vecdot", known(x1), known(x2), axis=axis),
}
"""Functions of `np.linalg`."""
