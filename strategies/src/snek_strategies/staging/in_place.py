"""Stores into arrays of the next stage, whole or by item: every name of the array sees them."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from snek_strategies.ir.shape_rules import dims_of
from snek_strategies.ir.syntax import Atom, Node
from snek_strategies.ir.types import Array, Tensor
from snek_strategies.staging.builder import builder
from snek_strategies.staging.memory import check_writable, memory_of, outdate
from snek_strategies.staging.refusal import refuse
from snek_strategies.staging.rep import Rep, emit, lift, liftable, split_index

PLAIN: dict[str, Callable[[Any, Any], object]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
    "<<": operator.lshift,
    ">>": operator.rshift,
    "&": operator.and_,
    "^": operator.xor,
    "|": operator.or_,
}


def assign_in_place(symbol: str, target: Rep, value: object) -> Rep:
    """Stage `target symbol= value` for an array of rank 1 or more, and return the same array."""
    what = f"{symbol}="
    if symbol not in PLAIN:
        refuse(f"{what} of an array is not staged; write x = x {symbol} value", code="SNK0204")
    check_writable(target, what)
    if isinstance(target.type, Tensor):
        refuse(f"{what} of a tensor is not staged; write x = x {symbol} value", code="SNK0204")
    result = PLAIN[symbol](target, value)
    if not isinstance(result, Rep):
        refuse(
            f"{what} of an array and a {type(value).__name__} gives a {type(result).__name__}, which is no array",
            code="SNK0203",
        )
    store(what, target, result)
    return target


def written(target: Rep, atom: Atom) -> None:
    """Give an array new contents, and the arrays that it is an item or slice of; no other that shares its memory lasts.

    What an array is a view of is found by the nodes that took it, whose arrays must still be as they were then.
    """
    others = memory_of(target).others(target)
    taken = _taken(target.atom, {one.atom: one for one in others})
    builder().write(target, atom)
    for node, whole in taken:
        (atom,) = builder().reflect(
            "setitem", (node.operands[0], atom, *node.operands[1:]), {"index": dict(node.params)["index"]}
        )
        if whole is not None:
            builder().write(whole, atom)
    kept = [target, *(whole for _, whole in taken if whole is not None)]
    for one in others:
        if all(one is not other for other in kept):
            outdate(one)


def _taken(atom: Atom, alive: dict[Atom, Rep]) -> list[tuple[Node, Rep | None]]:
    """Return the nodes that took a view out of arrays, innermost first, up to the last array that is alive."""
    steps: list[tuple[Node, Rep | None]] = []
    while alive and (node := _made_by(atom)) is not None and node.primitive == "getitem":
        atom = node.operands[0]
        steps.append((node, alive.pop(atom, None)))
    while steps and steps[-1][1] is None:
        steps.pop()
    return steps


def _made_by(atom: Atom) -> Node | None:
    nodes = (node for block in reversed(builder().open) for node in reversed(block.nodes))
    return next((node for node in nodes if atom in node.results), None)


def _is_stored(target: Rep, value: object, static: tuple[object, ...], dynamic: tuple[Rep, ...]) -> bool:
    """Tell whether an array has just been given this value at this place, as `x[i] += y` stores what it changed."""
    if not isinstance(value, Rep) or any(isinstance(one, np.ndarray) for one in static):
        return False
    last = _made_by(target.atom)
    return (
        last is not None
        and last.primitive == "setitem"
        and last.operands[1:] == (value.atom, *(one.atom for one in dynamic))
        and dict(last.params)["index"] == static
    )


def store_item(target: Rep, index: object, value: object) -> None:
    """Stage `target[index] = value`; a mask that is known only in the next stage takes one number."""
    what = "a store to an item"
    is_mask = isinstance(index, Rep) and isinstance(index.type, Array) and index.type.dtype.kind == "b"
    if not is_mask:
        static, dynamic = split_index(index)
        if _is_stored(target, value, static, dynamic):
            return
    check_writable(target, what)
    if not liftable(value):
        refuse(f"{what} of a {type(value).__name__}: {value!r:.60}; store numbers and arrays", code="SNK0203")
    if is_mask:
        written(target, _masked(what, target, index, value).atom)  # type: ignore[arg-type]
        return
    written(target, emit("setitem", target, value, *dynamic, index=static).atom)


def _masked(what: str, target: Rep, mask: Rep, value: object) -> Rep:
    if mask.dims != target.dims or dims_of(lift(value).type):
        refuse(
            f"{what} by a mask of shape {mask.dims} known only in the next stage into an array of {target.dims}; "
            "use a mask of the array's shape and one number, or np.where",
            code="SNK0205",
        )
    # One element is stored the way NumPy casts it, then taken where the mask says so.
    cast = emit("setitem", target, value, index=(slice(None),) * target.ndim)
    return emit("where", mask, cast, target)


def store(what: str, target: Rep, result: Rep) -> None:
    """Give an array new contents of its own dtype and shape, as NumPy does; refuses what NumPy raises for."""
    if result.dims != target.dims:
        shapes = f"{result.dims} into {target.dims}"
        refuse(
            f"{what} would store {shapes}, and NumPy raises for it; give it a value of the array's shape",
            code="SNK0203",
        )
    if result.dtype != target.dtype:
        if not np.can_cast(result.dtype, target.dtype, "same_kind"):
            refuse(
                f"{what} would store {result.dtype} into an array of {target.dtype}, and NumPy raises for it; "
                "convert one of them with astype",
                code="SNK0203",
            )
        result = emit("astype", result, dtype=target.dtype.name)
    written(target, result.atom)
