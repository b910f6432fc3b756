"""Fuse elementwise chains: nodes over arrays of one shape, and reductions of all their elements, become one region.

A back-end writes the region `fused` as one loop: what is used in it only needs no memory. What follows from a region's
reductions waits until it is used itself, so that a mean does not part a loss from its gradient.

>>> from snek_strategies.ir.show import show
>>> from snek_strategies.ir.passes.examples import chained
>>> print(show(chained()))
program chained(%0: float64[3], %1: float64[]) {
  %2: float64[3] = multiply %0, %1
  %3: float64[3] = exp %2
  %4: float64[] = sin %1
  %5: float64[3] = multiply %2, %3
  %6: float64[] = max[axis=(0,)] %5
  return %3, %4, %6
}
<BLANKLINE>
>>> print(show(fuse_elementwise(chained())))
program chained(%0: float64[3], %1: float64[]) {
  %2: float64[] = sin %1
  %7: float64[3], %8: float64[] = fused {
    %3: float64[3] = multiply %0, %1
    %4: float64[3] = exp %3
    %5: float64[3] = multiply %3, %4
    %6: float64[] = max[axis=(0,)] %5
    yield %4, %6
  }
  return %7, %2, %8
}
<BLANKLINE>
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from snek_core_transform.deep import in_deep_stack
from snek_strategies.ir.interpretations import FUNCTIONS, OPERATORS
from snek_strategies.ir.syntax import Atom, Block, Node, Program, Sym, free_in, next_index, uses_in
from snek_strategies.ir.types import Array, Dim, Type

_ALONE = """
floor_divide remainder exp2 log2 log10 cbrt tan arcsin arccos arctan sinh cosh arcsinh arccosh arctanh arctan2 hypot
logaddexp logaddexp2 nextafter fmod
"""
ALONE = frozenset(_ALONE.split())
"""What no vector unit computes: in one loop with others it would keep them from it."""
ELEMENTWISE = ((frozenset(OPERATORS) | frozenset(FUNCTIONS)) - ALONE) | {"where", "astype", "asarray", "copy"}
REDUCTIONS = frozenset({"sum", "prod", "max", "min", "any", "all"})
BARRIERS = frozenset({"while", "try", "call", "function", "setitem", "additem"})
"""What waiting nodes do not pass: a loop may take over the memory that they read, and a store may write to it."""
LONGEST = 160
"""How many nodes a region has at most. What registers cannot hold goes to the stack, which is cheaper than memory: the
slope of a power by 32 over two million numbers takes 5.7 ms as one region, and 25 ms as two of 64 nodes."""
SHORT = 16
"""Up to so many nodes, each used once, stay nodes: a back-end writes them as one expression where it is used."""

Dims = tuple[Dim, ...]


def fuse_elementwise(program: Program, *, totals_of_expressions: bool = True) -> Program:
    """Return the program with regions `fused`; a region's nodes wait until one of its values is needed.

    A back-end says whether it takes the total of an expression without memory for that; else it is a region too.
    """
    fresh = _Fresh(next_index(program.body), uses_in(program.body), totals_of_expressions)
    return Program(program.name, in_deep_stack(lambda: _fused(program.body, free_in(program.body), fresh, {})))


class _Fresh:
    """Gives new names, and knows how often the others are used and what the back-end asks for."""

    def __init__(self, start: int, uses: Counter[int], totals_of_expressions: bool) -> None:
        self.next = start
        self.uses = uses
        self.totals_of_expressions = totals_of_expressions

    def __call__(self, sym: Sym) -> Sym:
        self.next += 1
        return Sym(self.next - 1, sym.type)


@dataclass(eq=False)
class _Group:
    """Nodes over one shape that wait to be a region."""

    dims: Dims
    nodes: list[Node] = field(default_factory=list)
    reduced: set[int] = field(default_factory=set)


def _shape(node: Node, owner: dict[int, _Group]) -> Dims | None:
    """Return the shape of the region that a node may be in, or None."""
    if node.effects or node.blocks or len(node.results) != 1:
        return None
    type_ = node.results[0].type
    if node.primitive in ELEMENTWISE and isinstance(type_, Array) and type_.dims:
        return None if 0 in type_.dims or type_.dtype.kind == "c" else type_.dims
    operand = node.operands[0] if node.operands else None
    if node.primitive not in REDUCTIONS or not isinstance(operand, Sym):
        return None
    group = owner.get(operand.index)
    axis = dict(node.params).get("axis")
    if group is None or not isinstance(operand.type, Array) or axis != tuple(range(len(operand.type.dims))):
        return None
    return group.dims


def _dims(type_: Type) -> Dims:
    return type_.dims if isinstance(type_, Array) else ()


class _Schedule:
    """Puts a block's nodes in their new order."""

    def __init__(self, free: dict[int, tuple[Sym, ...]]) -> None:
        self.free = free
        self.open: dict[Dims, _Group] = {}
        self.owner: dict[int, _Group] = {}
        self.order: list[Node | _Group] = []
        self.late: dict[int, Node] = {}
        """Numbers that follow from open groups' reductions, by name, in their order."""

    def add(self, node: Node) -> None:
        """Let a node join its group, or stand alone."""
        reads = [atom for atom in node.operands if isinstance(atom, Sym)]
        reads += [sym for one in node.blocks for sym in self.free[id(one)]]
        if self._waits(node, reads):
            self.late[node.results[0].index] = node
            return
        if node.primitive in BARRIERS or any(sym.index in self.late for sym in reads):
            self.close_all()
        shape = _shape(node, self.owner)
        for sym in reads:
            group = self.owner.get(sym.index)
            if group is not None and (group.dims != shape or sym.index in group.reduced):
                self.close(group)
        if shape is None:
            self.order.append(node)
            return
        group = self.open.setdefault(shape, _Group(shape))
        group.nodes.append(node)
        self.owner[node.results[0].index] = group
        if node.primitive in REDUCTIONS:
            group.reduced.add(node.results[0].index)
        if len(group.nodes) == LONGEST:
            self.close(group)

    def _waits(self, node: Node, reads: list[Sym]) -> bool:
        """Tell whether a node is a number that follows from reductions of open groups, and may come after them."""
        if node.effects or node.blocks or len(node.results) != 1 or node.primitive not in ELEMENTWISE:
            return False
        groups = [(self.owner[sym.index], sym.index) for sym in reads if sym.index in self.owner]
        follows = bool(groups) or any(sym.index in self.late for sym in reads)
        return follows and not _dims(node.results[0].type) and all(index in one.reduced for one, index in groups)

    def close_all(self) -> None:
        """End all groups, and let come what waits for them."""
        self.close(*self.open.values())
        self.order += self.late.values()
        self.late.clear()

    def close(self, *groups: _Group) -> None:
        """End groups: their nodes come here."""
        for group in groups:
            del self.open[group.dims]
            self.order.append(group)
            for node in group.nodes:
                del self.owner[node.results[0].index]


