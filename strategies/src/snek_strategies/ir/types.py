"""The types of the IR: Python scalars, NumPy arrays, functions, tapes and lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from snek_strategies.ir.symbols import NeedsNumber, Symbol

Dim = int | Symbol
"""An extent: a number, or a symbol that stands for one."""

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


@dataclass(frozen=True)
class ListOf:
    """A Python list whose length is known only in the next stage, of items of one type. It is a value, as all are."""

    item: Scalar | Array

    def __str__(self) -> str:
        return f"list of {self.item}"


Type = Scalar | Array | Fn | Tape | ListOf

BOOL = Scalar("bool")
INT = Scalar("int")
TAPE = Tape()


class Items:
    """A list as a value: what is appended to the newest version goes into the memory that it shares with older ones."""

    __slots__ = ("_held", "_size", "item")

    def __init__(self, item: Scalar | Array, held: list[object], size: int) -> None:
        self.item = item
        self._held = held
        self._size = size

    def __len__(self) -> int:
        return self._size

    def appended(self, value: object) -> Items:
        """Return the list with one more item."""
        # The empty list may be a constant, which several threads append to.
        held = self._held if self._size and len(self._held) == self._size else self._held[: self._size]
        held.append(value)
        return Items(self.item, held, self._size + 1)

    def __getitem__(self, index: int) -> object:
        """Return an item. Raises IndexError as a list does."""
        return self.listed()[index] if not 0 <= index < self._size else self._held[index]

    def replaced(self, index: int, value: object) -> Items:
        """Return the list with another item. Raises IndexError as a list does."""
        held = self.listed()
        held[index] = value
        return Items(self.item, held, self._size)

    def popped(self) -> tuple[Items, object]:
        """Return the list without its last item, and that. Raises IndexError as a list does."""
        if not self._size:
            [].pop()
        return Items(self.item, self._held, self._size - 1), self._held[self._size - 1]

    def listed(self) -> list[object]:
        """Return a Python list of the items."""
        return self._held[: self._size]


ARRAYS = (np.ndarray, np.memmap)
"""NumPy's classes of arrays that compute as arrays do; matrices and masked arrays do not."""


def type_of(value: object) -> Type:
    """Return the type of a host value: a Python scalar, a NumPy scalar or an array. Raises TypeError for others."""
    kind = PYTHON_TYPES.get(type(value))
    if kind is not None:
        return Scalar(kind)
    if isinstance(value, Items):
        return ListOf(value.item)
    if isinstance(value, np.ndarray) and type(value) not in ARRAYS:
        raise TypeError(f"a {type(value).__name__} computes in its own way; give the arrays that it is made of")
    if isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind in "biufc":
        return Array(value.dtype, value.shape)
    raise TypeError(f"no IR type holds a {type(value).__name__}: {value!r:.80}; numbers and NumPy arrays of them do")


def concrete(dims: tuple[Dim, ...]) -> tuple[int, ...]:
    """Return the extents as numbers. Raises NeedsNumber where one is a symbol."""
    if any(isinstance(dim, Symbol) for dim in dims):
        raise NeedsNumber(f"the extents {dims!r} are needed as numbers")
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
