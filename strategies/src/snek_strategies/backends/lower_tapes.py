"""Tapes as arrays: for each kind of row, the values in arrays with room for so many rows, and how many there are.

For systems without tapes. The first row of each array stays zeros: that is what an empty tape gives, without end. A
program whose tape needs more room raises `ListOverflow`, and is made again with more, as one with lists is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np

from snek_strategies.backends.expanding import Expanding
from snek_strategies.backends.lower_lists import ListOverflow, item, raise_where, stacked
from snek_strategies.backends.rewriting import Emitter, Names
from snek_strategies.ir.interpretations import HOLE
from snek_strategies.ir.shape_rules import dims_of
from snek_strategies.ir.symbolic_rules import places_of
from snek_strategies.ir.symbols import Symbol, symbols_in
from snek_strategies.ir.syntax import Atom, Block, Const, Node, Program, Sym, every_node
from snek_strategies.ir.types import Array, Scalar, Tape, Type

HEIGHT = Array(np.dtype("int64"))
"""The type of a count: NumPy's, whose arithmetic needs no test for an int that leaves 64 bits."""

Row = tuple[Scalar | Array, ...]
"""The types of a row's values."""


def has_tapes(block: Block) -> bool:
    """Tell whether a block keeps values on tapes."""
    return any(isinstance(sym.type, Tape) for node in every_node(block) for sym in node.results)


def lower_tapes(program: Program, room: int) -> Program:
    """Return the program with arrays of `room` rows and one of zeros in place of its tapes."""
    if not has_tapes(program.body):
        return program
    rows = tuple(dict.fromkeys(row for node in every_node(program.body) if (row := _row(node))))
    lowering = _Lowering(Names(program.body).fresh, rows, room + 1)
    head = tuple(lowering.extents_of(program.body.parameters))
    body = lowering.block(program.body)
    return Program(program.name, Block(body.parameters, (*head, *body.nodes), body.results))


def _row(node: Node) -> Row:
    """Return the types of the row that a node pushes or pops."""
    if node.primitive not in ("tape_push", "tape_pop"):
        return ()
    values = node.operands[1:] if node.primitive == "tape_push" else node.results[1:]
    return tuple(one.type for one in values if isinstance(one.type, (Scalar, Array)))


class _Lowering(Expanding):
    """A tape is, for each kind of row, an array for each type in it, and the place of the uppermost row."""

    def __init__(self, fresh: Callable[[Type], Sym], rows: tuple[Row, ...], room: int) -> None:
        super().__init__(fresh)
        self.kept = rows
        self.room = room
        self.extents: dict[Symbol, Sym] = {}

    def extents_of(self, parameters: tuple[Sym, ...]) -> Iterator[Node]:
        """Walk nodes that give the numbers of the symbols that rows have among their extents."""
        needed = {one for row in self.kept for type_ in row for one in symbols_in(dims_of(type_))}
        for symbol, (at, axis) in places_of(tuple(one.type for one in parameters)).items():
            if symbol in needed:
                nodes: list[Node] = []
                self.extents[symbol] = Emitter(self, nodes)("extent", parameters[at], axis=axis)
                yield from nodes

    def parts(self, type_: Type) -> tuple[Type, ...] | None:
        """Return, for each kind of row, the types of its arrays and of the place of the uppermost."""
        if not isinstance(type_, Tape):
            return None
        return tuple(part for row in self.kept for part in (*map(self.array, *_counted(row)), HEIGHT))

    def array(self, type_: Scalar | Array, count: int) -> Array:
        """Return the type of the array that holds so many values of a type in each row."""
        one = stacked(type_, self.room)
        return Array(one.dtype, (self.room, count, *one.dims[1:]))

    def constant(self, atom: Const) -> tuple[Atom, ...]:
        """Refuse a constant: tapes are made by `tape_new`."""
        raise AssertionError(f"a constant tape: {atom}")

    def new(self, node: Node, emit: Emitter) -> None:
        made: list[Atom] = []
        for row in self.kept:
            made += [self.zeros(self.array(*one), emit) for one in zip(*_counted(row), strict=True)]
            made.append(Const(np.int64(0), HEIGHT))
        self.made[node.results[0].index] = tuple(made)

    def zeros(self, type_: Array, emit: Emitter) -> Atom:
        """Return an array of zeros; the run tells extents that are symbols."""
        symbols = symbols_in(type_.dims)
        if not symbols:
            return Const(np.zeros(type_.dims, type_.dtype), type_)
        numbers = (self.extents[one] for one in symbols)
        return emit("broadcast_to", type_.dtype.type(0), *numbers, shape=type_.dims)

    def push(self, node: Node, emit: Emitter) -> None:
        parts, values = list(self.of(node.operands[0])), [self.use(one) for one in node.operands[1:]]
        first, height, places = self.places(_row(node))
        top = emit("add", parts[height], np.int64(1))
        full = emit("bool", emit("greater_equal", top, np.int64(self.room)))
        raise_where(full, ListOverflow("a tape needs more room"), emit)
        for value, (array, at) in zip(values, places, strict=True):
            parts[first + array] = emit("setitem", parts[first + array], value, top, index=(HOLE, at))
        parts[height] = top
        self.made[node.results[0].index] = tuple(parts)

    def pop(self, node: Node, emit: Emitter) -> None:
        parts = list(self.of(node.operands[0]))
        first, height, places = self.places(_row(node))
        for result, (array, at) in zip(node.results[1:], places, strict=True):
            self.same[result.index] = item(parts[first + array], parts[height], result.type, emit, at)
        parts[height] = emit("maximum", emit("subtract", parts[height], np.int64(1)), np.int64(0))
        self.made[node.results[0].index] = tuple(parts)

    def places(self, row: Row) -> tuple[int, int, list[tuple[int, int]]]:
        """Return which parts of a tape are a row's first array and its height, and each value's array and place."""
        before = self.kept[: self.kept.index(row)]
        first = sum(len(set(one)) + 1 for one in before)
        types = list(dict.fromkeys(row))
        places = [(types.index(one), row[:at].count(one)) for at, one in enumerate(row)]
        return first, first + len(types), places


def _counted(row: Row) -> tuple[tuple[Scalar | Array, ...], tuple[int, ...]]:
    """Return the types in a row, and how many values of each there are."""
    counted = Counter(row)
    return tuple(counted), tuple(counted.values())


_Lowering.rows = {"tape_new": _Lowering.new, "tape_push": _Lowering.push, "tape_pop": _Lowering.pop}
