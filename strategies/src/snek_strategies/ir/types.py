"""The types of the IR: Python scalars, NumPy arrays, functions and tapes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

Dim = int | str
"""An extent: a number, or the name of a symbol that stands for one."""

Kind = Literal["bool", "int", "float", "complex"]

PYTHON_TYPES: dict[type, Kind] = {bool: "bool", int: "int", float: "float", complex: "complex"}


@dataclass(frozen=True)
class Scalar:
    """A Python scalar. It is weak in NumPy's promotion (NEP 50), and an `int` has no bounds."""

    kind: Kind

    def __str__(self) -> str:
        return self.kind


@dataclass(frozen=True)
class Array:
    """A NumPy array; rank 0 stands for a NumPy scalar too."""

    dtype: np.dtype[np.generic]
    dims: tuple[Dim, ...] = ()

    def __str__(self) -> str:
        return f"{self.dtype}[{','.join(map(str, self.dims))}]"


@dataclass(frozen=True)
class Tensor(Array):
    """An array that stands for a PyTorch tensor; only while staging: a finished program has arrays."""

    def __str__(self) -> str:
        return f"tensor {super().__str__()}"


@dataclass(frozen=True)
class Fn:
    """A function of the next stage."""

    parameters: tuple[Type, ...]
    results: tuple[Type, ...]

    def __str__(self) -> str:
        return f"({', '.join(map(str, self.parameters))}) -> ({', '.join(map(str, self.results))})"


@dataclass(frozen=True)
class Tape:
    """A stack of rows of values, for what reverse mode remembers; each row's types stand at its push and its pop.

    It is a value: a push gives a new tape. Every tape is used once on every path, so a back-end may write in place.
    """

    def __str__(self) -> str:
        return "tape"


Type = Scalar | Array | Fn | Tape

BOOL = Scalar("bool")
INT = Scalar("int")
TAPE = Tape()


def type_of(value: object) -> Type:
    """Return the type of a host value: a Python scalar, a NumPy scalar or an array. Raises TypeError for others."""
    kind = PYTHON_TYPES.get(type(value))
    if kind is not None:
        return Scalar(kind)
    if isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind in "biufc":
        return Array(value.dtype, value.shape)
    raise TypeError(f"no IR type holds a {type(value).__name__}: {value!r:.80}; numbers and NumPy arrays of them do")


def concrete(dims: tuple[Dim, ...]) -> tuple[int, ...]:
    """Return the extents as numbers. Raises TypeError where one is a symbol."""
    if any(isinstance(dim, str) for dim in dims):
        raise TypeError(f"symbolic extents {dims!r} where numbers are needed; stage with concrete shapes")
    return tuple(dim for dim in dims if isinstance(dim, int))


def broadcast(shapes: tuple[tuple[Dim, ...], ...]) -> tuple[Dim, ...]:
    """Return the common shape under NumPy's broadcasting; a symbol equals only itself and is never taken for 1."""
    rank = max((len(shape) for shape in shapes), default=0)
    padded = [(1,) * (rank - len(shape)) + shape for shape in shapes]
    return tuple(_common([shape[axis] for shape in padded], shapes) for axis in range(rank))


def _common(dims: list[Dim], shapes: tuple[tuple[Dim, ...], ...]) -> Dim:
    wide = {dim for dim in dims if dim != 1}
    if len(wide) > 1:
        raise ValueError(f"operands could not be broadcast together with shapes {' '.join(map(str, shapes))}")
    return wide.pop() if wide else 1
