"""Numbers of TorchScript's own: what has no axes and is int64, float64 or bool is an `int`, `float` or `bool`.

A tensor for each of them takes some fifty times as long. Other dtypes have none, as TorchScript's `float` has 64 bits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite, isnan

import numpy as np

from snek_strategies.backends.arithmetic import ELEMENTWISE, dtype_of, loop_dtypes
from snek_strategies.backends.traced_program import OF_MATH
from snek_strategies.ir.shape_rules import dims_of
from snek_strategies.ir.syntax import Atom, Const, Node
from snek_strategies.ir.types import Array, Scalar, Type

Dtype = np.dtype[np.generic]

NUMBERS: Mapping[Dtype, str] = {np.dtype("int64"): "int", np.dtype("float64"): "float", np.dtype(bool): "bool"}
"""TorchScript's name for the numbers of a dtype."""

CONVERSIONS = frozenset({"bool", "int", "float", "item", "asarray", "astype", "copy"})
INFIX = {
    "add": "+", "subtract": "-", "multiply": "*", "less": "<", "less_equal": "<=", "equal": "==", "not_equal": "!=",
    "greater": ">", "greater_equal": ">=",
}  # fmt: skip
ON_BOOLS = {
    "add": "or", "maximum": "or", "fmax": "or", "logical_or": "or", "bitwise_or": "or",
    "multiply": "and", "minimum": "and", "fmin": "and", "logical_and": "and", "bitwise_and": "and",
    "logical_xor": "!=", "bitwise_xor": "!=",
}  # fmt: skip
ON_INTS = {"bitwise_and": "&", "bitwise_or": "|", "bitwise_xor": "^"}
OF_FLOATS = {
    **{name: name for name in (
        "sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "expm1", "log", "log1p", "log10", "sqrt", "isnan", "isinf",
        "isfinite", "copysign", "fmod",
    )},
    **{f"arc{name}": f"a{name}" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "tan2")},
}  # fmt: skip
"""The functions of `math` that TorchScript has, and that give what NumPy's give, NaN and infinity included."""


def is_number(type_: Type) -> bool:
    """Tell whether values of a type are numbers of TorchScript's own."""
    return isinstance(type_, (Array, Scalar)) and not dims_of(type_) and dtype_of(type_) in NUMBERS


def literal(value: object, dtype: Dtype) -> str:
    """Return a number as TorchScript reads it."""
    number = dtype.type(value).item()
    if dtype.kind == "f" and not isfinite(number):
        return "float('nan')" if isnan(number) else "float('inf')" if number > 0 else "(-float('inf'))"
    return "(-9223372036854775807 - 1)" if number == -(2**63) and dtype.kind == "i" else repr(number)


def unboxed(text: str, type_: Type) -> str:
    """Return a tensor's only element as a number."""
    return f"{NUMBERS[dtype_of(type_)]}({text})"


def number(node: Node, operands: list[str]) -> str | None:
    """Return the text of a node over numbers, or None where tensors have to say it."""
    if not all(is_number(atom.type) for atom in (*node.operands, *node.results)):
        return None
    (result,) = node.results
    wanted = dtype_of(result.type)
    if node.primitive in CONVERSIONS:
        return _cast(operands[0], node.operands[0], wanted)
    if node.primitive == "not":
        return f"(not {_cast(operands[0], node.operands[0], np.dtype(bool))})"
    if node.primitive == "where":
        flag = _cast(operands[0], node.operands[0], np.dtype(bool))
        body, orelse = (_cast(text, atom, wanted) for text, atom in zip(operands[1:], node.operands[1:], strict=True))
        return f"({body} if {flag} else {orelse})"
    if node.primitive == "math":
        name = OF_MATH.get(str(dict(node.params)["function"]), "")
        return _said(name, node, operands, np.dtype("float64"))
    if node.primitive in ELEMENTWISE:
        dtypes = set(loop_dtypes(node))
        return _said(node.primitive, node, operands, *dtypes) if len(dtypes) == 1 and dtypes <= NUMBERS.keys() else None
    return None


