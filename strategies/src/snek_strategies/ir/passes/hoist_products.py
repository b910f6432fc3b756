"""Hoist batched products: of a stack that a loop walks, all matrices are multiplied by one matrix at once, before it.

>>> from snek_strategies.ir.show import show
>>> from snek_strategies.ir.passes.examples import sequence
>>> print(show(sequence()))
program sequence(%0: float64[9,2,3], %1: float64[3,4], %2: float64[2,4]) {
  %12: int, %13: float64[2,4] = while (0, %2) test (%3: int, %4: float64[2,4]) {
    %5: bool = less %3, 9
    yield %5
  } body (%6: int, %7: float64[2,4]) {
    %8: float64[2,3] = getitem[index=(_,)] %0, %6
    %9: float64[2,4] = matmul %8, %1
    %10: float64[2,4] = add %7, %9
    %11: int = add %6, 1
    yield %11, %10
  }
  return %13
}
<BLANKLINE>
>>> print(show(hoist_products(sequence())))
program sequence(%0: float64[9,2,3], %1: float64[3,4], %2: float64[2,4]) {
  %3: float64[9,2,4] = matmul %0, %1
  %13: int, %14: float64[2,4] = while (0, %2) test (%4: int, %5: float64[2,4]) {
    %6: bool = less %4, 9
    yield %6
  } body (%7: int, %8: float64[2,4]) {
    %9: float64[2,3] = getitem[index=(_,)] %0, %7
    %10: float64[2,4] = getitem[index=(_,)] %3, %7
    %11: float64[2,4] = add %8, %10
    %12: int = add %7, 1
    yield %12, %11
  }
  return %14
}
<BLANKLINE>
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from math import prod

from snek_core_transform.deep import in_deep_stack
from snek_core_transform.errors import Place
from snek_strategies.ir.interpretations import HOLE
from snek_strategies.ir.loop_counters import counters, index_of
from snek_strategies.ir.rules import RULES, effects_of
from snek_strategies.ir.symbols import Symbol
from snek_strategies.ir.syntax import Atom, Block, Const, Node, Program, Sym, free_syms, next_index
from snek_strategies.ir.types import INT, Array, Scalar, Type, type_of

MOST_ROWS = 4
"""A product of more rows than these computes, where one of fewer waits for memory: it is as fast alone."""
MOST_BYTES = 1 << 26
"""What the products of a whole stack may take."""
MOST_PRODUCTS = 1 << 28
"""How many multiplications a whole stack may take that the loop may turn out to walk in part only."""

Fresh = Callable[[Type], Sym]


def hoist_every_product(program: Program) -> Program:
    """Return the same, whatever a product's size: for systems that run one operation after the other."""
    return hoist_products(program, sys.maxsize)


def hoist_whole_products(program: Program) -> Program:
    """Return the same wherever a loop may walk all of a stack: for systems whose choices cost more than products."""
    return hoist_products(program, sys.maxsize, whole=True)


def hoist_products(program: Program, most_rows: int = MOST_ROWS, *, whole: bool = False) -> Program:
    """Return the program with the products of stacks at once where the loop walks half of the stack or more.

    Where only the run tells how far a loop goes, the run decides, but for a stack that is multiplied as a `whole`
    whatever the run tells. Products of more rows than `most_rows` stay.
    """
    taken = next_index(program.body)

    def fresh(type_: Type) -> Sym:
        nonlocal taken
        taken += 1
        return Sym(taken - 1, type_)

    return Program(program.name, in_deep_stack(lambda: _hoisted(program.body, _Way(fresh, most_rows, whole))))


@dataclass(frozen=True)
class _Way:
    """How products are hoisted, and what gives new names."""

    fresh: Fresh
    most_rows: int
    whole: bool


def _hoisted(block: Block, way: _Way) -> Block:
    nodes: list[Node] = []
    for node in block.nodes:
        blocks = tuple(_hoisted(one, way) for one in node.blocks)
        inner = replace(node, blocks=blocks) if blocks else node
        before: list[Node] = []
        if node.primitive == "while":
            inner = _Loop(inner, way, before).rewritten()
        nodes += [*before, inner]
    return Block(block.parameters, tuple(nodes), block.results)


