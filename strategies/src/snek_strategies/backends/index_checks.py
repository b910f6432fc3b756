"""Indices that a program asks about before it uses them: in their axis, and counted from its front."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import prod

from snek_strategies.backends.known_ranges import KnownRanges, Range
from snek_strategies.backends.rewriting import Emitter
from snek_strategies.ir.indexed_axes import dynamic_operands
from snek_strategies.ir.interpretations import HOLE
from snek_strategies.ir.shape_rules import dims_of
from snek_strategies.ir.symbolic_rules import has_symbols
from snek_strategies.ir.symbols import Symbol
from snek_strategies.ir.syntax import Atom, Node, Sym
from snek_strategies.ir.types import Array, Dim, Scalar, concrete

FEW = 256
"""So many divisions take less time than the two operations that they save."""


@dataclass(frozen=True)
class Check:
    """When `flag` holds, `exception` of the payload is raised; elsewhere `safe` may stand for operands."""

    flag: Atom
    exception: Callable[..., object]
    payload: tuple[Atom, ...] = ()
    safe: tuple[tuple[int, Atom], ...] = ()
    asked: tuple[int, Dim] | None = None
    """The index and the length that this compares: another check of the two can only find the same."""


@dataclass(frozen=True)
class BadIndex:
    """Stands for the IndexError of an index that an axis does not have."""

    axis: int
    size: int

    def __call__(self, index: int) -> BaseException:
        """Return the exception."""
        return IndexError(f"index {index} is out of bounds for axis {self.axis} with size {self.size}")


@dataclass(frozen=True)
class BadIndexOfAnySize:
    """Stands for the IndexError of an index that an axis does not have whose length only the run tells."""

    axis: int

    def __call__(self, index: int, size: int) -> BaseException:
        """Return the exception."""
        return BadIndex(self.axis, size)(index)


def bounds(node: Node, emit: Emitter, ranges: KnownRanges) -> Iterator[Check]:
    """Walk the checks that an access's indices are in their axes."""
    for at, axis, length in dynamic_operands(node):
        size = emit("extent", node.operands[0], axis=axis) if isinstance(length, Symbol) else length
        index = node.operands[at]
        asked = (index.index, length) if isinstance(index, Sym) else None
        for check in outside(index, at, axis, size, ranges.of(index), emit):
            yield replace(check, asked=asked)


def outside(index: Atom, at: int, axis: int, size: int | Atom, known: Range, emit: Emitter) -> Iterator[Check]:
    """Walk the check that operand `at`, an index or an array of them, is in an axis of that size."""
    least, most = known
    is_low = least is None or not isinstance(size, int) or least < -size
    is_high = most is None or not isinstance(size, int) or most >= size
    if not is_low and not is_high:
        return
    wide = _as_int64(index, emit)
    wrong: list[Atom] = []
    # What no index of the program's can be is not asked.
    if is_low and (least is None or least < 0):
        wrong.append(emit("less", wide, -size if isinstance(size, int) else emit("negative", size)))
    if is_high:
        wrong.append(emit("greater_equal", wide, size))
    bad = wrong[0] if len(wrong) == 1 else emit("logical_or", *wrong)
    error, more = (BadIndex(axis, size), ()) if isinstance(size, int) else (BadIndexOfAnySize(axis), (size,))
    dims = wide.type.dims if isinstance(wide.type, Array) else ()
    if dims:
        if 0 in dims:
            return
        any_bad = emit("bool", emit("any", bad, axis=tuple(range(len(dims)))))
        flat = emit(
            "getitem",
            emit("reshape", wide, shape=(-1,)),
            emit("argmax", emit("reshape", bad, shape=(-1,)), axis=0),
            index=(HOLE,),
        )
        yield Check(any_bad, error, (flat, *more), ((at, emit("where", bad, emit("asarray", 0), wide)),))
        return
    safe: Atom = emit("where", bad, emit("asarray", 0), wide)
    yield Check(emit("bool", bad), error, (wide, *more), ((at, safe),))


def count_from_the_front(
    node: Node,
    operands: list[Atom],
    ranges: KnownRanges,
    known: dict[tuple[int, Dim], Atom],
    emit: Emitter,
    alone: bool,
) -> None:
    """Let no index among an access's operands be negative, so that no system needs to ask again.

    `known` keeps what stands for an index, by its name and the length of the axis. Where each
    operation stands `alone`, a few are taken by the remainder, which is in the axis for a bad index too.
    """
    for at, axis, length in dynamic_operands(node):
        index = node.operands[at]
        least = ranges.of(index)[0]
        if (least is not None and least >= 0) or _kind(index) != "i":
            continue
        key = (index.index, length) if isinstance(index, Sym) else None
        if key not in known:
            if alone and not isinstance(length, Symbol) and length and _are_few(index):
                moved = emit("remainder", _as_int64(index, emit), length)
            else:
                size = emit("extent", node.operands[0], axis=axis) if isinstance(length, Symbol) else length
                given = _as_int64(operands[at], emit)
                moved = emit("where", emit("less", given, 0), emit("add", given, size), given)
            if key is None:
                operands[at] = moved
                continue
            known[key] = moved
        operands[at] = known[key]


def _are_few(index: Atom) -> bool:
    dims = dims_of(index.type)
    return not has_symbols(dims) and prod(concrete(dims)) <= FEW


def _kind(atom: Atom) -> str:
    """Return the kind of a number's dtype, or of an array's."""
    return "i" if atom.type == Scalar("int") else atom.type.dtype.kind if isinstance(atom.type, Array) else ""


def _as_int64(index: Atom, emit: Emitter) -> Sym:
    return emit("asarray", index) if isinstance(index.type, Scalar) else emit("astype", index, dtype="int64")
