"""Python's built-in functions and `math` on Reps, and the calls that staging refuses: a table keyed by function."""

from __future__ import annotations

import builtins
import io
import math
import operator
import random
import time
from collections.abc import Callable
from types import BuiltinFunctionType, ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from snek_core_transform.lower_matches import by_position, has_all, is_mapping, is_sequence, items_between, other_items
from snek_strategies.ir.types import PYTHON_TYPES, Array, Scalar
from snek_strategies.staging.lists import StagedList, measured, value_of
from snek_strategies.staging.loops import StagedRange
from snek_strategies.staging.operands import has_rep
from snek_strategies.staging.refusal import refuse
from snek_strategies.staging.rep import Rep, emit
from snek_strategies.staging.sorting import in_order
from snek_strategies.staging.text import text_of
from snek_strategies.staging.tree_nodes import is_node
from snek_strategies.staging.truth import truth
from snek_strategies.staging.walks import backwards, enumerated, iterated, zipped

if TYPE_CHECKING:
    from snek_strategies.staging.operators import StagingOperators

Rule = Callable[..., object]


def _convert(kind: str) -> Rule:
    def rule(_: StagingOperators, value: Any = 0, *rest: object) -> object:
        if rest:
            refuse(f"{kind}() with a base", code="SNK0204")
        if isinstance(value, Rep) and value.type == Scalar(kind):  # type: ignore[arg-type]
            return value
        return truth(value) if kind == "bool" else emit(kind, value)

    return rule


def _extreme(symbol: str, plain: Callable[..., object]) -> Rule:
    def rule(operators: StagingOperators, *args: Any, key: Any = None, **default: object) -> object:
        items = _items(args[0]) if len(args) == 1 else list(args)
        if not items or default.keys() - {"default"}:
            return plain(items, **default)
        # What is compared stands last.
        found = [(one,) if key is None else (one, operators.call(key, one)) for one in items]
        best: Any = found[0]
        for one in found[1:]:
            test = operators.compare(symbol, one[-1], best[-1])
            best = operators.if_exp(test, lambda one=one: one, lambda best=best: best)  # type: ignore[misc]
        return best[0]

    return rule


def _len(_: StagingOperators, value: Any) -> object:
    if isinstance(value, Rep) and isinstance(value.type, Array) and value.dims:
        return value.shape[0]
    return measured(value) if isinstance(value, StagedList) else len(value)


def _list(_: StagingOperators, values: Any = ()) -> object:
    if isinstance(values, StagedList) and value_of(values) is not None:
        return StagedList([value_of(values)])
    return StagedList(values)


def _items(value: Any) -> list[object]:
    if isinstance(value, Rep):
        return [value[at] for at in range(len(value))]
    return list(value)


def _sorted(operators: StagingOperators, values: Any, /, *, key: Any = None, reverse: bool = False) -> object:
    if value_of(values) is not None:
        values.sort()
    call = None if key is None else lambda one: operators.call(key, one)
    return StagedList(in_order(_items(values), call, reverse, "sorted()"))


def _sum(operators: StagingOperators, iterable: Any, /, start: Any = 0) -> object:
    if isinstance(iterable, StagedList) and value_of(iterable) is not None:
        (total,) = operators.for_stmt(iterable, None, lambda item, total: (total + item,), (start,), ("<sum>",))
        return total
    if isinstance(iterable, Rep) and len(iterable) > operators.unroll:
        refuse(f"sum() over {len(iterable)} rows known only in the next stage; use np.sum", code="SNK0204")
    for one in _items(iterable):
        start = start + one
    return start


def _any(operators: StagingOperators, iterable: Any) -> object:
    found: object = False
    for one in _items(iterable):
        found = operators.or_(found, lambda one=one: operators.truth(one))  # type: ignore[misc]
    return found


def _all(operators: StagingOperators, iterable: Any) -> object:
    found: object = True
    for one in _items(iterable):
        found = operators.and_(found, lambda one=one: operators.truth(one))  # type: ignore[misc]
    return found


def _range(_: StagingOperators, *bounds: Any) -> object:
    start, stop, step = {1: (0, *bounds, 1), 2: (*bounds, 1), 3: bounds}[len(bounds)]
    if isinstance(step, Rep):
        refuse(
            "range with a step known only in the next stage: its direction would depend on data; make it static",
            code="SNK0205",
        )
    if step == 0:
        raise ValueError("range() arg 3 must not be zero")
    for bound in (start, stop):
        if (
            isinstance(bound, Rep)
            and isinstance(bound.type, Array)
            and (bound.type.dims or bound.type.dtype.kind not in "iu")
        ):
            raise TypeError(f"range() needs an integer, not {bound.type}")
        if isinstance(bound, Rep) and bound.type in (Scalar("float"), Scalar("complex")):
            raise TypeError(f"range() needs an integer, not {bound.type}")
    return StagedRange(start, stop, step)


def _isinstance(_: StagingOperators, value: Any, kinds: Any) -> object:
    if isinstance(value, Rep):
        if isinstance(value.type, Scalar):
            python = next(python for python, kind in PYTHON_TYPES.items() if kind == value.type.kind)
            return issubclass(python, kinds)
        if value.ndim:
            return issubclass(np.ndarray, kinds)
        refuse(
            "isinstance of a NumPy value of rank 0, which may be a scalar or an array; test its dtype", code="SNK0201"
        )
    return isinstance(value, kinds)


def _type(value: Any) -> object:
    if is_node(value):
        return value.__class__
    return refuse("type() of a value known only in the next stage; use isinstance, or its dtype", code="SNK0204")


