"""Compare a result with what it must be, and say the first difference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Tolerance:
    """How far a floating-point number may be off: |got - expected| <= absolute + relative * |expected|."""

    relative: float
    absolute: float


@dataclass(frozen=True)
class Comparison:
    """What a comparison found: the first difference ("" where there is none), and the largest absolute error."""

    difference: str
    largest_error: float | None


def compare(got: object, expected: object, tolerance: Tolerance, exact_dtype: bool = True) -> Comparison:
    """Compare nested results leaf by leaf.

    Tuples and lists count as one kind of sequence, since frameworks turn one into the other. Shapes must agree, and so
    must dtypes; with `exact_dtype=False` only their kinds (an integer is never a float). Integers and booleans must be
    equal; floating-point numbers agree within the tolerance; NaN agrees with NaN only, an infinity with itself.
    """
    errors: list[float] = []
    difference = _compare(got, expected, "result", tolerance, exact_dtype, errors)
    return Comparison(difference, max(errors, default=None))


def _compare(
    got: object, expected: object, path: str, tolerance: Tolerance, exact_dtype: bool, errors: list[float]
) -> str:
    if isinstance(expected, tuple | list):
        if not isinstance(got, tuple | list):
            return f"{path}: got {_kind(got)}, expected a sequence of {len(expected)}"
        if len(got) != len(expected):
            return f"{path}: got a sequence of {len(got)}, expected one of {len(expected)}"
        pairs = [(got[i], expected[i], f"{path}[{i}]") for i in range(len(expected))]
    elif isinstance(expected, dict):
        if not isinstance(got, dict) or got.keys() != expected.keys():
            return f"{path}: got {_kind(got)}, expected a dict with keys {list(expected)}"
        pairs = [(got[key], expected[key], f"{path}[{key!r}]") for key in expected]
    else:
        return _compare_leaf(got, expected, path, tolerance, exact_dtype, errors)
    # Every leaf is looked at, so that the largest error is over all of them.
    found = [_compare(*pair, tolerance, exact_dtype, errors) for pair in pairs]
    return next(filter(None, found), "")


def _compare_leaf(
    got: object, expected: object, path: str, tolerance: Tolerance, exact_dtype: bool, errors: list[float]
) -> str:
    if expected is None or isinstance(expected, str):
        return "" if type(got) is type(expected) and got == expected else f"{path}: got {got!r}, expected {expected!r}"
    if not isinstance(got, np.ndarray | np.generic | bool | int | float | complex):
        return f"{path}: got {_kind(got)}, expected a number or an array"
    left, right = np.asarray(got), np.asarray(expected)
    if left.shape != right.shape:
        return f"{path}: got shape {left.shape}, expected {right.shape}"
    # A Python scalar has a kind but no width of its own.
    weak = isinstance(got, bool | int | float | complex) or isinstance(expected, bool | int | float | complex)
    if left.dtype != right.dtype and ((exact_dtype and not weak) or left.dtype.kind != right.dtype.kind):
        return f"{path}: got dtype {left.dtype}, expected {right.dtype}"
    return _compare_numbers(left, right, path, tolerance, errors)


def _compare_numbers(left: np.ndarray, right: np.ndarray, path: str, tolerance: Tolerance, errors: list[float]) -> str:
    inexact = right.dtype.kind in "fc"
    if inexact:
        wide = np.complex128 if right.dtype.kind == "c" else np.float64
        left, right = left.astype(wide), right.astype(wide)
        with np.errstate(invalid="ignore", over="ignore"):
            errors_here = np.abs(left - right)
            allowed = tolerance.absolute + tolerance.relative * np.abs(right)
            agree = (
                (left == right) | (np.isnan(left) & np.isnan(right)) | (np.isfinite(right) & (errors_here <= allowed))
            )
            finite = errors_here[np.isfinite(errors_here)]
    else:
        agree = left == right
        finite = (
            np.abs(left.astype(np.float64) - right.astype(np.float64)) if right.dtype.kind in "iub" else np.zeros(0)
        )
    if finite.size:
        errors.append(float(finite.max()))
    if agree.all():
        return ""
    index = tuple(int(i) for i in np.argwhere(~agree)[0])
    at = f"{path}{list(index)}" if index else path
    share = f" ({int((~agree).sum())} of {agree.size} elements differ)" if agree.size > 1 else ""
    return f"{at}: got {left[index].item()!r}, expected {right[index].item()!r}{share}"


def _kind(value: object) -> str:
    return f"a sequence of {len(value)}" if isinstance(value, tuple | list) else f"a {type(value).__name__}"
