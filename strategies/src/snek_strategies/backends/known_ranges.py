"""Which whole numbers an index can be, where the program tells: a counter, the place of an extreme, a sum of these."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import numpy as np

from snek_strategies.ir.loop_counters import Order, index_of, orders
from snek_strategies.ir.syntax import Atom, Const, Node, Sym
from snek_strategies.ir.types import INT, Array, Type

Range = tuple[int | None, int | None]
"""The least and the largest that a number can be; None where nothing is known."""

FAR = 2**62
"""Sums of numbers below this stay in 64 bits."""

SAME = frozenset({"asarray", "astype", "copy", "positive", "reshape", "broadcast_to", "transpose", "getitem", "int"})
"""Primitives that give numbers of their first operand."""


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
            self._loop(node)
        elif node.primitive in ("argmax", "argmin"):
            self._place_of_extreme(node)
        elif len(node.results) == 1 and _is_wide(node.results[0].type):
            self._computed(node)

    def _computed(self, node: Node) -> None:
        if node.primitive in ("add", "subtract"):
            self._sum(node)
        elif node.primitive in ("remainder", "floor_divide") and isinstance(node.operands[1], Const):
            self._divided(node, self.of(node.operands[1])[0])
        elif node.primitive == "where":
            (low, high), (least, most) = map(self.of, node.operands[1:])
            known = None not in (low, high, least, most)
            ends = [one for one in (low, high, least, most) if one is not None]
            if known and all(_is_wide(one.type) for one in node.operands[1:]):
                self._found[node.results[0].index] = min(ends), max(ends)
        elif node.primitive == "multiply" and (0, 0) in map(self.of, node.operands):
            self._found[node.results[0].index] = 0, 0
        elif node.primitive in SAME and _is_wide(node.operands[0].type):
            self._found[node.results[0].index] = self.of(node.operands[0])

    def _divided(self, node: Node, divisor: int | None) -> None:
        low, high = self.of(node.operands[0])
        if divisor is None or divisor <= 0 or not _is_single(node.operands[1]) or not _is_wide(node.operands[0].type):
            return
        if node.primitive == "remainder":
            self._found[node.results[0].index] = 0, divisor - 1
        elif low is not None and high is not None:
            self._found[node.results[0].index] = low // divisor, high // divisor

    def at_most(self, sym: Sym, most: int) -> None:
        """Take in from elsewhere that a number is not larger than this."""
        self._found[sym.index] = self.of(sym)[0], most

    def _loop(self, loop: Node) -> None:
        """Take in what a loop's test tells of the variables that its body moves by the same step every time."""
        test, body = loop.blocks
        held = orders(test)
        steps = {node.results[0].index: node for node in body.nodes if node.primitive in ("add", "subtract")}
        variables = zip(test.parameters, body.parameters, loop.results, loop.operands, body.results, strict=True)
        for tested, here, result, first, after in variables:
            by = _step(steps.get(index_of(after)), here)
            if by and _is_wide(first.type) and _is_wide(here.type):
                around = [one for one in held if tested in (one.small, one.large)]
                inside, ended = self._walked(by, tested, self.of(first), around)
                self._found[here.index], self._found[result.index] = inside, ended

    def _walked(self, by: int, tested: Sym, first: Range, held: list[Order]) -> tuple[Range, Range]:
        """Return the range of a variable in the loop's body and after it; it goes up, or down, by `by`."""
        if by < 0:
            flipped = [Order(one.large, one.small, one.strict) for one in held]
            inside, ended = self._upward(-by, tested, _negated(first), flipped, lambda atom: _negated(self.of(atom)))
            return _negated(inside), _negated(ended)
        return self._upward(by, tested, first, held, self.of)

    def _upward(
        self, by: int, tested: Sym, first: Range, held: list[Order], of: Callable[[Atom], Range]
    ) -> tuple[Range, Range]:
        held = [one for one in held if one.small == tested and _is_wide(one.large.type)]
        bounds = [most - one.strict for one in held if (most := of(one.large)[1]) is not None]
        top = min(bounds, default=None)
        # In 64 bits what is below another number does not wrap when it goes up by one.
        if not (top is not None and top + by < FAR) and not (by == 1 and any(one.strict for one in held)):
            return (None, None), (None, None)
        least, begun = first
        return (least, top), (least, None if top is None or begun is None else max(begun, top + by))

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


def _negated(given: Range) -> Range:
    least, most = given
    return None if most is None else -most, None if least is None else -least


def _step(node: Node | None, here: Sym) -> int | None:
    """Return by how much a node's result is above a name, where that is known."""
    if node is None or node.operands[0] != here or not isinstance(node.operands[1], Const):
        return None
    value = node.operands[1].value
    if not isinstance(value, int | np.integer) or isinstance(value, bool):
        return None
    return -int(value) if node.primitive == "subtract" else int(value)


def _is_single(atom: Atom) -> bool:
    return isinstance(atom, Const) and np.ndim(atom.value) == 0  # type: ignore[arg-type]


def _is_wide(type_: Type) -> bool:
    return type_ == INT or (isinstance(type_, Array) and type_.dtype == np.dtype("int64"))
