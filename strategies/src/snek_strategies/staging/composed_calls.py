"""NumPy's functions that are written in others: no primitive of their own, so every back-end has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from snek_strategies.ir.types import Array
from snek_strategies.staging.operands import array, has_rep, known, strong
from snek_strategies.staging.refusal import refuse
from snek_strategies.staging.rep import Rep, emit


def _meshgrid(*vectors: object, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> object:
    lines = [emit("reshape", known(one), shape=(-1,)) for one in vectors]
    rank = len(lines)
    order = list(range(rank))
    if indexing == "xy" and rank > 1:
        order[:2] = [1, 0]
    wide = [
        emit("reshape", line, shape=tuple(-1 if at == axis else 1 for at in range(rank)))
        for axis, line in zip(order, lines, strict=True)
    ]
    if not sparse:
        shape = np.broadcast_shapes(*(one.shape for one in wide))
        wide = [emit("broadcast_to", one, shape=shape) for one in wide]
    return tuple(emit("copy", one) for one in wide) if copy else tuple(wide)


def _broadcast_arrays(*arrays: object) -> object:
    given = list(map(known, arrays))
    shape = np.broadcast_shapes(*(one.shape for one in given))
    return tuple(one if one.shape == shape else emit("broadcast_to", one, shape=shape) for one in given)


def _linspace(start: object, stop: object, num: int = 50, endpoint: bool = True, *, dtype: Any = None) -> object:
    wide: np.dtype[Any] = _result_type(start, stop)
    wide = np.dtype("float64") if wide.kind in "biu" else wide
    first, last = (emit("astype", known(one), dtype=wide.name) for one in (start, stop))
    parts = num - 1 if endpoint else num
    delta = emit("subtract", last, first)
    counted = np.arange(num, dtype=wide).reshape((-1,) + (1,) * delta.ndim)
    if parts > 0:
        step = emit("divide", delta, wide.type(parts))
        # A step that underflows is not lost: NumPy then divides before it multiplies.
        vanishes = emit("any", emit("equal", step, 0))
        small, plain = emit("multiply", counted / wide.type(parts), delta), emit("multiply", counted, step)
        line = emit("where", vanishes, small, plain)
    else:
        line = emit("multiply", counted, delta)
    line = emit("add", line, first)
    if endpoint and num > 1:
        line = emit("concatenate", line[:-1], emit("reshape", last, shape=(1, *last.shape)), axis=0)
    asked = wide if dtype is None else np.dtype(dtype)
    if asked.kind in "iu":
        line = emit("floor", line)
    return line if asked == wide else emit("astype", line, dtype=asked.name)


def _clip(x: object, a_min: object = None, a_max: object = None, **named: object) -> object:
    low = named.pop("min", a_min)
    high = named.pop("max", a_max)
    if named:
        refuse(f"np.clip with {', '.join(named)}= is not staged", code="SNK0204")
    given = strong(array(x))
    if low is None and high is None:
        return emit("copy", given)
    if low is None or high is None:
        return emit("maximum" if high is None else "minimum", given, array(low if high is None else high))
    return emit("clip", given, strong(array(low)), strong(array(high)))


def _isin(element: object, test_elements: object, *, invert: bool = False) -> object:
    tested = emit("reshape", known(test_elements), shape=(-1,))
    found: Any = (emit("expand_dims", known(element), axis=-1) == tested).any(axis=-1)  # type: ignore[attr-defined]
    return ~found if invert else found


def _joined(axis_of: Callable[[int], int], rank: int) -> Callable[..., object]:
    def rule(arrays: Any) -> object:
        given = [_at_least(rank, one) for one in arrays]
        return emit("concatenate", *given, axis=axis_of(given[0].ndim))

    return rule


def _at_least(rank: int, value: object) -> Rep:
    given = known(value)
    return given if given.ndim >= rank else emit("reshape", given, shape=(1,) * (rank - given.ndim) + given.shape)


def _at_least_all(rank: int) -> Callable[..., object]:
    def rule(*arrays: object) -> object:
        made = tuple(_at_least(rank, one) for one in arrays)
        return made[0] if len(made) == 1 else made

    return rule


def _inner(a: object, b: object) -> object:
    x, y = known(a), known(b)
    return x * y if not x.ndim or not y.ndim else emit("tensordot", x, y, axes=((x.ndim - 1,), (y.ndim - 1,)))  # type: ignore[operator]


def _kron(a: object, b: object) -> object:
    x, y = known(a), known(b)
    rank = max(x.ndim, y.ndim)
    left, right = ((1,) * (rank - one.ndim) + one.shape for one in (x, y))
    wide = emit("reshape", x, shape=tuple(part for dim in left for part in (dim, 1)))
    small = emit("reshape", y, shape=tuple(part for dim in right for part in (1, dim)))
    return emit("reshape", emit("multiply", wide, small), shape=tuple(a * b for a, b in zip(left, right, strict=True)))


def _ptp(x: object, axis: object = None, *, keepdims: bool = False) -> object:
    given: Any = known(x)
    return given.max(axis=axis, keepdims=keepdims) - given.min(axis=axis, keepdims=keepdims)


def _isclose(a: object, b: object, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> object:
    x, y = (one if one.dtype.kind in "fc" else emit("astype", one, dtype="float64") for one in map(known, (a, b)))
    near: Any = emit("less_equal", abs(x - y), atol + rtol * abs(y))  # type: ignore[operator]
    near = (near & np.isfinite(y)) | (x == y)
    return near | (np.isnan(x) & np.isnan(y)) if equal_nan else near


def _allclose(a: object, b: object, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> object:
    return emit("bool", _isclose(a, b, rtol, atol, equal_nan).all())  # type: ignore[attr-defined]


def _nan_to_num(x: object, copy: bool = True, nan: float = 0.0, posinf: object = None, neginf: object = None) -> object:
    given = known(x)
    if copy and given.dtype.kind in "biu":
        return emit("copy", given)
    if not copy or given.dtype.kind != "f":
        refuse("np.nan_to_num in place, or of a dtype other than float, is not staged; use np.where", code="SNK0204")
    bound = np.finfo(given.dtype)
    kind = given.dtype.type
    high, low = bound.max if posinf is None else posinf, bound.min if neginf is None else neginf
    made = np.where(np.isnan(given), kind(nan), given)
    made = np.where(made == np.inf, kind(high), made)
    return np.where(made == -np.inf, kind(low), made)


def _result_type(*operands: object) -> np.dtype[Any]:
    known_types: list[Any] = [_stand_in(one) if isinstance(one, Rep) else one for one in operands]
    return np.result_type(*known_types)


def _stand_in(rep: Rep) -> object:
    # A Python scalar of the next stage is weak, as one of this stage is.
    weak = {"bool": True, "int": 1, "float": 1.0, "complex": 1j}
    return rep.dtype if isinstance(rep.type, Array) else weak[str(rep.type)]


def _average(x: object, axis: object = None, weights: object = None) -> object:
    if weights is None:
        return emit("mean", known(x), axis=axis)
    given, by = known(x), known(weights)
    if by.ndim != given.ndim:
        refuse("np.average with weights of another rank is not staged; reshape them", code="SNK0204")
    wide = np.result_type(given.dtype, by.dtype, float if given.dtype.kind in "biu" else given.dtype)
    by = emit("astype", by, dtype=wide.name)
    return (given * by).sum(axis=axis) / by.sum(axis=axis)  # type: ignore[operator]


def _append(x: object, values: object, axis: int | None = None) -> object:
    return emit("concatenate", known(x), known(values), axis=axis)


def _pad(x: object, pad_width: object, mode: str = "constant", *, constant_values: object = 0) -> object:
    given = known(x)
    if mode != "constant" or has_rep(pad_width) or isinstance(constant_values, (tuple, list)):
        refuse(f"np.pad with mode {mode!r}, or with widths or values by side, is not staged", code="SNK0204")
    widths = np.broadcast_to(np.asarray(pad_width), (given.ndim, 2)).tolist()
    fill = emit("astype", constant_values, dtype=given.dtype.name)
    for axis, sides in enumerate(widths):
        shapes = [(*given.shape[:axis], width, *given.shape[axis + 1 :]) for width in sides]
        before, after = (emit("broadcast_to", fill, shape=shape) for shape in shapes)
        given = emit("concatenate", before, given, after, axis=axis)
    return given


def _floats(*values: object) -> list[Any]:
    return [emit("astype", known(one), dtype="float64") for one in values]


def _interp(x: object, xp: object, fp: object, left: Any = None, right: Any = None, period: object = None) -> object:
    if period is not None:
        refuse("np.interp with period= is not staged; use np.remainder", code="SNK0204")
    given, at, of = _floats(x, xp, fp)
    if at.shape[0] == 1:
        inside: Any = emit("broadcast_to", of[0], shape=given.shape)
    else:
        low = np.clip(emit("searchsorted", at, given, side="right") - 1, 0, at.shape[0] - 2)  # type: ignore[operator]
        slope: Any = (of[low + 1] - of[low]) / (at[low + 1] - at[low])
        inside = slope * (given - at[low]) + of[low]
        from_above = slope * (given - at[low + 1]) + of[low + 1]
        inside = np.where(np.isnan(inside), from_above, inside)
        inside = np.where(np.isnan(inside) & (of[low] == of[low + 1]), of[low], inside)
    made = np.where(given == at[-1], of[-1], inside)
    made = np.where(given > at[-1], of[-1] if right is None else right, made)
    made = np.where(given < at[0], of[0] if left is None else left, made)
    return np.where(np.isnan(given), given, made)


def _polyval(p: Any, x: object) -> object:
    coefficients = known(p)
    given: Any = known(x)
    value: Any = given * 0
    for at in range(len(coefficients)):
        value = value * given + coefficients[at]
    return value


def _convolve(a: object, v: object, mode: str = "full") -> object:
    long, short = known(a), known(v)
    if short.shape[0] > long.shape[0]:
        long, short = short, long
    count, width = long.shape[0], short.shape[0]
    wide = _result_type(long, short).name
    padded = _pad(emit("astype", long, dtype=wide), width - 1)
    windows = np.arange(count + width - 1)[:, None] + np.arange(width)
    every = emit("matmul", padded[windows], emit("flip", emit("astype", short, dtype=wide), axis=0))  # type: ignore[index]
    first = {"full": 0, "same": (width - 1) // 2, "valid": width - 1}
    if mode not in first:
        raise ValueError(f"mode must be one of 'valid', 'same', or 'full' (got {mode!r})")
    length = {"full": count + width - 1, "same": count, "valid": count - width + 1}[mode]
    return every[first[mode] : first[mode] + length]


def _heaviside(x: object, at_zero: object) -> object:
    kind = _result_type(x, at_zero)
    kind = kind if kind.kind == "f" else np.dtype("float64")
    given, middle = (emit("astype", known(one), dtype=kind.name) for one in (x, at_zero))
    made = np.where(given < 0, kind.type(0), np.where(given > 0, kind.type(1), middle))  # type: ignore[operator]
    return np.where(np.isnan(given), kind.type(np.nan), made)


def _select(conditions: Any, choices: Any, default: object = 0) -> object:
    kind = _result_type(*map(strong, choices), strong(default))
    made: Any = emit("astype", known(default), dtype=kind.name)
    for condition, choice in zip(reversed(conditions), reversed(choices), strict=True):
        made = np.where(known(condition), emit("astype", known(choice), dtype=kind.name), made)
    return made


def _diag(v: object, k: int = 0) -> object:
    given = known(v)
    if given.ndim != 1:
        return emit("diagonal", given, offset=k, axis1=0, axis2=1)
    size = given.shape[0] + abs(k)
    row, column = np.arange(given.shape[0]) + max(-k, 0), np.arange(given.shape[0]) + max(k, 0)
    empty = known(np.zeros((size, size), given.dtype))
    return emit("setitem", empty, given, index=(row, column))


def _at_depth(value: object) -> Rep:
    given = _at_least(1, value)
    shape = (1, given.shape[0], 1) if given.ndim == 1 else (*given.shape, 1)
    return given if given.ndim > 2 else emit("reshape", given, shape=shape)


def _as_columns(value: object) -> Rep:
    given = known(value)
    return given if given.ndim > 1 else emit("reshape", given, shape=(-1, 1))


def _as_float(x: object, above: float, below: float) -> object:
    kind = known(x).dtype
    return kind.type(above) / kind.type(below) if kind.kind == "f" else above / below


def _array_equal(a: object, b: object, equal_nan: bool = False) -> object:
    x, y = known(a), known(b)
    if x.shape != y.shape:
        return False
    same: Any = emit("equal", x, y)
    if equal_nan and x.dtype.kind == y.dtype.kind == "f":
        same = same | (np.isnan(x) & np.isnan(y))
    return emit("bool", same.all())


def _of_data(name: str) -> Callable[..., object]:
    """Make the rule that refuses a function whose result's extent is a matter of data."""
    return lambda *_, **__: refuse(
        f"np.{name} of values known only in the next stage: the result's shape would depend on data; use np.where, "
        "a mask or np.sort",
        code="SNK0205",
    )


