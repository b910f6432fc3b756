"""Lists as arrays: each becomes an array with room for so many items, and the number of those that it has.

For systems without lists. A program whose list needs more room raises `ListOverflow`; `growing_lists.py` then makes it
again with more.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from snek_strategies.backends.expanding import Expanding
from snek_strategies.backends.rewriting import Emitter, Names
from snek_strategies.ir.interpretations import HOLE
from snek_strategies.ir.syntax import Atom, Block, Const, Node, Program, Sym
from snek_strategies.ir.types import INT, Array, ListOf, Scalar, Type, concrete

DTYPES = {"bool": "bool", "int": "int64", "float": "float64", "complex": "complex128"}


def stacked(item: Scalar | Array, room: int) -> Array:
    """Return the type of an array of so many items."""
    if isinstance(item, Scalar):
        return Array(np.dtype(DTYPES[item.kind]), (room,))
    return Array(item.dtype, (room, *item.dims))


Pair = tuple[Atom, Atom]
"""The array of a list's items, and its length."""


class ListOverflow(MemoryError):
    """A list needs more room than its program was made for."""


def has_lists(block: Block) -> bool:
    """Tell whether a block has lists whose length depends on data."""
    return any(node.primitive.startswith("list_") or any(map(has_lists, node.blocks)) for node in block.nodes)


def lower_lists(program: Program, room: int) -> Program:
    """Return the program with arrays of `room` items in place of its lists."""
    return Program(program.name, without_lists(program.body, room, Names(program.body).fresh))


def without_lists(block: Block, room: int, fresh: Callable[[Type], Sym]) -> Block:
    """Return a block with arrays of `room` items in place of its lists."""
    return _Lowering(fresh, room).block(block) if has_lists(block) else block


class _Lowering(Expanding):
    def __init__(self, fresh: Callable[[Type], Sym], room: int) -> None:
        super().__init__(fresh)
        self.room = room

    def parts(self, type_: Type) -> tuple[Type, ...] | None:
        """Return the types of a list's items and length."""
        return (stacked(type_.item, self.room), INT) if isinstance(type_, ListOf) else None

    def constant(self, atom: Const) -> tuple[Atom, ...]:
        """Return the parts of the empty list."""
        assert isinstance(atom.type, ListOf), f"{atom.type} is no list"
        type_ = stacked(atom.type.item, self.room)
        return Const(np.zeros(concrete(type_.dims), type_.dtype), type_), Const(0, INT)

    def pair(self, atom: Atom) -> Pair:
        items, length = self.of(atom)
        return items, length

    # Rows

    def new(self, node: Node, _: Emitter) -> None:
        (result,) = node.results
        self.made[result.index] = self.pair(Const(None, result.type))

    def append(self, node: Node, emit: Emitter) -> None:
        (items, length), value = self.pair(node.operands[0]), self.use(node.operands[1])
        raise_where(emit("greater_equal", length, self.room), ListOverflow("a list needs more room"), emit)
        stored = emit("setitem", items, value, length, index=(HOLE,))
        self.made[node.results[0].index] = (stored, emit("add", length, 1))

    def get(self, node: Node, emit: Emitter) -> None:
        items, length = self.pair(node.operands[0])
        at = self.place(node.operands[1], length, "list index out of range", emit)
        self.same[node.results[0].index] = item(items, at, node.results[0].type, emit)

    def set(self, node: Node, emit: Emitter) -> None:
        items, length = self.pair(node.operands[0])
        at = self.place(node.operands[1], length, "list assignment index out of range", emit)
        stored = emit("setitem", items, self.use(node.operands[2]), at, index=(HOLE,))
        self.made[node.results[0].index] = (stored, length)

    def pop(self, node: Node, emit: Emitter) -> None:
        items, length = self.pair(node.operands[0])
        raise_where(emit("less_equal", length, 0), IndexError("pop from empty list"), emit)
        rest, last = node.results
        left = emit("subtract", length, 1)
        self.made[rest.index] = (items, left)
        self.same[last.index] = item(items, left, last.type, emit)

    def length(self, node: Node, _: Emitter) -> None:
        self.same[node.results[0].index] = self.pair(node.operands[0])[1]

    def place(self, index: Atom, length: Atom, text: str, emit: Emitter) -> Atom:
        """Return where an item lies, an index from the end included; raises where there is none."""
        index = self.use(index)
        at = index if index.type == INT else emit("int", index)
        outside = emit("logical_or", emit("less", at, emit("negative", length)), emit("greater_equal", at, length))
        raise_where(emit("bool", outside), IndexError(text), emit)
        inner: list[Node] = []
        from_end = Emitter(self, inner, emit.place)("add", at, length)
        blocks = (Block((), tuple(inner), (from_end,)), Block((), (), (at,)))
        return emit.node("if", (emit("less", at, 0),), blocks, (INT,))[0]


def item(items: Atom, at: Atom, type_: Type, emit: Emitter, *further: int) -> Sym:
    """Emit the reading of an item of that type."""
    found = emit("getitem", items, at, index=(HOLE, *further))
    return emit("item", found) if isinstance(type_, Scalar) else found


def raise_where(flag: Atom, error: BaseException, emit: Emitter) -> None:
    """Emit the raising of an exception where a flag holds."""
    raises = frozenset({"raise"})
    failing = Node((), "raise", (), (("exception", type(error)), ("arguments", error.args)), (), raises, emit.place)
    emit.node("if", (flag,), (Block((), (failing,), ()), Block((), (), ())), (), raises)


_Lowering.rows = {
    "list_new": _Lowering.new,
    "list_append": _Lowering.append,
    "list_get": _Lowering.get,
    "list_set": _Lowering.set,
    "list_pop": _Lowering.pop,
    "list_len": _Lowering.length,
}