def _fused(block: Block, free: dict[int, tuple[Sym, ...]], fresh: _Fresh, names: dict[int, Sym]) -> Block:
    schedule = _Schedule(free)
    for node in block.nodes:
        schedule.add(node)
    schedule.close_all()

    def atoms(given: tuple[Atom, ...]) -> tuple[Atom, ...]:
        return tuple(names.get(one.index, one) if isinstance(one, Sym) else one for one in given)

    nodes: list[Node] = []
    for one in schedule.order:
        for node in [one] if isinstance(one, Node) else one.nodes:
            blocks = tuple(_fused(inner, free, fresh, names) for inner in node.blocks)
            nodes.append(node.over(atoms(node.operands), blocks))
        if isinstance(one, _Group):
            members = nodes[-len(one.nodes) :]
            del nodes[-len(one.nodes) :]
            nodes += _region(members, fresh, names)
    return Block(block.parameters, tuple(nodes), atoms(block.results))


def _region(members: list[Node], fresh: _Fresh, names: dict[int, Sym]) -> list[Node]:
    """Return a group's nodes as a region; where one expression says it all, as they are."""
    inside = Counter(atom.index for node in members for atom in node.operands if isinstance(atom, Sym))
    made, uses = [node.results[0] for node in members], fresh.uses
    given = tuple(sym for sym in made if uses[sym.index] > inside[sym.index])
    expression = len(given) == 1 and len(made) <= SHORT and all(uses[sym.index] == 1 for sym in made)
    total = not fresh.totals_of_expressions and any(node.primitive in REDUCTIONS for node in members)
    if len(made) < 2 or (expression and not total):
        return members
    results = tuple(map(fresh, given))
    # Inside, names stay as they are; what comes later knows the values by new ones.
    names.update((old.index, new) for old, new in zip(given, results, strict=True))
    return [Node(results, "fused", (), (), (Block((), tuple(members), given),))]
