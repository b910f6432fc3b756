"""Which axes of an array the dynamic parts of an index stand on."""

from __future__ import annotations

from collections.abc import Iterator

from snek_strategies.ir.interpretations import HOLE
from snek_strategies.ir.syntax import Node
from snek_strategies.ir.types import Array, Dim

ACCESSES = {"getitem": 1, "setitem": 2, "additem": 2}
"""What takes an index, and which operand is its first dynamic part."""


def dynamic_operands(access: Node) -> Iterator[tuple[int, int, Dim]]:
    """Walk the operands that are parts of an index: where each stands, on which axis, and that one's extent."""
    array, parts = access.operands[0].type, dict(access.params)["index"]
    assert isinstance(array, Array)
    assert isinstance(parts, tuple)
    for at, (axis, length) in enumerate(dynamic_axes(parts, array.dims), ACCESSES[access.primitive]):
        yield at, axis, length


def dynamic_axes(index: tuple[object, ...], dims: tuple[Dim, ...]) -> Iterator[tuple[int, Dim]]:
    """Walk the axis, and its extent, of each dynamic part of an index, in the order of its operands."""
    axis = 0
    used = sum(1 for part in index if part is not None and part is not Ellipsis)
    for part in index:
        if part is None:
            continue
        if part is Ellipsis:
            axis += len(dims) - used
            continue
        if part is HOLE:
            yield axis, dims[axis]
        axis += 1
