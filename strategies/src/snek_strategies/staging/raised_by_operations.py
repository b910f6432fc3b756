"""What operations raise inside a staged `try`, made explicit: before each a test, and the way to the handler.

An operation that may raise what no handler takes stays as it is, and raises at run time.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from snek_strategies.ir.indexed_axes import dynamic_axes
from snek_strategies.ir.interpretations import HOLE
from snek_strategies.ir.shape_rules import dims_of
from snek_strategies.ir.syntax import Atom, Block, Const
from snek_strategies.ir.types import Array, Dim, Scalar
from snek_strategies.staging.attempts import takes_of_operation, watched_operations
from snek_strategies.staging.builder import builder
from snek_strategies.staging.optional import NUMBERS
from snek_strategies.staging.raises import check_not_caught, stage_raise
from snek_strategies.staging.refusal import refuse
from snek_strategies.staging.rep import Rep, emit
from snek_strategies.staging.text import StagedText

Check = tuple[Rep, BaseException]
"""When the flag holds, the exception is raised."""


def guard(primitive: str, operands: tuple[Atom, ...], params: dict[str, object]) -> None:
    """Emit the ways to the handlers around the point being staged that an operation may take.

    Refuses where a handler that is not staged would miss it, or where what is raised cannot be told before.
    """
    check_not_caught(primitive)
    if not watched_operations():
        return
    checks = CHECKS.get(primitive)
    if checks is None:
        if any(takes_of_operation(error("")) for error in UNTOLD):
            refuse(
                f"{primitive} may raise where data decide, inside a try whose handler would take it; test the data "
                "before, outside of the try",
                code="SNK0214",
            )
        return
    for flag, error in checks(operands, params):
        if takes_of_operation(error):
            leave_where(flag, error)


def leave_where(flag: Rep, error: BaseException) -> None:
    """Emit the raising of an exception where a flag holds."""
    with builder().block() as block:
        stage_raise(error)
    builder().reflect("if", (flag.atom,), blocks=(Block((), tuple(block.nodes), ()), Block((), (), ())), types=())


def _raised_by(call: Callable[[], object]) -> BaseException:
    """Return what a call of Python's raises: its class and text are the running Python's own."""
    try:
        call()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what is asked for
        return error.with_traceback(None)
    raise AssertionError("an example that does not raise")


def _by_zero(meaning: Callable[[Any, Any], object]) -> Callable[..., Iterator[Check]]:
    def checks(operands: tuple[Atom, ...], _: object) -> Iterator[Check]:
        left, right = (atom.type for atom in operands)
        assert isinstance(left, Scalar)
        assert isinstance(right, Scalar)
        divisor = operands[1]
        if isinstance(divisor, Const) and divisor.value:
            return
        one, none = NUMBERS[left.kind], type(NUMBERS[right.kind])(0)
        yield emit("equal", Rep(divisor), 0), _raised_by(lambda: meaning(one, none))

    return checks


def _shift(operands: tuple[Atom, ...], _: object) -> Iterator[Check]:
    yield emit("less", Rep(operands[1]), 0), _raised_by(lambda: 1 << -1)


def _bounds(first: int) -> Callable[..., Iterator[Check]]:
    def checks(operands: tuple[Atom, ...], params: dict[str, object]) -> Iterator[Check]:
        array, index = operands[0].type, params["index"]
        assert isinstance(array, Array)
        assert isinstance(index, tuple)
        for at, (axis, length) in enumerate(dynamic_axes(index, array.dims), first):
            yield from _bound(operands[at], axis, length)

    return checks


def _bound(index: Atom, axis: int, size: Dim) -> Iterator[Check]:
    wide = emit("asarray", Rep(index)) if isinstance(index.type, Scalar) else emit("astype", Rep(index), dtype="int64")
    bad = emit("logical_or", emit("less", wide, -size), emit("greater_equal", wide, size))
    dims = wide.shape
    if 0 in dims:
        return
    found = wide
    if dims:
        flags = emit("reshape", bad, shape=(-1,))
        found = emit("getitem", emit("reshape", wide, shape=(-1,)), emit("argmax", flags, axis=0), index=(HOLE,))
        bad = emit("any", bad, axis=tuple(range(len(dims))))
    text = StagedText(("index ", ("s", ""), f" is out of bounds for axis {axis} with size {size}"), (found,))
    yield emit("bool", bad), IndexError(text)


def _whole(operands: tuple[Atom, ...], _: object) -> Iterator[Check]:
    value = Rep(operands[0])
    kind = value.type.kind if isinstance(value.type, Scalar) else value.dtype.kind
    if kind not in ("float", "f"):
        return
    yield emit("bool", emit("isnan", value)), _raised_by(lambda: int(math.nan))
    yield emit("bool", emit("isinf", value)), _raised_by(lambda: int(math.inf))


def _unbound(operands: tuple[Atom, ...], params: dict[str, object]) -> Iterator[Check]:
    name = params["name"]
    text = f"cannot access local variable {name!r} where it is not associated with a value"
    yield emit("not", Rep(operands[0])), UnboundLocalError(text)


def _popped(operands: tuple[Atom, ...], _: object) -> Iterator[Check]:
    yield emit("equal", emit("list_len", Rep(operands[0])), 0), _raised_by(lambda: [].pop())


def _listed(example: Callable[[], object]) -> Callable[..., Iterator[Check]]:
    def checks(operands: tuple[Atom, ...], _: object) -> Iterator[Check]:
        length, index = emit("list_len", Rep(operands[0])), Rep(operands[1])
        below, above = emit("less", index, emit("negative", length)), emit("greater_equal", index, length)
        yield emit("bool", emit("logical_or", below, above)), _raised_by(example)

    return checks


def _domain(operands: tuple[Atom, ...], params: dict[str, object]) -> Iterator[Check]:
    """Functions of `math` outside of their domain; one that may overflow is refused where a handler takes that."""
    name = str(params["function"])
    value = Rep(operands[0])
    if name in DOMAINS:
        bad, example = DOMAINS[name]
        yield emit("bool", bad(value)), _raised_by(lambda: getattr(math, name)(example))
    elif name in ("floor", "ceil", "trunc"):
        yield from _whole(operands, params)
    elif name not in TOTAL:
        for error in (ValueError(""), OverflowError("")):
            if takes_of_operation(error):
                refuse(
                    f"math.{name} may raise where data decide, inside a try whose handler would take it; test the data "
                    "before, outside of the try",
                    code="SNK0214",
                )


def _singular(operands: tuple[Atom, ...], _: object) -> Iterator[Check]:
    """A pivot of zero, as NumPy's own LAPACK says it."""
    sign, _ = builder().reflect("slogdet", operands[:1])
    flag, axes = emit("equal", Rep(sign), 0), tuple(range(len(dims_of(sign.type))))
    yield emit("bool", emit("any", flag, axis=axes) if axes else flag), np.linalg.LinAlgError("Singular matrix")