def _cast(text: str, atom: Atom, wanted: Dtype) -> str:
    """Return a number's text in another dtype."""
    if isinstance(atom, Const):
        return literal(atom.value, wanted)
    if dtype_of(atom.type) == wanted:
        return text
    return f"({text} != 0)" if wanted.kind == "b" else f"{NUMBERS[wanted]}({text})"


def _said(name: str, node: Node, operands: list[str], dtype: Dtype) -> str | None:
    if name.startswith("logical_"):
        dtype = np.dtype(bool)
    texts = [_cast(text, atom, dtype) for text, atom in zip(operands, node.operands, strict=True)]
    said = SAID[dtype.kind](name, texts)
    return None if said is None else f"({said})"


def _of_bools(name: str, texts: list[str]) -> str | None:
    if name in ON_BOOLS:
        return f"{texts[0]} {ON_BOOLS[name]} {texts[1]}"
    if name in ("logical_not", "invert"):
        return f"not {texts[0]}"
    return _of_all(name, texts)


def _of_ints(name: str, texts: list[str]) -> str | None:
    a, b = texts[0], texts[-1]
    known = b.isdigit()
    if name in ON_INTS:
        return f"{a} {ON_INTS[name]} {b}"
    if name in ("maximum", "minimum", "fmax", "fmin"):
        return f"{'max' if 'max' in name else 'min'}({a}, {b})"
    if name == "invert":
        return f"-1 - {a}"
    if name in ("floor_divide", "remainder"):
        # A processor stops at a division by 0, and at that of the least number by -1; `%` is wrong where twice the
        # divisor is no number.
        said, far = f"{a} // {b}", f"-{a} if {b} == -1 else 0"
        if name == "remainder":
            said, far = f"{a} - {a} // {b} * {b}", "0"
        if known and b != "0" and int(b) < 2**62:
            return said if name == "floor_divide" else f"{a} % {b}"
        return f"{said} if {b} > 0 or {b} < -1 else {far}"
    if name in ("left_shift", "right_shift"):
        sign, far = ("<<", "0") if name == "left_shift" else (">>", f"{a} >> 63")
        return f"{a} {sign} {b}" if known and int(b) < 64 else f"{a} {sign} {b} if 0 <= {b} and {b} < 64 else {far}"
    return _of_signed(name, texts)


def _of_floats(name: str, texts: list[str]) -> str | None:
    if name in OF_FLOATS:
        return f"math.{OF_FLOATS[name]}({', '.join(texts)})"
    if name == "divide":
        return f"{texts[0]} / {texts[1]}"
    if name == "reciprocal":
        return f"1.0 / {texts[0]}"
    if name in ("maximum", "minimum") and all(text.isidentifier() for text in texts):
        a, b = texts
        return f"{a} if {a} {'>=' if name == 'maximum' else '<='} {b} or math.isnan({a}) else {b}"
    # TorchScript's own `**` raises for a power of 0, and its `//` and `%` round otherwise than NumPy's.
    return None if name in ("floor", "ceil", "trunc", "rint") else _of_signed(name, texts)


def _of_signed(name: str, texts: list[str]) -> str | None:
    if name == "negative":
        return f"-{texts[0]}"
    if name in ("absolute", "fabs"):
        return f"abs({texts[0]})"
    return _of_all(name, texts)


def _of_all(name: str, texts: list[str]) -> str | None:
    if name in INFIX:
        return f"{texts[0]} {INFIX[name]} {texts[1]}"
    if name == "square" and texts[0].isidentifier():
        return f"{texts[0]} * {texts[0]}"
    return texts[0] if name in ("positive", "conjugate", "floor", "ceil", "trunc", "rint") else None


SAID: Mapping[str, Callable[[str, list[str]], str | None]] = {"b": _of_bools, "i": _of_ints, "f": _of_floats}
"""What says an elementwise operation over numbers, by their kind."""
