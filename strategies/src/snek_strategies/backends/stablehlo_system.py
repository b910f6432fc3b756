"""The system that writes StableHLO: elementwise primitives and control flow; the others are in `stablehlo_rows.py`.

An operation of XLA's own where there is one, short sequences for the division of whole numbers, and for what is rare
a call of what JAX writes (`jax_functions.py`). To have JAX trace and lower each operation takes several times as long.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import ClassVar

import numpy as np

from snek_strategies.backends import jax_functions
from snek_strategies.backends.stablehlo_rows import ROWS
from snek_strategies.backends.stablehlo_text import Tensor, Text, full, type_of, types_of
from snek_strategies.backends.traced_program import System
from snek_strategies.ir.syntax import Node

_NUMBERS = {"add": "add", "subtract": "subtract", "multiply": "multiply"}
_ORDERED = {**_NUMBERS, "maximum": "maximum", "minimum": "minimum"}
_BITS = {"bitwise_and": "and", "bitwise_or": "or", "bitwise_xor": "xor", "invert": "not"}
_TRUTH = {"logical_and": "and", "logical_or": "or", "logical_xor": "xor", "logical_not": "not", **_BITS}
_WHOLE = {**_ORDERED, **_BITS, "left_shift": "shift_left"}
_FLOATS = {
    "divide": "divide", "power": "power", "exp": "exponential", "log": "log", "tanh": "tanh", "sqrt": "sqrt",
    "sin": "sine", "cos": "cosine", "floor": "floor", "ceil": "ceil", "rint": "round_nearest_even",
    "expm1": "exponential_minus_one", "log1p": "log_plus_one",
}  # fmt: skip
_SIGNED = {"negative": "negate", "absolute": "abs"}
DIRECT = {
    "b": _TRUTH,
    "i": {**_WHOLE, **_SIGNED, "right_shift": "shift_right_arithmetic"},
    "u": {**_WHOLE, "right_shift": "shift_right_logical"},
    "f": {**_ORDERED, **_FLOATS, **_SIGNED, "fabs": "abs"},
    "c": _NUMBERS,
}
"""By kind of dtype, the operation that an elementwise primitive is."""
COMPARED = {"less": "LT", "less_equal": "LE", "greater": "GT", "greater_equal": "GE", "equal": "EQ", "not_equal": "NE"}


class StableHlo(System):
    """Writes a function's text."""

    name: ClassVar[str] = "jax"
    recursion: ClassVar[str] = "XLA's programs do not call themselves; write a loop, or use back-end 'numba'"

    def __init__(self) -> None:
        self.text = Text()
        self.functions: list[str] = []
        """The lines of functions that JAX wrote."""
        self._called: dict[jax_functions.Written, str] = {}

    def constant(self, value: object, dtype: np.dtype[np.generic]) -> Tensor:
        """Return a host value as a constant, which is written where it is used; equal elements are one."""
        held = np.asarray(value, dtype)
        first = held.reshape(-1)[:1]
        alike = held.size > 1 and held.tobytes() == first.tobytes() * held.size
        return Tensor("", dtype, held.shape, first if alike else held)

    def cast(self, value: Tensor, dtype: np.dtype[np.generic]) -> Tensor:
        """Return a value converted to a dtype."""
        return self.text.convert(value, dtype)

    def elementwise(self, name: str, node: Node, dtype: np.dtype[np.generic], operands: list[Tensor]) -> Tensor:  # noqa: ARG002
        """Return an elementwise primitive."""
        text, kind = self.text, dtype.kind
        dims = np.broadcast_shapes(*(one.shape for one in operands))
        given = [text.spread(one, dims) for one in operands]
        direct = DIRECT[kind].get(name)
        if direct is not None:
            return text.same(direct, given)
        if name in COMPARED and (kind != "c" or name in ("equal", "not_equal")):
            return text.compare(COMPARED[name], *given)
        if name == "positive" or (kind in "biu" and name in ("floor", "ceil", "trunc")):
            return given[0]
        if name == "square" and kind != "b":
            return text.same("multiply", given * 2)
        if kind == "f" and name in _OF_ONE:
            return _OF_ONE[name](text, given[0])
        if kind in "iu" and name in ("floor_divide", "remainder"):
            made = _divided(text, name, given[0], given[1])
            if made is not None:
                return made
        return self.called((name, dtype), jax_functions.elementwise(name, dtype), operands)

    def called(self, key: object, function: jax_functions.Function, operands: Sequence[Tensor]) -> Tensor:
        """Return the call of what JAX writes of a function."""
        made = jax_functions.written(key, function, operands)
        prefix = self._called.get(made)
        if prefix is None:
            prefix = self._called[made] = f"jax{len(self._called)}_"
            self.functions += made.renamed(prefix)
        call = f"func.call @{prefix}main({self.text.names(operands)})"
        return self.text.typed(call, operands, made.dtype, made.shape)

    def row(self, node: Node) -> Callable[..., Tensor] | None:
        """Return what computes a core primitive."""
        make = ROWS.get(node.primitive)
        return None if make is None else make(self, node)

    def select(self, flag: Tensor, then: Tensor, orelse: Tensor) -> Tensor:
        """Return one of two values."""
        return self.text.select(flag, then, orelse)

    def choose(
        self,
        flag: Tensor,
        then: Callable[[], list[Tensor]],
        orelse: Callable[[], list[Tensor]],
        node: Node,  # noqa: ARG002
    ) -> list[Tensor]:
        """Return an `if`."""
        return self.text.choice(flag, then, orelse)

    def loop(
        self,
        test: Callable[[Sequence[Tensor]], Tensor],
        body: Callable[[Sequence[Tensor]], list[Tensor]],
        state: list[Tensor],
        node: Node,  # noqa: ARG002
    ) -> list[Tensor]:
        """Return a `while`."""
        return self.text.loop(state, test, body)

    def module(self, name: str, parameters: Sequence[Tensor], results: Sequence[Tensor]) -> str:
        """Return the module whose function `main` is what has been written."""
        taken = ", ".join(f"{one.name}: {type_of(one.dtype, one.shape)}" for one in parameters)
        given = self.text.names(results)
        end = f"return {given} : {types_of(results)}" if results else "return"
        head = f"func.func public @main({taken}) -> ({types_of(results)}) {{"
        symbol = re.sub(r"\W", "_", f"snek_{name}", flags=re.ASCII)
        return "\n".join((f"module @{symbol} {{", head, *self.text.lines, end, "}", *self.functions, "}", ""))


