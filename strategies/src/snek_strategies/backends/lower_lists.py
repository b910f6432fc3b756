"""Lists as arrays: each becomes an array with room for so many items, and the number of those that it has.

For systems without lists. A program whose list needs more room raises `ListOverflow`; `growing_lists.py` then makes it
again with more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np

from snek_strategies.backends.rewriting import Emitter, Names
from snek_strategies.ir.interpretations import HOLE
from snek_strategies.ir.syntax import Atom, Block, Const, Node, Program, Sym
from snek_strategies.ir.types import INT, Array, Fn, ListOf, Scalar, Type, concrete

DTYPES = {"bool": "bool", "int": "int64", "float": "float64", "complex": "complex128"}

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


class _Lowering:
    def __init__(self, fresh: Callable[[Type], Sym], room: int) -> None:
        self.fresh = fresh
        self.room = room
        self.pairs: dict[int, Pair] = {}
        self.same: dict[int, Atom] = {}

    def array(self, item: Scalar | Array) -> Array:
        """Return the type of the array of a list's items."""
        if isinstance(item, Scalar):
            return Array(np.dtype(DTYPES[item.kind]), (self.room,))
        return Array(item.dtype, (self.room, *item.dims))

    def types(self, types: Iterable[Type]) -> tuple[Type, ...]:
        pairs = ((self.array(one.item), INT) if isinstance(one, ListOf) else (self.type(one),) for one in types)
        return tuple(type_ for pair in pairs for type_ in pair)

    def type(self, type_: Type) -> Type:
        return Fn(self.types(type_.parameters), self.types(type_.results)) if isinstance(type_, Fn) else type_

    def bound(self, syms: tuple[Sym, ...]) -> tuple[Sym, ...]:
        """Return the names that stand for these."""
        made: list[Sym] = []
        for sym in syms:
            if isinstance(sym.type, ListOf):
                pair = self.fresh(self.array(sym.type.item)), self.fresh(INT)
                self.pairs[sym.index] = pair
                made += pair
            else:
                made.append(Sym(sym.index, self.type(sym.type)))
        return tuple(made)

    def pair(self, atom: Atom) -> Pair:
        assert isinstance(atom.type, ListOf), f"{atom.type} is no list"
        if isinstance(atom, Sym):
            return self.pairs[atom.index]
        array = self.array(atom.type.item)
        return Const(np.zeros(concrete(array.dims), array.dtype), array), Const(0, INT)

    def use(self, atom: Atom) -> Atom:
        if isinstance(atom, Const):
            return atom
        return self.same.get(atom.index, Sym(atom.index, self.type(atom.type)))

    def atoms(self, atoms: tuple[Atom, ...]) -> tuple[Atom, ...]:
        pairs = (self.pair(one) if isinstance(one.type, ListOf) else (self.use(one),) for one in atoms)
        return tuple(atom for pair in pairs for atom in pair)

    def block(self, block: Block) -> Block:
        parameters = self.bound(block.parameters)
        nodes: list[Node] = []
        for node in block.nodes:
            emit = Emitter(self, nodes, node.place)
            if node.primitive in ROWS:
                ROWS[node.primitive](self, node, emit)
                continue
            # A function's name is known inside it.
            results = self.bound(node.results)
            blocks = tuple(map(self.block, node.blocks))
            inner = frozenset().union(*(one.effects for each in blocks for one in each.nodes))
            effects = inner if node.primitive in ("if", "while") else node.effects
            nodes.append(
                replace(node, results=results, operands=self.atoms(node.operands), blocks=blocks, effects=effects)
            )
        return Block(parameters, tuple(nodes), self.atoms(block.results))

    # Rows

    def new(self, node: Node, _: Emitter) -> None:
        (result,) = node.results
        self.pairs[result.index] = self.pair(Const(None, result.type))

    def append(self, node: Node, emit: Emitter) -> None:
        (items, length), value = self.pair(node.operands[0]), self.use(node.operands[1])
        raise_where(emit("greater_equal", length, self.room), ListOverflow("a list needs more room"), emit)
        stored = emit("setitem", items, value, length, index=(HOLE,))
        self.pairs[node.results[0].index] = (stored, emit("add", length, 1))

    def get(self, node: Node, emit: Emitter) -> None:
        items, length = self.pair(node.operands[0])
        at = self.place(node.operands[1], length, "list index out of range", emit)
        self.same[node.results[0].index] = self.item(items, at, node.results[0].type, emit)

    def set(self, node: Node, emit: Emitter) -> None:
        items, length = self.pair(node.operands[0])
        at = self.place(node.operands[1], length, "list assignment index out of range", emit)
        stored = emit("setitem", items, self.use(node.operands[2]), at, index=(HOLE,))
        self.pairs[node.results[0].index] = (stored, length)

    def pop(self, node: Node, emit: Emitter) -> None:
        items, length = self.pair(node.operands[0])
        raise_where(emit("less_equal", length, 0), IndexError("pop from empty list"), emit)
        rest, last = node.results
        left = emit("subtract", length, 1)
        self.pairs[rest.index] = (items, left)
        self.same[last.index] = self.item(items, left, last.type, emit)

    def length(self, node: Node, _: Emitter) -> None:
        self.same[node.results[0].index] = self.pair(node.operands[0])[1]

    def item(self, items: Atom, at: Atom, type_: Type, emit: Emitter) -> Sym:
        found = emit("getitem", items, at, index=(HOLE,))
        return emit("item", found) if isinstance(type_, Scalar) else found

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


def raise_where(flag: Atom, error: BaseException, emit: Emitter) -> None:
    """Emit the raising of an exception where a flag holds."""
    raises = frozenset({"raise"})
    failing = Node((), "raise", (), (("exception", type(error)), ("arguments", error.args)), (), raises, emit.place)
    emit.node("if", (flag,), (Block((), (failing,), ()), Block((), (), ())), (), raises)


ROWS: dict[str, Callable[[_Lowering, Node, Emitter], None]] = {
    "list_new": _Lowering.new,
    "list_append": _Lowering.append,
    "list_get": _Lowering.get,
    "list_set": _Lowering.set,
    "list_pop": _Lowering.pop,
    "list_len": _Lowering.length,
}
"""One row for each primitive of lists."""
