"""Which whole numbers an index can be, where the program tells: a counter, the place of an extreme, a sum of these."""

from __future__ import annotations

from math import prod

import numpy as np

from snek_strategies.ir.loop_counters import counters
from snek_strategies.ir.syntax import Atom, Node, Sym
from snek_strategies.ir.types import INT, Array, Type

Range = tuple[int | None, int | None]
"""The least and the largest that a number can be; None where nothing is known."""

FAR = 2**62
"""Sums of numbers below this stay in 64 bits."""


class KnownRanges:
    """The ranges of names, found while a program is walked in its order."""

    def __init__(self) -> None:
        self._found: dict[int, Range] = {}

    def of(self, atom: Atom) -> Range:
        """Return what is known of a number, or of each number of an array."""
        if isinstance(atom, Sym):
            return self._found.get(atom.index, (None, None))
        value = np.asarray(atom.value)
        return (int(value.min()), int(value.max())) if value.dtype.kind in "biu" and value.size else (None, None)

    def note(self, node: Node) -> None:
        """Take in what a node tells: of the names that it binds, or that its blocks do."""
        if node.primitive == "while":
            for index, (first, bound) in counters(node).items():
                self._count(index, first, bound)
        elif node.primitive in ("argmax", "argmin"):
            self._place_of_extreme(node)
        elif node.primitive in ("add", "subtract") and _is_wide(node.results[0].type):
            self._sum(node)

    def _count(self, index: int, first: Atom, bound: Atom) -> None:
        # In 64 bits what is below another number does not wrap when it goes up by one.
        if _is_wide(first.type) and _is_wide(bound.type):
            least = self.of(first)[0]
            most = self.of(bound)[1]
            self._found[index] = least, None if most is None else most - 1

    def _place_of_extreme(self, node: Node) -> None:
        given = node.operands[0].type
        axis = dict(node.params).get("axis")
        dims = given.dims if isinstance(given, Array) else ()
        chosen = dims if axis is None else (dims[axis],) if isinstance(axis, int) else ()
        if chosen and all(isinstance(dim, int) for dim in chosen):
            self._found[node.results[0].index] = 0, prod(int(dim) for dim in chosen) - 1

    def _sum(self, node: Node) -> None:
        left, right = node.operands
        (low, high), (least, most) = self.of(left), self.of(right)
        if None in (low, high, least, most) or not (_is_wide(left.type) and _is_wide(right.type)):
            return
        assert low is not None and high is not None and least is not None and most is not None  # noqa: PT018
        if node.primitive == "subtract":
            least, most = -most, -least
        if all(-FAR < one < FAR for one in (low, high, least, most)):
            self._found[node.results[0].index] = low + least, high + most


def _is_wide(type_: Type) -> bool:
    return type_ == INT or (isinstance(type_, Array) and type_.dtype == np.dtype("int64"))