def _below(bound: float) -> Callable[[Any], Any]:
    return lambda value: value < bound


def _up_to(bound: float) -> Callable[[Any], Any]:
    return lambda value: value <= bound


DOMAINS: dict[str, tuple[Callable[[Any], Any], float]] = {
    "sqrt": (_below(0), -1.0),
    "log": (_up_to(0), -1.0),
    "log2": (_up_to(0), -1.0),
    "log10": (_up_to(0), -1.0),
    "log1p": (_up_to(-1), -2.0),
    "acosh": (_below(1), 0.0),
    "acos": (lambda value: abs(value) > 1, 2.0),
    "asin": (lambda value: abs(value) > 1, 2.0),
    "atanh": (lambda value: abs(value) >= 1, 2.0),
}
"""Where functions of `math` have no value, and an argument for which they say so."""

_TOTAL = "asinh atan atan2 cbrt copysign degrees erf erfc fabs isfinite isinf isnan radians tanh"
TOTAL = frozenset(_TOTAL.split())
"""Functions of `math` that have a value everywhere."""

UNTOLD = (ValueError, ZeroDivisionError, OverflowError, IndexError, np.linalg.LinAlgError)
"""What operations without a row below raise."""

CHECKS: dict[str, Callable[..., Iterator[Check]]] = {
    "divide": _by_zero(operator.truediv),
    "floor_divide": _by_zero(operator.floordiv),
    "remainder": _by_zero(operator.mod),
    "left_shift": _shift,
    "right_shift": _shift,
    "getitem": _bounds(1),
    "setitem": _bounds(2),
    "int": _whole,
    "float": lambda *_: iter(()),  # an int of more than 308 digits still raises at run time
    "list_get": _listed(lambda: [][0]),
    "list_set": _listed(lambda: operator.setitem([], 0, None)),
    "list_pop": _popped,
    "require": _unbound,
    "call": lambda *_: iter(()),  # a staged function gives what it throws
    "math": _domain,
    "inv": _singular,
    "solve": _singular,
}
"""What each operation raises, where it can be told before."""
