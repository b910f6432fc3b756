"""Tapes in C++: one variable for all the names that a tape goes through, since each of them is used once.

A row is written in place: its arrays and numbers lie behind each other, the widest first, so that all are aligned.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snek_strategies.backends.arithmetic import dtype_of
from snek_strategies.backends.lantern.arrays import View, of_view, row_strides
from snek_strategies.backends.lantern.cpp_types import cpp
from snek_strategies.backends.lantern.extents import Extent, count_of, dims_of, rounded
from snek_strategies.backends.raising import ends_in_raise
from snek_strategies.ir.syntax import Atom, Block, Node, Sym
from snek_strategies.ir.types import Tape, Type

if TYPE_CHECKING:
    from snek_strategies.backends.lantern.writer import Writer


def is_tape(atom: Atom) -> bool:
    """Tell whether an atom is a tape."""
    return isinstance(atom.type, Tape)


def pairs(given: Sequence[Atom], made: Sequence[Atom]) -> dict[int, int]:
    """Return for each tape that a function gives, by position, the tape it takes in whose variable that comes back."""
    into = [at for at, one in enumerate(given) if is_tape(one)]
    out = [at for at, one in enumerate(made) if is_tape(one)]
    return dict(zip(out, into, strict=False))


@dataclass(frozen=True)
class _Moment:
    """When something happens to a tape: after how much else, and in which loops."""

    number: int
    loops: tuple[int, ...]


class Origins:
    """Which tape's variable each name of a function's tapes is in, and when its memory changes."""

    def __init__(self, block: Block, around: Iterable[Sym]) -> None:
        self.origin = {sym.index: sym.index for sym in around if is_tape(sym)}
        self._outermost = set(self.origin)
        self._changes: dict[int, list[_Moment]] = {}
        self._pops: dict[int, _Moment] = {}
        self._number = 0
        self._walk(block, ())
        self._outermost |= {sym.index for node in block.nodes for sym in node.results}

    def of(self, atom: Atom) -> int:
        """Return the index of the name whose variable holds this tape."""
        assert isinstance(atom, Sym), "a tape is a name"
        return self.origin[atom.index]

    def is_own(self, sym: Sym) -> bool:
        """Tell whether a name needs a variable of its own."""
        return self.origin[sym.index] == sym.index

    def stays(self, below: Sym) -> bool:
        """Tell whether the row whose pop gave `below` lies there to the function's end: nothing is pushed over it."""
        pop, tape = self._pops[below.index], self.of(below)
        return tape in self._outermost and not any(
            change.number > pop.number or set(change.loops) & set(pop.loops) for change in self._changes.get(tape, ())
        )

    def _change(self, tape: int, loops: tuple[int, ...]) -> None:
        self._changes.setdefault(tape, []).append(_Moment(self._number, loops))

    def _walk(self, block: Block, loops: tuple[int, ...]) -> None:
        for node in block.nodes:
            self._number += 1
            self.origin.update((sym.index, sym.index) for sym in node.results if is_tape(sym))
            if node.primitive in ("tape_push", "tape_gather"):
                self.origin[node.results[0].index] = self.of(node.operands[0])
                self._change(self.of(node.operands[0]), loops)
            elif node.primitive == "tape_pop":
                self.origin[node.results[0].index] = self.of(node.operands[0])
                self._pops[node.results[0].index] = _Moment(self._number, loops)
            elif node.primitive == "if":
                self._choice(node, loops)
            elif node.primitive == "while":
                self._loop(node, loops)
            elif node.primitive == "call":
                for out, into in pairs(node.operands[1:], node.results).items():
                    self.origin[node.results[out].index] = self.of(node.operands[1 + into])
                for one in node.operands[1:]:
                    if is_tape(one):
                        self._change(self.of(one), loops)

    def _choice(self, node: Node, loops: tuple[int, ...]) -> None:
        outside = set(self.origin)
        for block in node.blocks:
            self._walk(block, loops)
        for at, sym in enumerate(node.results):
            if is_tape(sym):
                ends = {self.of(block.results[at]) for block in node.blocks if not ends_in_raise(block)}
                if len(ends) == 1 and ends <= outside:
                    self.origin[sym.index] = ends.pop()
                for end in ends:
                    self._change(end, loops)

    def _loop(self, node: Node, loops: tuple[int, ...]) -> None:
        state = [at for at, sym in enumerate(node.results) if is_tape(sym)]
        for at in state:
            for sym in (node.results[at], *(block.parameters[at] for block in node.blocks)):
                self.origin[sym.index] = self.of(node.operands[at])
        inside = (*loops, self._number)
        for block in node.blocks:
            self._walk(block, inside)
        for at in () if ends_in_raise(node.blocks[1]) else state:
            end = self.of(node.blocks[1].results[at])
            if end != self.of(node.operands[at]):
                self._change(end, inside)
                self._change(self.of(node.operands[at]), inside)


