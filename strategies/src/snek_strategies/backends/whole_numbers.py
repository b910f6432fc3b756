"""Elementwise functions of whole numbers and truth values, in fewer of them: systems have these for floats at best.

PyTorch's `fmod` stops at a divisor of 0, Numba's is wrong at -1, TensorFlow has no reciprocal of an integer, and so on;
written in comparisons and `remainder`, they are NumPy's on every back-end.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from snek_strategies.backends.arithmetic import dtype_of
from snek_strategies.backends.rewriting import Emitter
from snek_strategies.ir.rules import results_of
from snek_strategies.ir.syntax import Atom, Node
from snek_strategies.ir.types import Scalar

Row = Callable[..., Atom]


def whole_row(node: Node) -> Row | None:
    """Return the row of a node over whole numbers or truth values, or None where its function stays as it is."""
    row = ROWS.get(node.primitive)
    if row is None or any(dtype_of(atom.type).kind not in "biu" for atom in node.operands):
        return None
    return None if node.results[0].type == Scalar("int") else row  # Python's own `abs`


def _typed(emit: Emitter, value: Atom, dtype: np.dtype[np.generic]) -> Atom:
    """Return an operand in a dtype; a number of Python's that it cannot hold raises, as NumPy has it."""
    if isinstance(value.type, Scalar):
        return emit("add", dtype.type(0), value)
    return value if value.type.dtype == dtype else emit("astype", value, dtype=dtype.name)  # type: ignore[union-attr]


def _fmod(emit: Emitter, a: Atom, b: Atom) -> Atom:
    """Make the remainder with the sign of what is divided from the one with the divisor's."""
    (made,) = results_of("fmod", (a.type, b.type), {})
    wide = dtype_of(made)
    a, b = _typed(emit, a, wide), _typed(emit, b, wide)
    rest = emit("remainder", a, b)
    if wide.kind == "u":
        return rest
    apart = emit("logical_xor", emit("less", a, 0), emit("less", b, 0))
    return emit("where", emit("logical_and", emit("not_equal", rest, 0), apart), emit("subtract", rest, b), rest)


def _reciprocal(emit: Emitter, x: Atom) -> Atom:
    """Give 1 and -1 themselves, and else 0; what 1 / 0 is in whole numbers NumPy leaves to the processor."""
    (made,) = results_of("reciprocal", (x.type,), {})
    x = _typed(emit, x, dtype_of(made))
    own = emit("equal", x, 1)
    if dtype_of(made).kind == "i":
        own = emit("logical_or", own, emit("equal", x, -1))
    return emit("where", own, x, dtype_of(made).type(0))


def _sign(emit: Emitter, x: Atom) -> Atom:
    dtype = dtype_of(x.type)
    above = emit("astype", emit("greater", x, 0), dtype=dtype.name)
    return above if dtype.kind == "u" else emit("subtract", above, emit("astype", emit("less", x, 0), dtype=dtype.name))


def _signbit(emit: Emitter, x: Atom) -> Atom:
    x = emit("asarray", x)
    return emit("less", x, 0) if dtype_of(x.type).kind == "i" else emit("not_equal", x, x)


def _absolute(emit: Emitter, x: Atom) -> Atom:
    return emit("absolute", x) if dtype_of(x.type).kind == "i" else emit("copy", x)


ROWS: dict[str, Row] = {
    "fmod": _fmod,
    "reciprocal": _reciprocal,
    "sign": _sign,
    "signbit": _signbit,
    "absolute": _absolute,
}
"""What is written in other functions where all its operands are whole numbers or truth values."""
