"""Derivatives of linear algebra over stacks of real matrices.

M. B. Giles, *An extended collection of matrix derivative results for forward and reverse mode automatic
differentiation*, 2008; I. Murray, *Differentiation of the Cholesky decomposition*, 2016; S. F. Walter, L. Lehmann,
*Algorithmic differentiation of linear algebra functions*, 2010 (QR); J. Townsend, *Differentiating the singular value
decomposition*, 2016. What reads one triangle of its matrix, as NumPy does, has its derivative there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from snek_strategies.ir.gradients.drafts import Writer
from snek_strategies.ir.gradients.value import Value
from snek_strategies.ir.types import Array, concrete

Derivative = Callable[..., Value]
Given = Sequence[Value | None]
"""What reaches each result of a decomposition; None where nothing does."""


def _t(x: Value) -> Value:
    return x.do("matrix_transpose")


def _product(*factors: Value) -> Value:
    made = factors[0]
    for one in factors[1:]:
        made = made.do("matmul", one)
    return made


def _wide(x: Value, *axes: int) -> Value:
    return x.strong().do("expand_dims", axis=axes)


def _weights(x: Value, made: np.ndarray) -> np.ndarray:
    assert isinstance(x.type, Array)
    return made.astype(x.type.dtype)


def _eye(x: Value) -> np.ndarray:
    return _weights(x, np.eye(concrete(x.dims)[-1]))


def _triangle(x: Value, lower: bool, diagonal: float) -> Value:
    """Return one triangle of square matrices, the diagonal weighed."""
    ones = np.ones(concrete(x.dims)[-2:])
    return x * _weights(x, (np.tril(ones, -1) if lower else np.triu(ones, 1)) + diagonal * np.eye(len(ones)))


def _read(x: Value, lower: bool) -> Value:
    """Return the gradient by the triangle that is read, from that by whole matrices which are symmetric."""
    return _triangle(x + _t(x), lower, 0.5)


def _det(g: Value, o: Value, x: Value) -> Value:
    return _wide(g * o, -2, -1) * _t(x.do("inv"))


def _inv(g: Value, o: Value, x: Value) -> Value:
    return -_product(_t(o), g, _t(o))


def _right(g: Value, o: Value, a: Value, b: Value) -> Value:
    if len(b.dims) == 1:
        return _t(a).do("solve", _wide(g, -1)).do("squeeze", axis=-1)
    return _t(a).do("solve", g)


def _left(g: Value, o: Value, a: Value, b: Value) -> Value:
    by_b = _right(g, o, a, b)
    if len(b.dims) == 1:
        return -_product(_wide(by_b, -1), _wide(o, -2))
    return -_product(by_b, _t(o))


def _cholesky(g: Value, o: Value, x: Value, *, upper: bool = False) -> Value:
    factor, by_factor = (_t(o), _t(g)) if upper else (o, g)
    inner = _triangle(_product(_t(factor), by_factor), lower=True, diagonal=0.5)
    inverse = factor.do("inv")
    return _read(_product(_t(inverse), inner, inverse), lower=not upper)


def _apart(values: Value) -> Value:
    """Return 1 / (values[j] - values[i]) at (i, j), and zero on the diagonal."""
    gaps = _wide(values, -2) - _wide(values, -1)
    eye = _eye(gaps)
    return gaps.lift(1 - eye) / (gaps + eye)


def _several(x: Value, primitive: str, **params: object) -> list[Value]:
    assert isinstance(x.emit, Writer)
    return [Value(one, x.emit) for one in x.emit.many(primitive, x.atom, **params)]


def _eigvalsh(g: Value, o: Value, x: Value, *, UPLO: str = "L") -> Value:  # noqa: N803 - NumPy's name
    return _eigh((g, None), _several(x, "eigh", UPLO=UPLO), x, UPLO=UPLO)


def _eigh(given: Given, made: Sequence[Value], x: Value, *, UPLO: str = "L") -> Value:  # noqa: N803 - NumPy's name
    by_values, by_vectors = given
    values, vectors = made
    inner = []
    if by_values is not None:
        inner.append(_wide(by_values, -1) * _eye(x))
    if by_vectors is not None:
        inner.append(_apart(values) * _product(_t(vectors), by_vectors))
    return _read(_product(vectors, _sum(inner), _t(vectors)), lower=UPLO.upper() == "L")


def _svdvals(g: Value, o: Value, x: Value) -> Value:
    return _svd((None, g, None), _several(x, "svd", full_matrices=False), x, full_matrices=False)


def _svd(given: Given, made: Sequence[Value], x: Value, *, full_matrices: bool = True) -> Value:
    rows, columns = concrete(x.dims[-2:])
    by_left, by_values, by_right = given
    if full_matrices and rows != columns and (by_left is not None or by_right is not None):
        raise NotImplementedError("the vectors that fill up a basis are any")
    inner = min(rows, columns)
    left, values, right = made
    if full_matrices and rows != columns:
        left = left.do("getitem", index=(..., slice(None), slice(inner)))
        right = right.do("getitem", index=(..., slice(inner), slice(None)))
    scale = _wide(values, -2)
    terms: list[Value] = []
    if by_values is not None:
        terms.append(_product(left * _wide(by_values, -2), right))
    if by_left is not None:
        turned = _turned(values, _t(left), by_left)
        terms.append(_product(left, turned * scale, right))
        if rows > columns:
            terms.append(_product(_outside(left, by_left) / scale, right))
    if by_right is not None:
        turned = _turned(values, right, _t(by_right))
        terms.append(_product(left, _wide(values, -1) * turned, right))
        if columns > rows:
            terms.append(_product(left / scale, _t(_outside(_t(right), _t(by_right)))))
    return _sum(terms)


def _turned(values: Value, transposed: Value, given: Value) -> Value:
    """Return how the singular vectors turn within their own space."""
    inner = _product(transposed, given)
    return _apart(values * values) * (inner - _t(inner))


def _outside(vectors: Value, given: Value) -> Value:
    """Return what of a gradient leaves the space of the vectors."""
    return given - _product(vectors, _product(_t(vectors), given))


def _slogdet(given: Given, made: Sequence[Value], x: Value) -> Value:
    _, by_log = given
    inverse = _t(x.do("inv"))
    return inverse * 0.0 if by_log is None else _wide(by_log, -2, -1) * inverse


def _qr(given: Given, made: Sequence[Value], x: Value, *, mode: str = "reduced") -> Value:
    rows, columns = concrete(x.dims[-2:])
    if rows < columns or (mode == "complete" and rows > columns):
        raise NotImplementedError("the columns that fill up a basis are any")
    by_q, by_r = given
    q, r = made
    terms = []
    if by_r is not None:
        terms.append(_product(r, _t(by_r)))
    if by_q is not None:
        terms.append(-_product(_t(by_q), q))
    inner = _sum(terms)
    symmetric = _triangle(inner, lower=True, diagonal=1.0) + _t(_triangle(inner, lower=True, diagonal=0.0))
    whole = _product(q, symmetric) if by_q is None else by_q + _product(q, symmetric)
    return _t(r.do("solve", _t(whole)))


def _sum(terms: list[Value]) -> Value:
    made = terms[0]
    for one in terms[1:]:
        made = made + one
    return made


LINEAR: dict[str, tuple[Derivative, ...]] = {
    "det": (_det,),
    "inv": (_inv,),
    "solve": (_left, _right),
    "cholesky": (_cholesky,),
    "eigvalsh": (_eigvalsh,),
    "svdvals": (_svdvals,),
}
"""One function for each operand."""

DECOMPOSITIONS: dict[str, Callable[..., Value]] = {"slogdet": _slogdet, "eigh": _eigh, "svd": _svd, "qr": _qr}
"""What has several results: from what reaches each of them, and the results, to what reaches the matrix."""