def _places(types: Sequence[Type]) -> tuple[list[Extent], Extent]:
    """Return where in a row each value lies, in bytes, and how long the row is."""
    places: list[Extent] = [0] * len(types)
    end: Extent = 0
    for at in sorted(range(len(types)), key=lambda at: -min(8, dtype_of(types[at]).itemsize)):
        places[at] = end
        end = end + count_of(dims_of(types[at])) * dtype_of(types[at]).itemsize
    return places, rounded(end, 8)


def push(w: Writer, node: Node) -> None:
    """Write a row on top of a tape."""
    tape, *values = node.operands
    (result,) = node.results
    places, size = _places([one.type for one in values])
    rows = []
    for atom in values:
        rows.append(w.elements(atom) if dims_of(atom.type) else w.use(atom))
    row = w.fresh("row")
    w.texts[result.index] = w.texts[tape.index]  # type: ignore[union-attr]
    w.line(f"char *const {row} = {w.texts[result.index]}.push({size});")
    for atom, made, place in zip(values, rows, places, strict=True):
        dims, dtype = dims_of(atom.type), dtype_of(atom.type)
        pointer = f"reinterpret_cast<{cpp(dtype)} *>({row} + {place})"
        if isinstance(made, str):
            w.line(f"*{pointer} = {made};")
            continue
        name = w.fresh("kept")
        w.line(f"{cpp(dtype)} *const {name} = {pointer};")
        w.store(made, View(name, dtype, dims, row_strides(dims), frozenset({name})))


def pop(w: Writer, node: Node) -> None:
    """Take the top row off a tape; its arrays are read where they lie, unless something may be pushed over them."""
    tape = node.operands[0]
    below, *values = node.results
    places, size = _places([one.type for one in values])
    row = w.fresh("row")
    w.texts[below.index] = w.texts[tape.index]  # type: ignore[union-attr]
    w.line(f"const char *const {row} = {w.texts[below.index]}.pop({size});")
    for sym, place in zip(values, places, strict=True):
        dims, dtype = dims_of(sym.type), dtype_of(sym.type)
        pointer = f"reinterpret_cast<const {cpp(dtype)} *>({row} + {place})"
        name = w.fresh("kept" if dims else "v")
        if not dims:
            w.texts[sym.index] = name
            w.line(f"const {cpp(dtype)} {name} = *{pointer};")
            continue
        w.line(f"const {cpp(dtype)} *const {name} = {pointer};")
        view = View(name, dtype, dims, row_strides(dims), frozenset({"given"}))
        w.bind(sym, view if w.tapes.stays(below) else w.materialised(of_view(view), dims))


def new(w: Writer, node: Node) -> None:
    """Declare an empty tape."""
    (result,) = node.results
    w.texts[result.index] = declared(w, result)


def declared(w: Writer, sym: Sym) -> str:
    """Declare the variable of a tape and return its name."""
    name = w.texts[sym.index] = w.fresh("tape")
    w.line(f"lantern::Tape {name};")
    return name


def move(w: Writer, moves: Sequence[tuple[str, str]]) -> None:
    """Move tapes into variables, all at once."""
    moves = [(target, source) for target, source in moves if target != source]
    if len(moves) == 1:
        w.line(f"{moves[0][0]} = std::move({moves[0][1]});")
        return
    waiting = [(target, w.fresh("tape"), source) for target, source in moves]
    for _, name, source in waiting:
        w.line(f"lantern::Tape {name} = std::move({source});")
    for target, name, _ in waiting:
        w.line(f"{target} = std::move({name});")


def gather(w: Writer, node: Node) -> None:
    """Write the factors of a product to those that a tape has gathered."""
    tape, *factors = node.operands
    (result,) = node.results
    made = [w.elements(one) for one in factors]
    (rows, m), (_, n) = dims = [dims_of(one.type) for one in factors]
    kind = cpp(made[0].dtype)
    name = w.fresh("factors")
    w.texts[result.index] = w.texts[tape.index]  # type: ignore[union-attr]
    w.line(f"const auto {name} = {w.texts[result.index]}.gather<{kind}, {m}, {n}, {rows}>();")
    for side, one, own in zip(("left", "right"), made, dims, strict=True):
        w.store(one, View(f"{name}.{side}", one.dtype, own, row_strides(own), frozenset({name})))


def product(w: Writer, node: Node) -> None:
    """Write the product of the factors that a tape has gathered."""
    (result,) = node.results
    target = w.place_for(result)
    m, n = target.dims
    w.line(f"{w.use(node.operands[0])}.product<{cpp(target.dtype)}, {m}, {n}>({target.base});")
    w.bind(result, target)


ROWS = {"tape_gather": gather, "tape_product": product, "tape_new": new, "tape_push": push, "tape_pop": pop}
"""One row for each primitive of tapes."""
