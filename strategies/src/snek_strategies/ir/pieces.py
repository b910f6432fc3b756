"""What a node `piecewise` does: it runs its block on one piece of its arrays after the other."""

from __future__ import annotations

from math import prod

import numpy as np

from snek_strategies.ir.syntax import Node
from snek_strategies.ir.types import Array

Values = tuple[object, ...]


class Pieces:
    """Arrays of one shape as pieces of so many elements, in order; a piece without axes is one element.

    The last piece ends where the arrays end, so that it may begin in the one before it.
    """

    def __init__(self, node: Node, given: Values) -> None:
        types = [sym.type for sym in node.results]
        arrays = list(map(np.ascontiguousarray, given))
        shape = arrays[0].shape
        self._given = [one.reshape(-1) for one in arrays]
        self._made = [np.empty(shape, one.dtype) for one in types if isinstance(one, Array)]
        (block,) = node.blocks
        piece = block.parameters[0].type
        assert isinstance(piece, Array)
        self._dims = piece.dims
        size = prod(one for one in piece.dims if isinstance(one, int))
        count = prod(shape)
        self._starts = [*range(0, count - size, size), count - size]
        self._at = 0

    def next(self) -> Values:
        """Return what the block takes next."""
        return tuple(one[self._here()] for one in self._given)

    def take(self, values: Values) -> bool:
        """Put in its place what the block has given; tell whether there is more to do."""
        for whole, value in zip(self._made, values, strict=True):
            whole.reshape(-1)[self._here()] = value
        self._at += 1
        return self._at < len(self._starts)

    def results(self) -> Values:
        """Return the arrays that the node gives."""
        return tuple(self._made)

    def _here(self) -> int | slice:
        start = self._starts[self._at]
        return slice(start, start + prod(one for one in self._dims if isinstance(one, int))) if self._dims else start
