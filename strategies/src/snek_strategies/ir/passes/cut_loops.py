"""Cut loops over arrays into pieces: where elements do not meet, a few of them go through all trips before the next do.

What a piece holds stays in the nearest memory from trip to trip, and a loop that ends where no element asks for more
ends for each piece by itself.

>>> from snek_strategies.ir.show import show
>>> from snek_strategies.ir.passes.examples import escaping
>>> print(show(escaping()))
program escaping(%0: float64[6]) {
  %9: float64[6] = while (%0) test (%1: float64[6]) {
    %2: bool[6] = less %1, 9.0
    %3: bool[] = any[axis=(0,)] %2
    %4: bool = bool %3
    yield %4
  } body (%5: float64[6]) {
    %6: float64[6] = multiply %5, %5
    %7: bool[6] = less %5, 9.0
    %8: float64[6] = where %7, %6, %5
    yield %8
  }
  return %9
}
<BLANKLINE>
>>> print(show(cut_loops(escaping(), 4)))
program escaping(%0: float64[6]) {
  %11: float64[6] = piecewise (%0) body (%1: float64[4]) {
    %10: float64[4] = while (%1) test (%2: float64[4]) {
      %3: bool[4] = less %2, 9.0
      %4: bool[] = any[axis=(0,)] %3
      %5: bool = bool %4
      yield %5
    } body (%6: float64[4]) {
      %7: float64[4] = multiply %6, %6
      %8: bool[4] = less %6, 9.0
      %9: float64[4] = where %8, %7, %6
      yield %9
    }
    yield %10
  }
  return %11
}
<BLANKLINE>
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from snek_core_transform.deep import in_deep_stack
from snek_strategies.ir.gradients.drafts import Fresh
from snek_strategies.ir.passes.close_functions import numbered
from snek_strategies.ir.pointwise_loops import Dims, Pointwise, elements, pointwise
from snek_strategies.ir.shape_rules import dims_of
from snek_strategies.ir.symbolic_rules import has_symbols
from snek_strategies.ir.syntax import Atom, Block, Const, Node, Program, Sym, every_node, free_syms, next_index
from snek_strategies.ir.types import Array, Type, concrete

PIECE = 64
"""How many elements a piece has: fewer fill no vector unit, and the more there are, the longer the last one asks."""


def cut_loops(program: Program, size: int = PIECE) -> Program:
    """Return the program with its loops that ask all elements run by pieces of `size`; 0 stands for single elements.

    A loop whose numbers are used after it stays: they are of the last trip that any element asked for.
    """
    return Program(program.name, in_deep_stack(lambda: _Cutting(program, size).block(program.body)))


class _Cutting:
    def __init__(self, program: Program, size: int) -> None:
        self.size = size
        self.fresh = numbered(next_index(program.body))
        self.used = _used(program.body)

    def block(self, block: Block) -> Block:
        """Return a block with its loops cut."""
        nodes: list[Node] = []
        for node in block.nodes:
            found = self._found(node)
            if found is None:
                nodes.append(node.over(node.operands, tuple(map(self.block, node.blocks))))
            else:
                piece: Dims = (self.size,) if self.size else ()
                nodes += _Pieces(node, found.dims, piece, self.fresh).nodes(self.used)
        return replace(block, nodes=tuple(nodes))

    def _found(self, node: Node) -> Pointwise | None:
        used = [sym for sym in node.results if sym.index in self.used]
        if node.primitive != "while" or not used or not all(dims_of(sym.type) for sym in used):
            return None
        found = pointwise(node)
        if found is None or not found.asks or elements(found.dims) <= max(self.size, 1):
            return None
        outside = [dims for atom in _outside(node) if (dims := dims_of(atom.type))]
        # How wide an array becomes, and how many pieces there are, has to be a number.
        exact = not has_symbols(found.dims) or (not self.size and all(dims == found.dims for dims in outside))
        return found if exact and outside else None


def _used(block: Block) -> set[int]:
    """Return the names that a block and the blocks inside it use."""
    blocks = [block, *(inner for node in every_node(block) for inner in node.blocks)]
    atoms = [atom for one in blocks for node in one.nodes for atom in node.operands]
    atoms += [atom for one in blocks for atom in one.results]
    return {atom.index for atom in atoms if isinstance(atom, Sym)}


def _outside(loop: Node) -> list[Atom]:
    """Return what a loop reads from around it, but for constants that are one number everywhere."""
    inside = [node for block in loop.blocks for node in every_node(block)]
    blocks = [*loop.blocks, *(block for node in inside for block in node.blocks)]
    read = [*loop.operands, *(atom for node in inside for atom in node.operands)]
    read += [atom for block in blocks for atom in block.results]
    constants = [one for one in read if isinstance(one, Const) and dims_of(one.type) and not _everywhere(one, ())]
    free = [sym for block in loop.blocks for sym in free_syms(block)]
    return [*free, *(one for one in loop.operands if isinstance(one, Sym)), *constants]


@dataclass
class _Pieces:
    """One loop, and what becomes of what it reads: a piece of each array."""

    loop: Node
    dims: Dims
    piece: Dims
    fresh: Fresh
    before: list[Node] = field(default_factory=list)
    given: list[Atom] = field(default_factory=list)
    parameters: list[Sym] = field(default_factory=list)
    names: dict[object, Atom] = field(default_factory=dict)

    def nodes(self, used: set[int]) -> list[Node]:
        """Return what takes the loop's place, and gives what is used of its results."""
        loop = self.loop
        operands = tuple(map(self._read, loop.operands))
        own = tuple(self._own(self.fresh(sym.type)) for sym in loop.results)
        inner = replace(loop, results=own, operands=operands, blocks=tuple(map(self._block, loop.blocks)))
        given = [(sym, made) for sym, made in zip(loop.results, own, strict=True) if sym.index in used]
        body = Block(tuple(self.parameters), (inner,), tuple(made for _, made in given))
        results = tuple(sym for sym, _ in given)
        return [*self.before, Node(results, "piecewise", tuple(self.given), (), (body,), inner.effects, loop.place)]

    def _block(self, block: Block) -> Block:
        parameters = tuple(map(self._bind, block.parameters))
        nodes = tuple(map(self._node, block.nodes))
        return Block(parameters, nodes, tuple(map(self._read, block.results)))

    def _node(self, node: Node) -> Node:
        operands = tuple(map(self._read, node.operands))
        blocks = tuple(map(self._block, node.blocks))
        asks = node.primitive in ("any", "all") and dims_of(node.operands[0].type)
        params = (("axis", (0,)),) if asks and self.piece else () if asks else node.params
        results = tuple(map(self._bind, node.results))
        return replace(node, operands=operands, blocks=blocks, params=params, results=results)

    def _own(self, sym: Sym) -> Sym:
        return replace(sym, type=_piece_of(sym.type, self.piece)) if dims_of(sym.type) else sym

    def _bind(self, sym: Sym) -> Sym:
        self.names[sym.index] = self._own(sym)
        return self._own(sym)

    def _read(self, atom: Atom) -> Atom:
        """Return what stands for an atom in a piece: what comes from outside is given to it, or the same everywhere."""
        if not dims_of(atom.type):
            return atom
        key = atom.index if isinstance(atom, Sym) else ("const", id(atom))
        if key not in self.names:
            made = _everywhere(atom, self.piece) if isinstance(atom, Const) else None
            self.names[key] = self._given(atom) if made is None else made
        return self.names[key]

    def _given(self, atom: Atom) -> Sym:
        if dims_of(atom.type) != self.dims:
            assert isinstance(atom.type, Array)
            wide = self.fresh(replace(atom.type, dims=self.dims))
            self.before.append(Node((wide,), "broadcast_to", (atom,), (("shape", self.dims),), (), frozenset()))
            atom = wide
        parameter = self.fresh(_piece_of(atom.type, self.piece))
        self.given.append(atom)
        self.parameters.append(parameter)
        return parameter


def _piece_of(type_: Type, piece: Dims) -> Array:
    assert isinstance(type_, Array)
    return Array(type_.dtype, piece)


def _everywhere(const: Const, piece: Dims) -> Const | None:
    """Return a piece of a constant that is one number everywhere, or None."""
    value = np.asarray(const.value)
    first = value.reshape(-1)[0]
    if value.tobytes() != np.full(value.shape, first).tobytes():
        return None
    made = np.full(concrete(piece), first) if piece else first
    return Const(made, _piece_of(const.type, piece))