def _sign(text: Text, x: Tensor) -> Tensor:
    zero = full(0, x.dtype, x.shape)
    return text.select(text.compare("EQ", x, zero), zero, text.same("sign", (x,)))


_OF_ONE: dict[str, Callable[[Text, Tensor], Tensor]] = {
    "sign": _sign,
    "isnan": lambda text, x: text.compare("NE", x, x),
    "isfinite": lambda text, x: text.typed(f"stablehlo.is_finite {text.name(x)}", (x,), np.dtype(bool), x.shape),
    "reciprocal": lambda text, x: text.same("divide", (full(1, x.dtype, x.shape), x)),
}


def _divided(text: Text, name: str, a: Tensor, b: Tensor) -> Tensor | None:
    """Return a quotient or a remainder by a number above 0 that is known, rounded down; None for other divisors."""
    if b.held is None or b.held.size != 1 or (by := int(b.held.reshape(())[()])) <= 0:
        return None
    whole = name == "floor_divide"
    if by & (by - 1) == 0:
        shift = "shift_right_logical" if a.dtype.kind == "u" else "shift_right_arithmetic"
        other = by.bit_length() - 1 if whole else by - 1
        return text.same(shift if whole else "and", (a, full(other, a.dtype, a.shape)))
    made, left = text.same("divide", (a, b)) if whole else None, text.same("remainder", (a, b))
    if a.dtype.kind == "u":
        return made or left
    below = text.compare("LT", left, full(0, a.dtype, a.shape))
    if made is None:
        return text.select(below, text.same("add", (left, b)), left)
    return text.select(below, text.same("subtract", (made, full(1, a.dtype, a.shape))), made)
