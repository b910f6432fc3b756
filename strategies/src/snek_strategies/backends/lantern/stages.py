"""What a node of a recursion computes, cut where it multiplies by a matrix that all nodes share.

Between two stages, the rows of all nodes that are computed together are multiplied at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

from snek_strategies.backends.arithmetic import dims_of, dtype_of
from snek_strategies.backends.lantern.products import FEW, VECTOR
from snek_strategies.backends.lantern.recursion import Recursion, Way
from snek_strategies.backends.rewriting import drop_unused
from snek_strategies.ir.passes.hoist_products import MOST_ROWS
from snek_strategies.ir.syntax import Atom, Block, Node, Sym, free_syms


@dataclass(frozen=True)
class Stage:
    """A part of a way: its block's parameters are all that it reads, its results what later stages and products read.

    The last stage's results are those of the way, and nothing is multiplied after it.
    """

    block: Block
    products: tuple[Node, ...]


def stages(recursion: Recursion, way: Way) -> tuple[Stage, ...]:
    """Return the parts of a way, in their order. What may raise comes no later than what it comes before in the way."""
    given = (*recursion.function.block.parameters, *recursion.function.captured)
    cut = _Cut(way, frozenset(sym.index for sym in given if sym not in recursion.own))
    held = cut.held()
    return tuple(
        Stage(
            _closed(cut.lines.get(at, []), way.results if at == cut.last else tuple(held[at].values())),
            tuple(cut.products.get(at, [])),
        )
        for at in range(cut.last + 1)
    )


class _Cut:
    """The nodes of a way by stage; a product belongs to the stage after which it is computed."""

    def __init__(self, way: Way, shared: frozenset[int]) -> None:
        self.results = way.results
        self.lines: dict[int, list[Node]] = defaultdict(list)
        self.products: dict[int, list[Node]] = defaultdict(list)
        self.made: dict[int, int] = {}
        """The stage in which each name is computed, and from which on each product is there."""
        floor = 0
        for node in drop_unused(Block((), way.nodes, way.results)).nodes:
            stage = max((self.made.get(sym.index, 0) for sym in _reads(node)), default=0)
            stage = max(floor, stage)
            if node.effects:
                floor = stage  # what follows may rely on it
            product = is_shared_product(node, shared)
            (self.products if product else self.lines)[stage].append(node)
            self.made.update((sym.index, stage + product) for sym in node.results)
        self.last = max([0, *self.lines, *(stage + 1 for stage in self.products)])

    def held(self) -> dict[int, dict[int, Sym]]:
        """Return for each stage what it computes for later ones, and what it only hands to its products."""
        found: dict[int, dict[int, Sym]] = defaultdict(dict)
        products = {node.results[0].index for nodes in self.products.values() for node in nodes}
        for sym, stage in self._uses():
            made = self.made.get(sym.index)
            if made is not None and made < stage and sym.index not in products:
                found[made][sym.index] = sym
        for stage, nodes in self.products.items():
            for left in (node.operands[0] for node in nodes):
                if isinstance(left, Sym) and left.index not in self.made:
                    found[stage][left.index] = left
        return found

    def _uses(self) -> Iterator[tuple[Sym, int]]:
        """Yield what is read, and in which stage; the rows of a product are read after its own."""
        for nodes, later in ((self.lines, 0), (self.products, 1)):
            for stage, some in nodes.items():
                yield from ((sym, stage + later) for node in some for sym in _reads(node))
        yield from ((atom, self.last) for atom in self.results if isinstance(atom, Sym))


def is_shared_product(node: Node, shared: frozenset[int]) -> bool:
    """Tell whether a node multiplies few rows by a matrix of all nodes' that is large enough to be waited for."""
    if node.primitive != "matmul":
        return False
    left, right = node.operands
    dtype = dtype_of(node.results[0].type)
    if not isinstance(left, Sym) or not isinstance(right, Sym) or right.index not in shared:
        return False
    if dtype.kind != "f" or any(dtype_of(one.type) != dtype for one in node.operands):
        return False
    given, dims = dims_of(left.type), dims_of(right.type)
    if len(dims) != 2 or len(given) not in (1, 2) or not 1 <= prod(given[:-1]) <= MOST_ROWS:
        return False
    return dims[1] * dtype.itemsize >= VECTOR and prod(dims) > FEW


def _reads(node: Node) -> tuple[Sym, ...]:
    return free_syms(Block((), (node,), ()))


def _closed(nodes: list[Node], results: tuple[Atom, ...]) -> Block:
    block = Block((), tuple(nodes), results)
    return Block(free_syms(block), block.nodes, results)