_DATA = "nonzero flatnonzero argwhere extract compress unique unique_all unique_counts unique_inverse unique_values"
OF_DATA = (*_DATA.split(), "bincount", "union1d", "intersect1d", "setdiff1d", "setxor1d", "trim_zeros")
"""Functions whose result's extent is a matter of data."""

COMPOSED: dict[object, Callable[..., object]] = {
    np.meshgrid: _meshgrid,
    np.broadcast_arrays: _broadcast_arrays,
    np.linspace: _linspace,
    np.clip: _clip,
    np.isin: _isin,
    np.hstack: _joined(lambda rank: 0 if rank == 1 else 1, 1),
    np.vstack: _joined(lambda _: 0, 2),
    np.atleast_1d: _at_least_all(1),
    np.atleast_2d: _at_least_all(2),
    np.inner: _inner,
    np.kron: _kron,
    np.ptp: _ptp,
    np.isclose: _isclose,
    np.allclose: _allclose,
    np.nan_to_num: _nan_to_num,
    np.fliplr: lambda m: emit("flip", known(m), axis=1),
    np.flipud: lambda m: emit("flip", known(m), axis=0),
    np.average: _average,
    np.append: _append,
    np.pad: _pad,
    np.interp: _interp,
    np.polyval: _polyval,
    np.convolve: _convolve,
    np.heaviside: _heaviside,
    np.select: _select,
    np.diag: _diag,
    np.array_equal: _array_equal,
    np.dstack: lambda arrays: emit("concatenate", *(_at_depth(one) for one in arrays), axis=2),
    np.column_stack: lambda arrays: emit("concatenate", *map(_as_columns, arrays), axis=1),
    np.digitize: lambda x, bins, right=False: emit(
        "searchsorted", known(bins), known(x), side="left" if right else "right"
    ),
    **dict.fromkeys((np.degrees, np.rad2deg), lambda x: emit("multiply", known(x), _as_float(x, 180.0, np.pi))),
    **dict.fromkeys((np.radians, np.deg2rad), lambda x: emit("multiply", known(x), _as_float(x, np.pi, 180.0))),
    np.result_type: _result_type,
    np.iscomplexobj: lambda x: known(x).dtype.kind == "c",
    np.isrealobj: lambda x: known(x).dtype.kind != "c",
    **{getattr(np, name): _of_data(name) for name in OF_DATA},
}
"""Functions of NumPy by what they are made of, and those that no staged program can have."""
