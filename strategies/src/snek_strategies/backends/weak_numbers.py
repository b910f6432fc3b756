"""Ints of Python's beside arrays of whole numbers: NumPy takes them in the array's dtype, or compares by value.

An int that the dtype cannot hold is an OverflowError in arithmetic, and in a comparison it is above or below every
element. Compiled systems would cast it, and it would wrap around.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from snek_strategies.backends.arithmetic import COMPARISONS, DTYPES, ELEMENTWISE, loop_dtypes
from snek_strategies.backends.rewriting import Emitter, constant
from snek_strategies.ir.interpretations import INTERPRETATIONS
from snek_strategies.ir.syntax import Atom, Const, Node
from snek_strategies.ir.types import INT, Array

Row = Callable[..., Atom]
Dtype = np.dtype[np.generic]
LONG = np.iinfo(DTYPES["int"].name)


def weak_row(node: Node) -> Row | None:
    """Return the row of a node over a weak int that its back-ends would take wrongly, or None where there is none."""
    if node.primitive not in ELEMENTWISE or len(node.operands) != 2:
        return None
    weak = [at for at, atom in enumerate(node.operands) if atom.type == INT]
    other = node.operands[1 - weak[0]].type if len(weak) == 1 else None
    if not isinstance(other, Array):
        return None
    at, value = weak[0], node.operands[weak[0]]
    if node.primitive in COMPARISONS and other.dtype.kind in "iu":
        if isinstance(value, Const):
            return None if _holds(other.dtype, value.value) else _of_any(node.primitive, at, other.dtype)
        return None if other.dtype == DTYPES["int"] else _by_value(node.primitive, at, other.dtype)
    if isinstance(value, Const) and not _holds(DTYPES["int"], value.value):
        return _in_own_dtype(node, at)
    return None


def _holds(dtype: Dtype, value: object) -> bool:
    limits = np.iinfo(dtype.name)
    return bool(limits.min <= value <= limits.max)  # type: ignore[operator]


def _meaning(primitive: str, at: int, element: object, value: object) -> bool:
    return bool(INTERPRETATIONS[primitive](*((value, element) if at == 0 else (element, value))))


def _of_any(primitive: str, at: int, dtype: Dtype) -> Row:
    """Make the row of a comparison that is the same for all elements."""

    def row(emit: Emitter, *operands: Atom) -> Atom:
        value, x = operands[at], operands[1 - at]
        assert isinstance(value, Const)
        return emit("equal" if _meaning(primitive, at, dtype.type(0), value.value) else "not_equal", x, x)

    return row


def _by_value(primitive: str, at: int, dtype: Dtype) -> Row:
    """Make the row of a comparison with an int of the next stage."""

    def row(emit: Emitter, *operands: Atom) -> Atom:
        value, x = emit("asarray", operands[at]), operands[1 - at]
        if dtype != np.uint64:
            wide = emit("astype", x, dtype="int64")
            return emit(primitive, *((value, wide) if at == 0 else (wide, value)))
        natural = emit("astype", emit("maximum", value, 0), dtype="uint64")
        made = emit(primitive, *((natural, x) if at == 0 else (x, natural)))
        below = emit("logical_or", emit("less", value, 0), emit("not_equal", x, x))
        return emit("where", below, np.bool_(_meaning(primitive, at, dtype.type(0), -1)), made)

    return row


def _in_own_dtype(node: Node, at: int) -> Row | None:
    """Make the row of a node with a constant of more than 64 bits, which is one of its loop's dtype."""
    dtype = loop_dtypes(node)[at]
    value = node.operands[at]
    assert isinstance(value, Const)
    if dtype.kind in "iu" and not _holds(dtype, value.value):
        return None  # and raises
    typed = constant(dtype.type(value.value))

    def row(emit: Emitter, *operands: Atom) -> Atom:
        return emit(node.primitive, *(typed if one == at else atom for one, atom in enumerate(operands)))

    return row
