"""Whole numbers and truth values of an exported graph as Python's own: a tensor for each takes twenty times as long.

What has no axes and is int64 or bool is a number wherever it is; operations of numbers alone have a row here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Row = Callable[..., str | None]

COMPARED = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
ARITHMETIC = {"add": "+", "sub": "-", "mul": "*"}
BITS = {"bitwise_and": "&", "bitwise_or": "|", "bitwise_xor": "^"}
INFIX = {**COMPARED, **ARITHMETIC, **BITS}
"""The operators of Python that are an operation on tensors, or on a tensor and a number."""


def is_number(node: Any) -> bool:
    """Tell whether a node of a graph gives a number. Raises KeyError for one that does not say what it gives."""
    import torch

    value = node.meta["val"]
    return isinstance(value, torch.Tensor) and not value.shape and value.dtype in (torch.int64, torch.bool)


def number(name: str, node: Any, texts: list[str]) -> str | None:
    """Return the text of an operation of numbers alone, or None where tensors have to say it."""
    row = ROWS.get(name)
    whole = all(_is_whole(one) for one in node.args)
    if row is None or not whole or not is_number(node) or (node.kwargs and name != "div"):
        return None
    return row(node, *texts)


def _is_whole(argument: Any) -> bool:
    return is_number(argument) if hasattr(argument, "meta") else type(argument) in (bool, int)


def _is_bool(node: Any) -> bool:
    import torch

    return bool(node.meta["val"].dtype == torch.bool)


def _between(sign: str) -> Row:
    return lambda _, a, b: f"{a} {sign} {b}"


def _arithmetic(sign: str) -> Row:
    def row(node: Any, a: str, b: str) -> str | None:
        return None if _is_bool(node) else _wrapped(f"{a} {sign} {b}")

    return row


def _wrapped(text: str) -> str:
    """Return a number's text in 64 bits, where it goes round."""
    return f"({text} + {2**63} & {2**64 - 1}) - {2**63}"


def _inverted(node: Any, a: str) -> str:
    return f"not {a}" if _is_bool(node) else f"~{a}"


def _shifted(sign: str) -> Row:
    return lambda _, a, b: _wrapped(f"({a} {sign} {b})") if b.isdigit() and int(b) < 64 else None


def _remainder(_: Any, a: str, b: str) -> str | None:
    return f"{a} % {b}" if b.isdigit() and b != "0" else None


def _divided(node: Any, a: str, b: str) -> str | None:
    floors = node.kwargs == {"rounding_mode": "floor"}
    return f"{a} // {b}" if floors and b.isdigit() and b != "0" else None


ROWS: Mapping[str, Row] = {
    **{name: _between(sign) for name, sign in (COMPARED | BITS).items()},
    **{name: _arithmetic(sign) for name, sign in ARITHMETIC.items()},
    "logical_and": lambda _, a, b: f"bool({a} and {b})",
    "logical_or": lambda _, a, b: f"bool({a} or {b})",
    "logical_not": lambda _, a: f"not {a}",
    "bitwise_not": _inverted,
    "bitwise_left_shift": _shifted("<<"),
    "bitwise_right_shift": _shifted(">>"),
    "where": lambda _, flag, a, b: f"{a} if {flag} else {b}",
    "maximum": lambda _, a, b: f"max({a}, {b})",
    "minimum": lambda _, a, b: f"min({a}, {b})",
    "clone": lambda _, a: a,
    "remainder": _remainder,
    "div": _divided,
}
"""One row for each operation, by its name in ATen; None for arguments that it is not made for."""
