"""Which loops over arrays may run for some elements alone: each element's next value depends on that element only.

Where a loop ends as soon as no element asks for more (`any` of a mask), the elements that ask no more must be at rest:
by their mask being false it follows that every array of the state keeps that element, and that the mask stays false.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod

import numpy as np

from snek_strategies.ir.interpretations import FUNCTIONS, OPERATORS
from snek_strategies.ir.shape_rules import dims_of
from snek_strategies.ir.syntax import Atom, Block, Const, Node, Sym, every_node
from snek_strategies.ir.types import Array, Dim, Scalar

ELEMENTWISE = frozenset(OPERATORS) | frozenset(FUNCTIONS) | {"power", "where", "astype", "asarray", "copy"}
SAME = frozenset({"asarray", "astype", "copy", "positive", "bool"})
"""What gives its operand, where that has the type already."""
NEGATIONS = frozenset({"not", "logical_not", "invert"})
BOTH = frozenset({"logical_and", "bitwise_and", "multiply", "minimum"})
"""Of truth values, false where one of them is."""
EITHER = frozenset({"logical_or", "bitwise_or", "add", "maximum"})
RAISES = frozenset({"raise"})
"""What the loop's numbers may do: they are those of the trip, so that whatever comes to that trip raises the same."""

Dims = tuple[Dim, ...]
Facts = Mapping[int, bool]
"""Truth values that are known, by the number of what has them."""


@dataclass(frozen=True)
class Pointwise:
    """A loop whose elements do not meet."""

    dims: Dims
    asks: bool
    """Whether it ends where every element is at rest, and not only by its numbers."""


def pointwise(loop: Node) -> Pointwise | None:
    """Return what a `while` node computes for each element, or None where elements meet or that cannot be shown."""
    shapes = {dims_of(sym.type) for sym in loop.results} - {()}
    if len(shapes) != 1 or not all(isinstance(sym.type, (Array, Scalar)) for sym in loop.results):
        return None
    (dims,) = shapes
    questions: list[Node] = []
    for block in loop.blocks:
        for node in every_node(block):
            if _asks(node, dims):
                questions.append(node)
            elif not _is_pointwise(node, dims):
                return None
    if 0 in dims or len(questions) > 1:
        return None
    if questions and not _Rest(loop, questions[0]).is_shown():
        return None
    return Pointwise(dims, bool(questions))


def _asks(node: Node, dims: Dims) -> bool:
    """Tell whether a node asks all elements at once for `any` or `all`."""
    if node.primitive not in ("any", "all") or dims_of(node.operands[0].type) != dims:
        return False
    return node.params == (("axis", tuple(range(len(dims)))),) and isinstance(node.operands[0], Sym)


def _is_pointwise(node: Node, dims: Dims) -> bool:
    types = [atom.type for atom in (*node.operands, *node.results)]
    if not all(isinstance(one, (Array, Scalar)) and not _is_complex(one) for one in types):
        return False
    shapes = [dims_of(one) for one in types]
    if node.primitive == "if":
        return set(shapes) <= {(), dims}  # its effects are those of the nodes inside
    if node.blocks or len(node.results) != 1:
        return False
    if not any(shapes):
        return node.effects <= RAISES
    # What is broadcast comes from outside the loop, or it would have been met as another node's result.
    return not node.effects and node.primitive in ELEMENTWISE and shapes[-1] == dims


def _is_complex(type_: Array | Scalar) -> bool:
    return type_.dtype.kind == "c" if isinstance(type_, Array) else type_.kind == "complex"


