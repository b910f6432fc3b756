"""Tapes as arrays: for each type that rows have, an array with room for so many values, and how many there are.

For systems without tapes. The first place of each array stays zeros: that is what an empty tape gives, without end. A
program whose tape needs more room raises `ListOverflow`, and is made again with more, as one with lists is.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from snek_strategies.backends.expanding import Expanding
from snek_strategies.backends.lower_lists import ListOverflow, empty, item, raise_where, stacked
from snek_strategies.backends.rewriting import Emitter, Names
from snek_strategies.ir.gradients.activity import every_node
from snek_strategies.ir.interpretations import HOLE
from snek_strategies.ir.syntax import Atom, Block, Const, Node, Program, Sym
from snek_strategies.ir.types import Array, Scalar, Tape, Type

HEIGHT = Array(np.dtype("int64"))
"""The type of a count: NumPy's, whose arithmetic needs no test for an int that leaves 64 bits."""


def has_tapes(block: Block) -> bool:
    """Tell whether a block keeps values on tapes."""
    return any(isinstance(sym.type, Tape) for node in every_node(block) for sym in node.results)


def lower_tapes(program: Program, room: int) -> Program:
    """Return the program with arrays of `room` places in place of its tapes."""
    if not has_tapes(program.body):
        return program
    kept = {one: None for node in every_node(program.body) for one in _row(node)}
    return Program(program.name, _Lowering(Names(program.body).fresh, tuple(kept), room).block(program.body))


def _row(node: Node) -> tuple[Scalar | Array, ...]:
    """Return the types of the row that a node pushes or pops."""
    values = node.operands[1:] if node.primitive == "tape_push" else node.results[1:]
    types = tuple(one.type for one in values) if node.primitive in ("tape_push", "tape_pop") else ()
    return tuple(one for one in types if isinstance(one, (Scalar, Array)))


class _Lowering(Expanding):
    def __init__(self, fresh: Callable[[Type], Sym], kept: tuple[Scalar | Array, ...], room: int) -> None:
        super().__init__(fresh)
        self.kept = kept
        self.room = room

    def parts(self, type_: Type) -> tuple[Type, ...] | None:
        """Return, for each type that rows have, those of its values and their number."""
        if not isinstance(type_, Tape):
            return None
        return tuple(part for one in self.kept for part in (stacked(one, self.room), HEIGHT))

    def constant(self, atom: Const) -> tuple[Atom, ...]:
        """Refuse a constant: tapes are made by `tape_new`."""
        raise AssertionError(f"a constant tape: {atom}")

    def new(self, node: Node, _: Emitter) -> None:
        pairs = ((empty(one, self.room), Const(np.int64(0), HEIGHT)) for one in self.kept)
        self.made[node.results[0].index] = tuple(part for pair in pairs for part in pair)

    def push(self, node: Node, emit: Emitter) -> None:
        parts = list(self.of(node.operands[0]))
        for value in map(self.use, node.operands[1:]):
            at = 2 * self._place(value.type)
            top = emit("add", parts[at + 1], np.int64(1))
            full = emit("bool", emit("greater_equal", top, np.int64(self.room)))
            raise_where(full, ListOverflow("a tape needs more room"), emit)
            parts[at : at + 2] = emit("setitem", parts[at], value, top, index=(HOLE,)), top
        self.made[node.results[0].index] = tuple(parts)

    def pop(self, node: Node, emit: Emitter) -> None:
        parts = list(self.of(node.operands[0]))
        for result in reversed(node.results[1:]):
            at = 2 * self._place(result.type)
            self.same[result.index] = item(parts[at], parts[at + 1], result.type, emit)
            parts[at + 1] = emit("maximum", emit("subtract", parts[at + 1], np.int64(1)), np.int64(0))
        self.made[node.results[0].index] = tuple(parts)

    def _place(self, type_: Type) -> int:
        assert isinstance(type_, (Scalar, Array))
        return self.kept.index(type_)


_Lowering.rows = {"tape_new": _Lowering.new, "tape_push": _Lowering.push, "tape_pop": _Lowering.pop}
