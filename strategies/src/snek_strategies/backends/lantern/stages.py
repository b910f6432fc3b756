"""What a node of a recursion computes, cut where it multiplies by a matrix that all nodes share.

Between two stages, the rows of all nodes that are computed together are multiplied at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from math import prod

from snek_strategies.backends.arithmetic import dims_of, dtype_of
from snek_strategies.backends.lantern.products import FEW, VECTOR
from snek_strategies.backends.lantern.recursion import Way
from snek_strategies.backends.rewriting import drop_unused
from snek_strategies.ir.passes.hoist_products import MOST_ROWS
from snek_strategies.ir.syntax import Atom, Block, Node, Sym, free_syms


@dataclass(frozen=True)
class Product:
    """What multiplies a node's rows by a matrix of all nodes', or by that matrix `turned` round."""

    made: Sym
    rows: Sym
    matrix: Sym
    turned: bool


@dataclass(frozen=True)
class Stage:
    """A part of a way: its block's parameters are all that it reads, its results what later stages and products read.

    The last stage's results begin with those of the way, and nothing is multiplied after it.
    """

    block: Block
    products: tuple[Product, ...]


def stages(way: Way, shared: Collection[int], kept: Collection[int] = ()) -> tuple[Stage, ...]:
    """Return the parts of a way, in their order. What may raise comes no later than what it comes before in the way.

    `shared` are the names that all nodes have in common; `kept` are those that somebody reads when all nodes are done.
    """
    cut = _Cut(way, shared, kept)
    held = cut.held()
    return tuple(
        Stage(
            _closed(
                [*cut.turns, *cut.lines.get(at, [])], (*(way.results if at == cut.last else ()), *held[at].values())
            ),
            tuple(cut.products.get(at, [])),
        )
        for at in range(cut.last + 1)
    )


class _Cut:
    """The nodes of a way by stage; a product belongs to the stage after which it is computed."""

    def __init__(self, way: Way, shared: Collection[int], kept: Collection[int]) -> None:
        self.results = way.results
        self.kept = kept
        self.lines: dict[int, list[Node]] = defaultdict(list)
        self.products: dict[int, list[Product]] = defaultdict(list)
        self.turns: list[Node] = []
        """What turns matrices round: every stage does it for itself, as it takes nothing."""
        self.made: dict[int, int] = {}
        """The stage in which each name is computed, and from which on each product is there."""
        floor = 0
        wanted = [sym for node in way.nodes for sym in node.results if sym.index in kept]
        turned: dict[int, Sym] = {}
        for node in drop_unused(Block((), way.nodes, (*way.results, *wanted))).nodes:
            stage = max((self.made.get(sym.index, 0) for sym in _reads(node)), default=0)
            stage = max(floor, stage)
            if node.effects:
                floor = stage  # what follows may rely on it
            product = shared_product(node, shared, turned)
            if product is not None:
                self.products[stage].append(product)
            elif _is_turn(node, shared):
                turned[node.results[0].index] = node.operands[0]  # type: ignore[assignment]
                self.turns.append(node)
                continue
            else:
                self.lines[stage].append(node)
            self.made.update((sym.index, stage + (product is not None)) for sym in node.results)
        self.last = max([0, *self.lines, *(stage + 1 for stage in self.products)])

    def held(self) -> dict[int, dict[int, Sym]]:
        """Return for each stage what it computes for later ones, and what it only hands to its products."""
        found: dict[int, dict[int, Sym]] = defaultdict(dict)
        products = {one.made.index for some in self.products.values() for one in some}
        for sym, stage in self._uses():
            made = self.made.get(sym.index)
            if made is not None and made < stage and sym.index not in products:
                found[made][sym.index] = sym
        for stage, some in self.products.items():
            for rows in (one.rows for one in some):
                if rows.index not in self.made:
                    found[stage][rows.index] = rows
        return found

    def _uses(self) -> Iterator[tuple[Sym, int]]:
        """Yield what is read, and in which stage; the rows of a product are read after its own."""
        for stage, nodes in self.lines.items():
            yield from ((sym, stage) for node in nodes for sym in _reads(node))
            made = [sym for node in nodes for sym in node.results if sym.index in self.kept]
            yield from ((sym, self.last + 1) for sym in made)
        for stage, some in self.products.items():
            yield from ((one.rows, stage + 1) for one in some)
        yield from ((atom, self.last) for atom in self.results if isinstance(atom, Sym))


def shared_product(node: Node, shared: Collection[int], turned: Mapping[int, Sym]) -> Product | None:
    """Return what multiplies few rows by a matrix of all nodes' that is large enough to be waited for, or None.

    `turned` tells of names that stand for such a matrix turned round.
    """
    if node.primitive != "matmul":
        return None
    left, right = node.operands
    dtype = dtype_of(node.results[0].type)
    if not isinstance(left, Sym) or not isinstance(right, Sym) or not (right.index in shared or right.index in turned):
        return None
    if dtype.kind != "f" or any(dtype_of(one.type) != dtype for one in node.operands):
        return None
    given, dims = dims_of(left.type), dims_of(right.type)
    if len(dims) != 2 or len(given) not in (1, 2) or not 1 <= prod(given[:-1]) <= MOST_ROWS:
        return None
    # What the runtime computes at once lies together in a row of the matrix: of the sums, or of their terms.
    if dims_of(turned.get(right.index, right).type)[1] * dtype.itemsize < VECTOR or prod(dims) <= FEW:
        return None
    return Product(node.results[0], left, turned.get(right.index, right), right.index in turned)


def _is_turn(node: Node, shared: Collection[int]) -> bool:
    """Tell whether a node turns a matrix of all nodes' round."""
    (of, *_) = node.operands or (None,)
    return (
        node.primitive == "transpose"
        and dict(node.params)["axes"] == (1, 0)
        and isinstance(of, Sym)
        and of.index in shared
    )


def _reads(node: Node) -> tuple[Sym, ...]:
    return free_syms(Block((), (node,), ()))


def _closed(nodes: list[Node], results: tuple[Atom, ...]) -> Block:
    block = drop_unused(Block((), tuple(nodes), results))
    return Block(free_syms(block), block.nodes, results)