class _Rest:
    """Shows what follows for an element from its mask being false; equal values of test and body have one number."""

    def __init__(self, loop: Node, question: Node) -> None:
        self.loop = loop
        self.question = question
        self.numbers: dict[int, int] = {}
        self.made: dict[int, tuple[Node, int]] = {}
        """The node that makes what has that number, and which of its results that is."""
        self.keys: dict[object, int] = {}
        self.rests: dict[tuple[int, frozenset[tuple[int, bool]]], int] = {}
        """What has been found to equal what, under which facts."""
        for block in loop.blocks:
            for at, sym in enumerate(block.parameters):
                self.numbers[sym.index] = self._number(("state", at))
            for node in _in_order(block):
                self._enter(node)

    def _number(self, key: object) -> int:
        return self.keys.setdefault(key, len(self.keys))

    def _enter(self, node: Node) -> None:
        if node.primitive == "if":
            keys: list[object] = [("made", sym.index) for sym in node.results]
        else:
            keys = [(node.primitive, tuple(map(self.of, node.operands)), repr(node.params))]
        for at, (sym, key) in enumerate(zip(node.results, keys, strict=True)):
            self.numbers[sym.index] = self._number(key)
            self.made.setdefault(self.numbers[sym.index], (node, at))

    def of(self, atom: Atom) -> int:
        """Return an atom's number."""
        if isinstance(atom, Sym):
            known = self.numbers.get(atom.index)
            return self._number(("outside", atom.index)) if known is None else known
        value = np.asarray(atom.value)
        return self._number(("const", atom.type, value.tobytes()))

    def is_shown(self) -> bool:
        """Tell whether elements whose mask is false rest, and the loop ends where all do."""
        (mask,) = self.question.operands
        (answer,) = self.question.results
        rests = {self.of(mask): self.question.primitive == "all"}
        states = [at for at, sym in enumerate(self.loop.results) if dims_of(sym.type)]
        kept = all(self._is_kept(at, rests) for at in states)
        return kept and self._lasts(mask, states) and self._ends({**rests, self.of(answer): rests[self.of(mask)]})

    def _is_kept(self, at: int, facts: Facts) -> bool:
        """Tell whether an element of the state is after a trip what it was before."""
        _, body = self.loop.blocks
        before, after = body.parameters[at], body.results[at]
        known = self._known(after, facts)
        return self._at_rest(after, facts) == self.of(before) or (
            known is not None and known is self._known(before, facts)
        )

    def _lasts(self, mask: Atom, states: list[int]) -> bool:
        """Tell whether a mask follows from the state's arrays and what does not change."""
        changing = {self._number(("state", at)) for at in range(len(self.loop.results)) if at not in states}
        pending, seen = [self.of(mask)], set()
        while pending:
            number = pending.pop()
            if number in changing:
                return False
            if number in self.made and number not in seen:
                seen.add(number)
                node, _ = self.made[number]
                if node.blocks or node is self.question:
                    return False
                pending += map(self.of, node.operands)
        return True

    def _ends(self, facts: Facts) -> bool:
        """Tell whether the loop ends with the question's answer: by its test, now or after one more trip."""
        test, body = self.loop.blocks
        if self._known(test.results[0], facts) is False:
            return True
        after = {self._number(("state", at)): self._known(atom, facts) for at, atom in enumerate(body.results)}
        return self._known(test.results[0], {at: one for at, one in after.items() if one is not None}) is False

    def _known(self, atom: Atom, facts: Facts) -> bool | None:
        """Return a truth value that follows from others, or None."""
        if not _is_truth(atom):
            return None
        if isinstance(atom, Const):
            values = np.unique(np.asarray(atom.value))
            return bool(values[0]) if len(values) == 1 else None
        number = self.of(atom)
        if number in facts or number not in self.made:
            return facts.get(number)
        node, at = self.made[number]
        if node.primitive == "if":
            then, orelse = (self._known(one, more) for one, more in self._arms(node, at, facts))
            return then if then is orelse else None
        given = [self._known(one, facts) for one in node.operands]
        if node.primitive in SAME:
            return given[0]
        if node.primitive in NEGATIONS:
            return None if given[0] is None else not given[0]
        if node.primitive in BOTH | EITHER and all(map(_is_truth, node.operands)):
            decides = node.primitive in EITHER
            return decides if decides in given else None if None in given else not decides
        return None

    def _arms(self, choice: Node, at: int, facts: Facts) -> list[tuple[Atom, Facts]]:
        """Return what an `if` may give there, each with what is known on its path; twice the same, if one is taken."""
        (flag,) = choice.operands
        known = self._known(flag, facts)
        results = [block.results[at] for block in choice.blocks]
        if known is not None:
            return [(results[0 if known else 1], facts)] * 2
        number = self.of(flag)
        return [(one, {**facts, number: taken}) for one, taken in zip(results, (True, False), strict=True)]

    def _at_rest(self, atom: Atom, facts: Facts) -> int:
        """Return the number of what an element equals."""
        number = self.of(atom)
        if number not in self.made:
            return number
        key = number, frozenset(facts.items())
        if key not in self.rests:
            self.rests[key] = self._equal(atom, number, facts)
        return self.rests[key]

    def _equal(self, atom: Atom, number: int, facts: Facts) -> int:
        node, at = self.made[number]
        if node.primitive == "if":
            paths = self._arms(node, at, facts)
        elif node.primitive == "where":
            known = self._known(node.operands[0], facts)
            chosen = node.operands[1:] if known is None else node.operands[1 if known else 2 :][:1] * 2
            paths = [(one, facts) for one in chosen]
        elif node.primitive in SAME:
            paths = [(node.operands[0], facts)] * 2
        elif node.primitive == "add" and _is_whole(atom):
            # A whole number and a flag that is down; a float's -0.0 would become 0.0.
            paths = [(one, facts) for one, by in _turned(node.operands) if self._known(by, facts) is False][:1] * 2
        else:
            return number
        if not paths or any(one.type != atom.type for one, _ in paths):
            return number
        first, second = (self._at_rest(one, more) for one, more in paths)
        return first if first == second else number


def _in_order(block: Block) -> Iterator[Node]:
    """Walk the nodes of a block and of the blocks inside it, what is inside a node before it."""
    for node in block.nodes:
        for inner in node.blocks:
            yield from _in_order(inner)
        yield node


def _turned(operands: tuple[Atom, ...]) -> list[tuple[Atom, Atom]]:
    first, second = operands
    return [(first, second), (second, first)]


def _is_truth(atom: Atom) -> bool:
    return atom.type == Scalar("bool") or (isinstance(atom.type, Array) and atom.type.dtype.kind == "b")


def _is_whole(atom: Atom) -> bool:
    return isinstance(atom.type, Array) and atom.type.dtype.kind in "iu"


def elements(dims: Dims) -> int:
    """Return how many elements there are, a symbol counted as the fewest that it stands for."""
    return prod(one if isinstance(one, int) else 2 for one in dims)
