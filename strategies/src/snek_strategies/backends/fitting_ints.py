"""Ints of Python's that arithmetic takes in the dtype of an array: NumPy raises for one that the dtype cannot hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from snek_strategies.backends.arithmetic import COMPARISONS, DTYPES, ELEMENTWISE, loop_dtypes
from snek_strategies.backends.index_checks import Check
from snek_strategies.backends.known_ranges import KnownRanges
from snek_strategies.backends.rewriting import Emitter, constant
from snek_strategies.ir.syntax import Atom, Block, Const, Node
from snek_strategies.ir.types import INT, Array

Dtype = np.dtype[np.generic]


@dataclass(frozen=True)
class Outside:
    """Stands for the OverflowError of an int of Python's that a dtype cannot hold."""

    dtype: str
    value: int | None = None
    """The int, where that is a constant."""

    def __call__(self, *values: int) -> BaseException:
        """Raise what NumPy raises for it."""
        np.add(np.zeros((), self.dtype), *values or (self.value,))
        raise AssertionError(f"{self} for {values}")


def fits(node: Node, emit: Emitter, ranges: KnownRanges) -> Iterator[Check]:
    """Walk the checks that a node's weak ints are in the dtypes that it takes them in."""
    for at, dtype in _narrow(node):
        limits, value = np.iinfo(dtype.name), node.operands[at]
        if not isinstance(value, Const):
            yield from _dynamic(value, at, dtype, ranges, emit)
            continue
        assert isinstance(value.value, int)
        if not limits.min <= value.value <= limits.max:
            yield Check(constant(True), Outside(dtype.name, value.value), (), ((at, constant(0)),))


def _narrow(node: Node) -> Iterator[tuple[int, Dtype]]:
    """Yield the positions of weak ints that a node takes in a dtype that cannot hold them all, and that dtype."""
    if node.primitive in ("setitem", "additem"):
        dtypes: tuple[Dtype, ...] = (node.operands[0].type.dtype,) * 2  # type: ignore[union-attr]
    elif node.primitive in ELEMENTWISE and any(isinstance(atom.type, Array) for atom in node.operands):
        dtypes = () if node.primitive in COMPARISONS else loop_dtypes(node)
    else:
        return
    for at, (atom, dtype) in enumerate(zip(node.operands, dtypes, strict=False)):
        if atom.type == INT and dtype.kind in "iu" and dtype != DTYPES["int"]:
            yield at, dtype


def _dynamic(value: Atom, at: int, dtype: Dtype, ranges: KnownRanges, emit: Emitter) -> Iterator[Check]:
    limits = np.iinfo(dtype.name)
    least, most = ranges.of(value)
    outside: list[Atom] = []
    if least is None or least < limits.min:
        outside.append(emit("less", value, int(limits.min)))
    if dtype != np.uint64 and (most is None or most > limits.max):
        outside.append(emit("greater", value, int(limits.max)))
    if outside:
        bad = outside[0] if len(outside) == 1 else emit("bool", emit("logical_or", *outside))
        blocks = (Block((), (), (constant(0),)), Block((), (), (value,)))
        yield Check(bad, Outside(dtype.name), (value,), ((at, emit.node("if", (bad,), blocks, (INT,))[0]),))
