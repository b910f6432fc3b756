"""Powers of complex numbers as NumPy means them: systems go through the logarithm, which 0 has not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from snek_strategies.backends.arithmetic import dtype_of
from snek_strategies.backends.rewriting import Emitter
from snek_strategies.ir.syntax import Atom, Const, Node
from snek_strategies.ir.types import Array

Row = Callable[..., Atom]


def complex_row(node: Node) -> Row | None:
    """Return the row of a power of complex arrays, or None for other nodes."""
    (result,) = node.results if node.primitive == "power" else (None,)
    if result is None or not isinstance(result.type, Array) or result.type.dtype.kind != "c":
        return None
    return _power(result.type.dtype)


def _power(dtype: np.dtype[np.generic]) -> Row:
    def row(emit: Emitter, base: Atom, exponent: Atom) -> Atom:
        made = emit("power", base, exponent)
        return emit("where", emit("equal", base, 0), _of_zero(emit, exponent, dtype), made)

    return row


def _of_zero(emit: Emitter, exponent: Atom, dtype: np.dtype[np.generic]) -> Atom | np.generic:
    if isinstance(exponent, Const):
        with np.errstate(all="ignore"):
            made: np.generic = dtype.type(np.power(dtype.type(0), exponent.value))  # type: ignore[call-overload]
            return made
    wide = exponent if dtype_of(exponent.type) == dtype else emit("astype", exponent, dtype=dtype.name)
    nothing = emit("where", emit("greater", emit("real", wide), 0), dtype.type(0), dtype.type(complex(np.nan, np.nan)))
    return emit("where", emit("equal", wide, 0), dtype.type(1), nothing)
