"""Whole numbers and truth values of an exported graph as TorchScript's own: a tensor takes some fifty times as long.

What has no axes and is int64 or bool is a number wherever it is; operations of numbers alone have a row here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

Row = Callable[..., str | None]

COMPARED = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
ARITHMETIC = {"add": "+", "sub": "-", "mul": "*"}
BITS = {"bitwise_and": "&", "bitwise_or": "|", "bitwise_xor": "^"}
INFIX = {**COMPARED, **ARITHMETIC, **BITS}
"""The operators of Python that are an operation on tensors, or on a tensor and a number."""


def is_node(value: Any) -> bool:
    """Tell whether an argument is what a node of the graph gives."""
    import torch

    return isinstance(value, torch.fx.Node)


def is_number(value: Any) -> bool:
    """Tell whether an argument is a number. Raises KeyError for a node that does not say what it gives."""
    return is_node(value) and kind(value) != "Tensor"


def kind(node: Any) -> str:
    """Return TorchScript's type of what a node gives."""
    import torch

    value = node.meta["val"]
    if not isinstance(value, torch.Tensor) or value.shape:
        return "Tensor"
    return {torch.int64: "int", torch.bool: "bool"}.get(value.dtype, "Tensor")


def unboxed(text: str, node: Any) -> str:
    """Return a tensor's text as that of what a node gives, which may be its only element."""
    return f"{kind(node)}({text})" if is_number(node) else text


def literal(value: Any) -> str:
    """Return what an operation is told, and no node gives, as TorchScript reads it."""
    import torch

    if isinstance(value, float) and not isfinite(value):
        return f"float('{value}')"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(literal, value))}]" if value else "torch.jit.annotate(List[int], [])"
    if isinstance(value, torch.device):
        return f"torch.device('{value}')"
    if type(value) is int and value == -(2**63):
        return "(-9223372036854775807 - 1)"
    return repr(value)


def number(name: str, node: Any) -> str | None:
    """Return the text of an operation of numbers alone, or None where tensors have to say it."""
    row = ROWS.get(name)
    whole = all(is_number(one) or type(one) in (bool, int) for one in node.args)
    if row is None or not whole or not is_number(node) or (node.kwargs and name != "div"):
        return None
    said = row(node, *node.args)
    return None if said is None else f"({said})"


def _is_bool(value: Any) -> bool:
    return kind(value) == "bool" if is_node(value) else type(value) is bool


def _as(wanted: str, value: Any) -> str:
    """Return an operand's text as an int or a bool."""
    text = str(value.name) if is_node(value) else literal(value)
    return text if _is_bool(value) == (wanted == "bool") else f"{wanted}({text})"


def _alike(sign: str) -> Row:
    """Write an operator between two ints, or between two bools."""

    def row(_: Any, a: Any, b: Any) -> str:
        # TorchScript knows which bools are equal, and no order of them.
        wanted = "bool" if _is_bool(a) and _is_bool(b) and "<" not in sign and ">" not in sign else "int"
        return f"{_as(wanted, a)} {sign} {_as(wanted, b)}"

    return row


def _of_ints(write: Callable[[str, str], str]) -> Row:
    """Write what is made of two ints, and gives an int."""
    return lambda node, a, b: None if _is_bool(node) else write(_as("int", a), _as("int", b))


def _of_bools(sign: str) -> Row:
    return lambda _, a, b: f"{_as('bool', a)} {sign} {_as('bool', b)}"


def _inverted(node: Any, a: Any) -> str:
    return f"not {_as('bool', a)}" if _is_bool(node) else f"-1 - {_as('int', a)}"


def _chosen(node: Any, flag: Any, a: Any, b: Any) -> str:
    return f"{_as(kind(node), a)} if {_as('bool', flag)} else {_as(kind(node), b)}"


def _by_known(sign: str, last: int) -> Row:
    """Write an operator whose right side is a known number from 1 to `last`, or for shifts from 0."""

    def row(node: Any, a: Any, b: Any) -> str | None:
        known = type(b) is int and (0 if sign in ("<<", ">>") else 1) <= b <= last
        floors = sign != "//" or node.kwargs == {"rounding_mode": "floor"}
        return f"{_as('int', a)} {sign} {b}" if known and floors else None

    return row


ROWS: Mapping[str, Row] = {
    **{name: _alike(sign) for name, sign in (COMPARED | BITS).items()},
    **{name: _of_ints(lambda a, b, sign=sign: f"{a} {sign} {b}") for name, sign in ARITHMETIC.items()},  # type: ignore[misc]
    "logical_and": _of_bools("and"),
    "logical_or": _of_bools("or"),
    "logical_not": lambda _, a: f"not {_as('bool', a)}",
    "bitwise_not": _inverted,
    "bitwise_left_shift": _by_known("<<", 63),
    "bitwise_right_shift": _by_known(">>", 63),
    "where": _chosen,
    "maximum": _of_ints(lambda a, b: f"max({a}, {b})"),
    "minimum": _of_ints(lambda a, b: f"min({a}, {b})"),
    "clone": lambda node, a: _as(kind(node), a),
    # TorchScript's `%` is wrong where twice the divisor is no number.
    "remainder": _by_known("%", 2**62 - 1),
    "div": _by_known("//", 2**62 - 1),
}
"""One row for each operation, by its name in ATen; None for arguments that it is not made for."""
