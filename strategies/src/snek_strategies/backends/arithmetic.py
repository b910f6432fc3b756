"""Which dtype an operation computes in: NumPy's own rule (NEP 50), so that a back-end casts and then computes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from snek_strategies.ir.interpretations import FUNCTIONS, OPERATORS
from snek_strategies.ir.syntax import Node
from snek_strategies.ir.types import PYTHON_TYPES, Array, Scalar, Type, concrete

DTYPES = {
    "bool": np.dtype(bool),
    "int": np.dtype("int64"),
    "float": np.dtype("float64"),
    "complex": np.dtype("complex128"),
}
"""What holds a Python scalar in a compiled program."""

PYTHON = {kind: python for python, kind in PYTHON_TYPES.items()}
COMPARISONS = frozenset({"less", "less_equal", "equal", "not_equal", "greater", "greater_equal"})
ELEMENTWISE = frozenset(OPERATORS) | frozenset(FUNCTIONS) | {"power"}
"""The primitives that are a ufunc of that name."""
_ORDER = ("bool", "int", "float", "complex")


def dtype_of(type_: Type) -> np.dtype[np.generic]:
    """Return the dtype that holds values of that type in a compiled program."""
    if isinstance(type_, Scalar):
        return DTYPES[type_.kind]
    if isinstance(type_, Array):
        return type_.dtype
    raise TypeError(f"{type_} has no dtype")


def dims_of(type_: Type) -> tuple[int, ...]:
    """Return the extents, all of them numbers; a Python scalar has none."""
    dims = type_.dims if isinstance(type_, Array) else ()
    return concrete(dims)


def loop_dtypes(node: Node) -> tuple[np.dtype[np.generic], ...]:
    """Return the dtypes to which an elementwise node's operands are cast before it computes."""
    types = [atom.type for atom in node.operands]
    python_only = node.primitive in OPERATORS or node.primitive == "power"
    if python_only and all(isinstance(one, Scalar) for one in types):
        return (_scalar_loop(node, types),) * len(types)
    if node.primitive == "where":
        wide = np.result_type(*(_weak(one) for one in types[1:]))  # type: ignore[arg-type]
        return (np.dtype(bool), wide, wide)
    ufunc = getattr(np, node.primitive)
    found = ufunc.resolve_dtypes((*(_ufunc_operand(one) for one in types), None))
    return tuple(found[:-1])


def _scalar_loop(node: Node, types: Sequence[Type]) -> np.dtype[np.generic]:
    kinds = [one.kind for one in types if isinstance(one, Scalar)]
    if node.primitive not in COMPARISONS and node.primitive != "absolute":
        kinds.append(node.results[0].type.kind)  # type: ignore[union-attr]
    return DTYPES[max(kinds, key=_ORDER.index)]


def _weak(type_: Type) -> object:
    return PYTHON[type_.kind](1) if isinstance(type_, Scalar) else dtype_of(type_)


def _ufunc_operand(type_: Type) -> object:
    # NumPy takes a bool of Python's as its own; int, float and complex are weak.
    if isinstance(type_, Scalar):
        return np.dtype(bool) if type_.kind == "bool" else PYTHON[type_.kind]
    return dtype_of(type_)