def _round(_: StagingOperators, value: Any, ndigits: object = None) -> object:
    # A NumPy scalar rounds as np.round does; a Python float by its decimal digits, which no back-end has.
    if isinstance(value, Rep) and isinstance(value.type, Array) and value.dtype.kind == "f" and ndigits is not None:
        return emit("round", value, decimals=ndigits)
    return refuse("round() of a scalar known only in the next stage is not staged; use np.round", code="SNK0204")


def _as_it_is(function: Callable[..., object]) -> Rule:
    return lambda _, *given: function(*given)


def _math(name: str) -> Rule:
    def rule(_: StagingOperators, *values: object) -> object:
        return emit("math", *values, function=name)

    return rule


_OPERATORS = (
    "add sub mul truediv floordiv mod pow matmul neg pos abs invert and_ or_ xor lshift rshift lt le eq ne gt ge "
    "getitem"
)
"""Functions of `operator` that mean what the operator does."""


def _whole_math() -> dict[object, Rule]:
    taken = (
        "acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh degrees erf erfc exp expm1 fabs floor fmod "
        "gamma hypot isfinite isinf isnan lgamma log log10 log1p log2 pow radians remainder sin sinh sqrt tan tanh "
        "trunc"
    )
    return {getattr(math, name): _math(name) for name in taken.split()}


CALLS: dict[object, Rule] = {
    **_whole_math(),
    **{getattr(operator, name): _as_it_is(getattr(operator, name)) for name in _OPERATORS.split()},
    bool: _convert("bool"),
    int: _convert("int"),
    float: _convert("float"),
    min: _extreme("<", min),
    max: _extreme(">", max),
    sum: _sum,
    any: _any,
    all: _all,
    range: _range,
    isinstance: _isinstance,
    round: _round,
    str: lambda _, value: text_of(value),
    repr: lambda _, value: text_of(value, "r"),
    ascii: lambda _, value: text_of(value, "a"),
    format: lambda _, value, spec="": text_of(value, None, spec),
    abs: lambda _, value: abs(value),
    len: _len,
    list: _list,
    sorted: _sorted,
    pow: lambda _, base, exponent: base**exponent,
    divmod: lambda _, a, b: (a // b, a % b),
    getattr: lambda _, value, name, *default: getattr(value, name, *default),
    type: lambda _, value: _type(value),
    iter: lambda operators, value, *sentinel: iterated(operators.unroll, value, *sentinel),
    next: lambda _, value, *default: next(value, *default),
    enumerate: lambda operators, *given, **named: enumerated(operators.unroll, *given, **named),
    zip: lambda operators, *given, **named: zipped(operators.unroll, *given, **named),
    reversed: lambda operators, value: backwards(operators.unroll, value),
    # What `match` asks, natively, of a subject that is there.
    **{one: _as_it_is(one) for one in (is_sequence, is_mapping, other_items, has_all, by_position)},
    items_between: lambda _, *given: StagedList(items_between(*given)),
    callable: lambda _, value: not isinstance(value, Rep) and callable(value),
}
"""Built-in functions on arguments that hold a Rep."""

CONTAINERS: frozenset[object] = frozenset({list, tuple, dict, zip, enumerate, reversed, slice, builtins.super, object})
"""Constructors that take a Rep as any other object, without looking at it."""

_EFFECTS: frozenset[object] = frozenset({input, open, exec, eval, builtins.breakpoint, builtins.__import__})
_IMPURE_MODULES: tuple[ModuleType, ...] = (time, random, np.random)


_LOGGING = frozenset({"debug", "info", "warning", "error", "exception", "critical", "log"})


def refuse_effects(function: object) -> None:
    """Refuse a call that would do or draw something once, while staging, instead of at every call."""
    name = getattr(function, "__name__", type(function).__name__)
    if _hashable(function) and function in _EFFECTS:
        refuse(
            f"{name}() in a staged program would happen once, while staging; return the value and do it outside",
            code="SNK0206",
        )
    owner = getattr(function, "__self__", None)
    module = getattr(function, "__module__", None) or ""
    if (name in ("write", "writelines") and isinstance(owner, io.IOBase)) or (module == "logging" and name in _LOGGING):
        refuse(f"{name}() in a staged program would write once, while staging; use print", code="SNK0206")
    impure = module.split(".")[0] in ("time", "random") or module.startswith("numpy.random")
    if (
        impure
        or isinstance(owner, (random.Random, np.random.Generator, np.random.RandomState))
        or any(owner is one for one in _IMPURE_MODULES)
    ):
        refuse(
            f"{name}() gives another value at every call; staged, it would be asked once: pass its value as an "
            "argument, or draw with snek.random from a key that is one",
            code="SNK0207",
        )


def _hashable(function: object) -> bool:
    return type(function).__hash__ is not None


def rule_of(function: object) -> Rule | None:
    """Return the rule of a built-in function, or None."""
    return CALLS.get(function) if _hashable(function) else None


def takes_anything(function: object) -> bool:
    """Tell whether a callable of C's stores a Rep as it is: containers and their methods."""
    if _hashable(function) and function in CONTAINERS:
        return True
    if isinstance(function, type) and issubclass(function, BaseException):
        return True
    owner = getattr(function, "__self__", None)
    if isinstance(function, BuiltinFunctionType) and isinstance(owner, (list, dict, tuple)):
        return function.__name__ not in ("index", "count", "remove", "sort")
    return False


__all__ = ["CALLS", "has_rep", "refuse_effects", "rule_of", "takes_anything"]
