"""NumPy on Reps: a table keyed by function, reached through NumPy's protocols or through the `call` operator."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from itertools import pairwise
from typing import Any

import numpy as np

from snek_strategies.ir.interpretations import FUNCTIONS, STRUCTURAL
from snek_strategies.ir.symbols import as_shape, symbols_in
from snek_strategies.ir.types import INT, Array
from snek_strategies.staging.composed_calls import COMPOSED
from snek_strategies.staging.einsum_calls import EINSUM
from snek_strategies.staging.linear_calls import LINEAR_RULES
from snek_strategies.staging.lists import value_of
from snek_strategies.staging.operands import array, has_rep, kind_of, np_array, strong
from snek_strategies.staging.partly_bound import settle_all
from snek_strategies.staging.refusal import refuse
from snek_strategies.staging.rep import BINARY, COMPARING, Rep, as_dims, constant, emit
from snek_strategies.staging.statistics_calls import STATISTICS

Rule = Callable[..., object]

UFUNCS: dict[np.ufunc, str] = {
    **{function: name for name, function in FUNCTIONS.items() if isinstance(function, np.ufunc)},
    **{getattr(np, name): name for name in (*BINARY.values(), *COMPARING.values())},
    **{getattr(np, name): name for name in ("negative", "positive", "absolute", "invert", "power", "matmul")},
}
"""Every ufunc that is a primitive."""


def call_ufunc(ufunc: np.ufunc, method: str, inputs: tuple[object, ...], kwargs: dict[str, object]) -> object:
    """Stage a ufunc."""
    if method == "__call__" and ufunc in RULES:
        return RULES[ufunc](*settle_all(inputs), **kwargs)  # type: ignore[misc]
    if method != "__call__" or ufunc not in UFUNCS:
        refuse(
            f"np.{ufunc.__name__}{'' if method == '__call__' else '.' + method} is not staged yet; "
            "write it in other functions",
            code="SNK0204",
        )
    if kwargs:
        refuse(
            f"np.{ufunc.__name__} with {', '.join(kwargs)}= is not staged; assign the result, use astype or np.where",
            code="SNK0204",
        )
    operands = list(map(array, settle_all(inputs)))  # type: ignore[call-overload]
    if (ufunc is np.power and any(map(_is_boolean, operands))) or not any(map(_is_numpys, operands)):
        # Beside booleans np.power takes a Python int as an int64, and `**` takes it as an int8. Python's numbers
        # alone are NumPy's own to its functions, as they are Python's to its operators.
        operands = [strong(one if isinstance(one, Rep) else constant(one)) for one in operands]
    return emit(UFUNCS[ufunc], *operands)


def _is_numpys(value: object) -> bool:
    return isinstance(kind_of(value), Array)


def _is_boolean(value: object) -> bool:
    type_ = kind_of(value)
    return isinstance(type_, Array) and type_.dtype.kind == "b"


def _as_given(name: str, *positional: str) -> Rule:
    """Make the rule of a function whose first argument is an array and whose other arguments are static."""

    def rule(x: object, *args: object, **kwargs: object) -> object:
        if len(args) > len(positional):
            refuse(f"np.{name} with {len(args) + 1} positional arguments is not staged; name them", code="SNK0204")
        params = dict(zip(positional, args, strict=False)) | kwargs
        refused = [key for key, value in params.items() if key in ("out", "where", "initial") and value is not None]
        if refused:
            refuse(f"np.{name} with {', '.join(refused)}= is not staged; use np.where", code="SNK0204")
        if "shape" in params:
            params["shape"] = as_dims(as_shape(params["shape"]))
        for key, value in params.items():
            if has_rep(value):
                refuse(
                    f"np.{name} with a {key}= known only in the next stage is not staged; make it static",
                    code="SNK0205",
                )
        params = {key: _frozen(key, value) for key, value in params.items() if key not in ("out", "where", "initial")}
        return emit(name, strong(array(x)), **params)

    return rule


def _frozen(key: str, value: object) -> object:
    if key == "dtype" and value is not None:
        return np.dtype(value).name  # type: ignore[call-overload]
    return tuple(value) if isinstance(value, list) else value


def _arrays(name: str, count: int, *positional: str) -> Rule:
    """Make the rule of a function whose first `count` arguments are arrays."""

    def rule(*args: object, **kwargs: object) -> object:
        params = dict(zip(positional, args[count:], strict=False)) | kwargs
        if any(has_rep(value) for value in params.values()):
            refuse(
                f"np.{name} with {', '.join(params)} known only in the next stage is not staged; make it static",
                code="SNK0205",
            )
        return emit(name, *(strong(array(one)) for one in args[:count]), **params)

    return rule


def _concatenate(arrays: Any, axis: int | None = 0) -> object:
    return emit("concatenate", *(strong(array(one)) for one in arrays), axis=axis)


def _stack(arrays: Any, axis: int = 0) -> object:
    if value_of(arrays) is not None:
        if axis != 0:
            refuse("np.stack of a list that a loop makes, along another axis than 0; use np.moveaxis", code="SNK0204")
        return np_array(arrays)
    return emit("stack", *(strong(array(one)) for one in arrays), axis=axis)


def _where(condition: object, *sides: object) -> object:
    if len(sides) != 2:
        refuse(
            "np.where with a condition alone: the result's shape would depend on data; give it both values",
            code="SNK0205",
        )
    operands = [array(one) for one in (condition, *sides)]
    if all(not isinstance(kind_of(one), Array) for one in operands[1:]):
        # np.where makes arrays of both Python scalars before it promotes them.
        operands[1:] = [strong(constant(one)) if not isinstance(one, Rep) else strong(one) for one in operands[1:]]
    return emit("where", *operands)


def _like(fill: object) -> Rule:
    def rule(x: object, dtype: object = None, shape: object = None) -> object:
        known = strong(array(x))
        assert isinstance(known, Rep)
        return _filled(fill)(known.dims if shape is None else shape, dtype or known.dtype)

    return rule


def _filled(fill: object) -> Rule:
    """Make the rule of an array of one number; with an extent of the next stage, it is made there."""

    def rule(shape: Any, dtype: object = float) -> object:
        dims = as_dims(as_shape(shape))
        value = np.dtype(dtype).type(fill)  # type: ignore[call-overload]
        return _full(dims, value) if symbols_in(dims) else np.full(dims, value)

    return rule


def _arange(*bounds: Any, dtype: object = None) -> object:
    lengths = symbols_in(as_dims(bounds))
    if not lengths or len(bounds) > 1:
        refuse("np.arange up to a number known only in the next stage; give it the extent of an array", code="SNK0205")
    ones = _full(lengths, np.dtype(dtype or int).type(1))  # type: ignore[call-overload]
    return emit("subtract", emit("cumsum", ones, axis=0), 1)


def _full(shape: Any, fill_value: object, dtype: object = None) -> object:
    value = strong(fill_value)
    wanted = None if dtype is None else np.dtype(dtype)  # type: ignore[call-overload]
    if wanted is not None and wanted.kind in "iu" and kind_of(fill_value) == INT:
        value = emit("add", wanted.type(0), fill_value)  # NumPy raises for an int that the dtype cannot hold
    elif wanted is not None:
        value = emit("astype", value, dtype=wanted.name)
    return emit("copy", emit("broadcast_to", value, shape=as_shape(shape)))


def _full_like(x: object, fill_value: object, dtype: object = None) -> object:
    known = strong(array(x))
    assert isinstance(known, (Rep, np.ndarray, np.generic))
    dims = known.dims if isinstance(known, Rep) else known.shape
    return _full(dims, fill_value if isinstance(fill_value, Rep) else constant(fill_value), dtype or known.dtype)


def _array(value: object, dtype: object = None, *, copy: bool | None = True) -> object:
    made = np_array(value, dtype)
    return emit("copy", made) if copy else made


def _astype(x: object, dtype: object, *, copy: bool = True) -> object:
    if not copy and isinstance(x, Rep) and isinstance(x.type, Array) and x.dtype == dtype:
        return x
    return emit("astype", strong(x), dtype=np.dtype(dtype).name)  # type: ignore[call-overload]


def _split(x: object, indices_or_sections: object, axis: int = 0) -> object:
    known = strong(array(x))
    assert isinstance(known, Rep)
    edges = [len(one) for one in np.array_split(np.empty(known.shape[axis]), indices_or_sections)]  # type: ignore[call-overload]
    if isinstance(indices_or_sections, int) and known.shape[axis] % indices_or_sections:
        raise ValueError("array split does not result in an equal division")
    stops = np.cumsum([0, *edges]).tolist()
    before = (slice(None),) * (axis % known.ndim)
    return [known[(*before, slice(a, b))] for a, b in pairwise(stops)]


def _unstack(x: object, /, *, axis: int = 0) -> object:
    known = strong(array(x))
    assert isinstance(known, Rep)
    before = (slice(None),) * (axis % known.ndim)
    return tuple(known[(*before, at)] for at in range(known.shape[axis]))


def _static(attribute: str) -> Rule:
    return lambda x, *args: (
        getattr(strong(array(x)), attribute) if not args else refuse(f"np.{attribute} with an axis", code="SNK0204")
    )


SCALAR_TYPES = (
    np.bool_, np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64, np.float16, np.float32,
    np.float64, np.complex64, np.complex128,
)  # fmt: skip


def _scalar_type(kind: type[np.generic]) -> Rule:
    return lambda value: emit("astype", np_array(value), dtype=np.dtype(kind).name)


RULES: dict[object, Rule] = {
    **{getattr(np, name): _as_given(name, "axis", "dtype", "out", "keepdims") for name in ("sum", "prod", "mean")},
    **{getattr(np, name): _as_given(name, "axis", "out", "keepdims") for name in ("max", "min", "any", "all")},
    **{getattr(np, name): _as_given(name, "axis", "out") for name in ("argmax", "argmin")},
    **{getattr(np, name): _as_given(name, "axis", "dtype", "out", "ddof") for name in ("std", "var")},
    **{getattr(np, name): _as_given(name, "axis", "dtype", "out") for name in ("cumsum", "cumprod")},
    np.count_nonzero: _as_given("count_nonzero", "axis"),
    np.reshape: _as_given("reshape", "shape", "order"),
    np.transpose: _as_given("transpose", "axes"),
    np.expand_dims: _as_given("expand_dims", "axis"),
    np.squeeze: _as_given("squeeze", "axis"),
    np.broadcast_to: _as_given("broadcast_to", "shape"),
    np.flip: _as_given("flip", "axis"),
    np.roll: _as_given("roll", "shift", "axis"),
    np.tile: _as_given("tile", "reps"),
    np.repeat: _as_given("repeat", "repeats", "axis"),
    np.diff: _as_given("diff", "n", "axis"),
    np.tril: _as_given("tril", "k"),
    np.triu: _as_given("triu", "k"),
    np.trace: _as_given("trace", "offset", "axis1", "axis2"),
    np.diagonal: _as_given("diagonal", "offset", "axis1", "axis2"),
    np.sort: _as_given("sort", "axis"),
    np.argsort: _as_given("argsort", "axis"),
    np.swapaxes: _as_given("swapaxes", "axis1", "axis2"),
    np.moveaxis: _as_given("moveaxis", "source", "destination"),
    np.ravel: _as_given("ravel", "order"),
    np.round: _as_given("round", "decimals"),
    np.matrix_transpose: _as_given("matrix_transpose"),
    np.cumulative_sum: _as_given("cumulative_sum"),
    np.cumulative_prod: _as_given("cumulative_prod"),
    np.vecdot: _arrays("vecdot", 2),
    np.real: _as_given("real"),
    np.imag: _as_given("imag"),
    np.take: _arrays("take", 2, "axis"),
    np.take_along_axis: _arrays("take_along_axis", 2, "axis"),
    np.outer: _arrays("outer", 2),
    np.dot: _arrays("dot", 2),
    np.vdot: _arrays("vdot", 2),
    np.tensordot: _arrays("tensordot", 2, "axes"),
    np.searchsorted: _arrays("searchsorted", 2, "side"),
    np.where: _where,
    np.concatenate: _concatenate,
    np.stack: _stack,
    np.split: _split,
    np.zeros_like: _like(0),
    np.ones_like: _like(1),
    np.empty_like: _like(0),
    np.full_like: _full_like,
    np.full: _full,
    np.zeros: _filled(0),
    np.ones: _filled(1),
    np.empty: _filled(0),
    np.arange: _arange,
    np.array: _array,
    np.asarray: np_array,
    np.astype: _astype,
    np.copy: lambda x: emit("copy", np_array(x)),
    np.shape: _static("shape"),
    np.ndim: _static("ndim"),
    np.size: _static("size"),
    np.fabs: lambda x: emit("fabs", array(x)),
    **{kind: _scalar_type(kind) for kind in SCALAR_TYPES},
    np.amax: _as_given("max", "axis", "out", "keepdims"),
    np.amin: _as_given("min", "axis", "out", "keepdims"),
    np.around: _as_given("round", "decimals"),
    **COMPOSED,
    **STATISTICS,
    **EINSUM,
    **LINEAR_RULES,
    **({np.unstack: _unstack} if hasattr(np, "unstack") else {}),
}
"""Functions of NumPy that are not ufuncs. What is not in here is refused by name."""

assert set(STRUCTURAL) <= {getattr(function, "__name__", "") for function in RULES}, "a primitive no function reaches"


def call_function(function: Callable[..., object], args: tuple[object, ...], kwargs: dict[str, object]) -> object:
    """Stage a function of NumPy on arguments that hold Reps."""
    rule = RULES.get(function)
    if rule is None:
        refuse(
            f"np.{getattr(function, '__name__', function)} is not staged; {_nearest(function)}",
            code="SNK0204",
        )
    settled = settle_all(args)
    assert isinstance(settled, tuple)
    try:
        return rule(*settled, **{name: settle_all(value) for name, value in kwargs.items()})
    except TypeError as error:
        if error.__traceback__ is not None and error.__traceback__.tb_next is None:
            refuse(
                f"np.{getattr(function, '__name__', function)} with these arguments is not staged: {error}",
                code="SNK0204",
            )
        raise


def _nearest(function: object) -> str:
    """Say which staged functions have names like this one's."""
    known = {getattr(one, "__name__", "?") for one in (*UFUNCS, *RULES)}
    near = get_close_matches(getattr(function, "__name__", ""), sorted(known), n=5)
    return f"what is staged and named like it: {', '.join(near)}" if near else "write it in functions that are"
