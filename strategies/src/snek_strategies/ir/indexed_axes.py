"""Which axes of an array the dynamic parts of an index stand on."""

from __future__ import annotations

from collections.abc import Iterator

from snek_strategies.ir.interpretations import HOLE
from snek_strategies.ir.types import Dim


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