class _Loop:
    """A loop, and what is computed before it."""

    def __init__(self, node: Node, way: _Way, before: list[Node]) -> None:
        self.node = node
        self.fresh = way.fresh
        self.before = before
        self.way = way
        self.place: Place | None = None

    def emit(self, primitive: str, *operands: Atom, **params: object) -> Sym:
        """Add a node before the loop."""
        made = self._made(primitive, operands, params)
        self.before.append(made)
        return made.results[0]

    def _made(self, primitive: str, operands: tuple[Atom, ...], params: dict[str, object]) -> Node:
        (type_,) = RULES[primitive](*(one.type for one in operands), **params)
        effects = effects_of(primitive, operands)
        return Node((self.fresh(type_),), primitive, operands, tuple(params.items()), (), effects, self.place)

    def rewritten(self) -> Node:
        """Return the loop that takes its products from those of whole stacks."""
        test, body = self.node.blocks
        bounds = counters(self.node)
        bound = {sym.index for sym in body.parameters} | {sym.index for one in body.nodes for sym in one.results}
        taken: dict[int, Node] = {}
        last, replaced = -1, set()
        nodes: list[Node] = []
        for node in body.nodes:
            if node.primitive == "getitem" and dict(node.params)["index"] == (HOLE,):
                taken[node.results[0].index] = node
            walk = taken.get(index_of(node.operands[0])) if node.primitive == "matmul" else None
            if walk is None or not self._pays(node, walk, bound, bounds):
                nodes.append(node)
                last = index_of(node.results[0]) if node.effects and node.results else -1 if node.effects else last
                continue
            self.place = node.place
            nodes += self._from_stack(node, walk, bounds)
            # Nothing had an effect since the row: what stands for the product asks of its index in its turn.
            if index_of(node.operands[0]) == last:
                replaced.add(last)
        made = Block(body.parameters, tuple(nodes), body.results)
        return replace(self.node, blocks=(test, _without(made, replaced) if self.way.whole else made))

    def _pays(self, product: Node, walk: Node, bound: set[int], bounds: dict[int, tuple[Atom, Atom]]) -> bool:
        stack, at = walk.operands
        factor = product.operands[1]
        shapes = [one.type.dims if isinstance(one.type, Array) else () for one in (stack, factor)]
        if index_of(stack) in bound or index_of(factor) in bound or index_of(at) not in bounds or len(shapes[1]) != 2:
            return False
        if len(shapes[0]) not in (2, 3) or any(isinstance(dim, Symbol) for dims in shapes for dim in dims):
            return False
        type_ = product.results[0].type
        assert isinstance(type_, Array)
        extent, *rows = (int(dim) for dim in shapes[0][:-1])
        size = extent * prod(int(dim) for dim in type_.dims) * type_.dtype.itemsize
        first, end = bounds[index_of(at)]
        if isinstance(first, Const) and isinstance(end, Const):
            short = 2 * (int(end.value) - int(first.value)) < extent  # type: ignore[call-overload]
        else:
            short = False
        if self.way.whole and size // type_.dtype.itemsize * int(shapes[1][0]) > MOST_PRODUCTS:
            return False
        return not short and type_.dtype.kind == "f" and prod(rows) <= self.way.most_rows and size <= MOST_BYTES

    def _from_stack(self, product: Node, walk: Node, bounds: dict[int, tuple[Atom, Atom]]) -> list[Node]:
        """Return what stands for a product in the loop."""
        stack, at = walk.operands
        factor = product.operands[1]
        first, end = bounds[index_of(at)]
        if self.way.whole or (isinstance(first, Const) and isinstance(end, Const)):
            every = self.emit("matmul", stack, factor)
            return [self._part(every, at, product.results)]
        # Walks that are short compute their products one by one.
        assert isinstance(stack.type, Array)
        trips = self.emit("subtract", self._wrapping(end), self._wrapping(first))
        long = self.emit("greater_equal", self.emit("add", trips, trips), Const(int(stack.type.dims[0]), INT))
        flag = self.emit("bool", long)
        every = self._chosen(flag, stack, factor)
        (result,) = product.results
        part, alone = self.fresh(result.type), self.fresh(result.type)
        row = self._made("getitem", walk.operands, dict(walk.params))
        product_alone = replace(product, operands=(*row.results, factor), results=(alone,))
        blocks = (
            Block((), (self._part(every, at, (part,)),), (part,)),
            Block((), (row, product_alone), (alone,)),
        )
        return [Node((result,), "if", (flag,), (), blocks, frozenset({"raise"}), product.place)]

    def _wrapping(self, atom: Atom) -> Atom:
        """Return a number as NumPy's, which wraps where Python's would be refused."""
        return self.emit("asarray", atom) if isinstance(atom.type, Scalar) else atom

    def _chosen(self, flag: Atom, stack: Atom, factor: Atom) -> Sym:
        """Add the products of the whole stack where the flag holds, and return them; zeros where it does not."""
        product = self._made("matmul", (stack, factor), {})
        (every,) = product.results
        assert isinstance(every.type, Array)
        zero = every.type.dtype.type(0)
        none = self._made("broadcast_to", (Const(zero, type_of(zero)),), {"shape": every.type.dims})
        result = self.fresh(every.type)
        blocks = (Block((), (product,), (every,)), Block((), (none,), none.results))
        self.before.append(Node((result,), "if", (flag,), (), blocks, frozenset(), self.place))
        return result

    def _part(self, every: Sym, at: Atom, results: tuple[Sym, ...]) -> Node:
        made = self._made("getitem", (every, at), {"index": (HOLE,)})
        return replace(made, results=results)


def _without(block: Block, taken: Collection[int]) -> Block:
    """Return a block without those of its rows that nothing uses any more."""
    inside = (sym for node in block.nodes for inner in node.blocks for sym in free_syms(inner))
    operands = (atom for node in block.nodes for atom in node.operands)
    gone = set(taken) - {index_of(atom) for atom in (*block.results, *operands, *inside)}
    nodes = tuple(node for node in block.nodes if not any(sym.index in gone for sym in node.results))
    return replace(block, nodes=nodes)
