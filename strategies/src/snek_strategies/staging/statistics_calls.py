"""NumPy's medians, quantiles and what leaves NaN out, written in other functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from snek_strategies.staging.operands import has_rep, known
from snek_strategies.staging.refusal import refuse
from snek_strategies.staging.rep import Rep, emit

Rule = Callable[..., object]


def _in_order(x: object, axis: int | None) -> tuple[Any, int]:
    """Return an array sorted along an axis, the last of what is returned, and how many lie along it; NaN is behind."""
    given = known(x)
    given = (
        emit("reshape", given, shape=(-1,)) if axis is None else emit("moveaxis", given, source=axis, destination=-1)
    )
    return emit("sort", given, axis=-1), given.shape[-1]


def _with_nan(ordered: Any, made: Any) -> Any:
    last = ordered[..., -1]
    return made if ordered.dtype.kind != "f" else np.where(np.isnan(last), last, made)


def _kept(x: object, made: Any, axis: int | None, keepdims: bool) -> object:
    if not keepdims:
        return made
    rank = known(x).ndim
    return emit("reshape", made, shape=(1,) * rank) if axis is None else emit("expand_dims", made, axis=axis)


def _median(a: object, axis: int | None = None, *, keepdims: bool = False) -> object:
    ordered, count = _in_order(a, axis)
    middle = ordered[..., (count - 1) // 2 : count // 2 + 1].mean(axis=-1)
    return _kept(a, _with_nan(ordered, middle), axis, keepdims)


def _quantile(name: str, scale: float) -> Rule:
    def rule(
        a: object, q: object, axis: int | None = None, *, method: str = "linear", keepdims: bool = False
    ) -> object:
        if has_rep(q) or np.ndim(q) or method != "linear":  # type: ignore[arg-type]
            refuse(f"np.{name} is staged for one static number, by method 'linear'", code="SNK0204")
        ordered, count = _in_order(a, axis)
        if scale == 1 and type(q) is int and q in (0, 1):
            return _kept(a, ordered[..., -q], axis, keepdims)  # of ints, the only one that is an int
        ordered = ordered if ordered.dtype.kind == "f" else ordered.astype(np.float64)
        share = ordered.dtype.type(q) / ordered.dtype.type(scale)
        if not 0 <= share <= 1:
            raise ValueError(f"{name.title()}s must be in the range [0, {scale:g}]")
        place = share * (count - 1)
        low = int(np.floor(place))
        part = ordered.dtype.type(place - low)
        below, above = ordered[..., low], ordered[..., min(low + 1, count - 1)]
        step = above - below
        made = above - step * (1 - part) if part >= 0.5 else below + step * part
        return _kept(a, _with_nan(ordered, made), axis, keepdims)

    return rule


def _nan_as(name: str, value: float) -> Rule:
    """Make the rule of a function that takes NaN for a number that changes nothing."""

    def rule(a: object, axis: int | None = None, *, keepdims: bool = False) -> object:
        given = known(a)
        return emit(name, _without_nan(given, value), axis=axis, keepdims=keepdims)

    return rule


def _without_nan(given: Rep, value: float) -> Any:
    return np.where(np.isnan(given), given.dtype.type(value), given) if given.dtype.kind == "f" else given


def _nan_mean(a: object, axis: int | None = None, *, keepdims: bool = False) -> object:
    given = known(a)
    if given.dtype.kind != "f":
        return emit("mean", given, axis=axis, keepdims=keepdims)
    total = emit("sum", _without_nan(given, 0), axis=axis, keepdims=keepdims)
    return total / emit("sum", ~np.isnan(given), axis=axis, keepdims=keepdims).astype(given.dtype)  # type: ignore[operator]


def _nan_extreme(name: str, worst: float) -> Rule:
    def rule(a: object, axis: int | None = None, *, keepdims: bool = False) -> object:
        given = known(a)
        best: Any = emit(name, _without_nan(given, worst), axis=axis, keepdims=keepdims)
        if given.dtype.kind != "f":
            return best
        empty = emit("all", np.isnan(given), axis=axis, keepdims=keepdims)
        return np.where(empty, given.dtype.type(np.nan), best)

    return rule


def _trapezoid(y: object, x: object = None, dx: float = 1.0, axis: int = -1) -> object:
    given = known(y)
    if axis % given.ndim != given.ndim - 1 or (x is not None and known(x).ndim != 1):
        refuse("np.trapezoid along another axis than the last is not staged; use np.moveaxis", code="SNK0204")
    width: Any = dx if x is None else emit("diff", known(x))
    return (width * (given[..., 1:] + given[..., :-1]) / 2.0).sum(axis=-1)  # type: ignore[operator]


STATISTICS: dict[object, Rule] = {
    np.median: _median,
    np.quantile: _quantile("quantile", 1),
    np.percentile: _quantile("percentile", 100),
    np.nansum: _nan_as("sum", 0),
    np.nanprod: _nan_as("prod", 1),
    np.nanmean: _nan_mean,
    np.nanmax: _nan_extreme("max", -np.inf),
    np.nanmin: _nan_extreme("min", np.inf),
    np.trapezoid: _trapezoid,
}
"""Functions of statistics by what they are made of."""
