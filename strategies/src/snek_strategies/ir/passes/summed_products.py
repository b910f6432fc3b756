"""Which results are sums of products and of nothing else: those that loops and recursions add up, a product a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import prod

import numpy as np

from snek_strategies.ir.symbolic_rules import has_symbols
from snek_strategies.ir.syntax import Atom, Block, Const, Node, Sym, every_node, uses_in
from snek_strategies.ir.types import Array, Type, concrete

Key = tuple[int, int]
"""A result of a function or a loop: the index of the node's first name, and the result's position."""
LEAST = 256
"""How many elements a sum has at least: a smaller one lies in a cache while it grows."""


@dataclass(eq=False)
class Summands:
    """What a sum consists of: products, and results of nodes that are such sums themselves."""

    products: list[Node] = field(default_factory=list)
    parts: list[tuple[Node, int]] = field(default_factory=list)
    sums: set[int] = field(default_factory=set)
    """The names of the additions, which go."""
    goes_on: bool = False
    """Whether the sum goes on from what the loop around it has so far."""
    seen: int = 0
    """At how many places that is."""
    rows: set[int] = field(default_factory=set)
    """How many rows the factors of its products have, in the branches of its parts too."""
    further: set[Key] = field(default_factory=set)
    """The functions and loops that add to it."""


class SummedProducts:
    """The sums of products in a program that it pays to gather."""

    def __init__(self, body: Block) -> None:
        self.nodes = list(every_node(body))
        self.made = {sym.index: node for node in self.nodes for sym in node.results}
        self.functions = {node.results[0].index: node for node in self.nodes if node.primitive == "function"}
        self.uses = uses_in(body)
        self.known = set(self._candidates())
        while self._keep_those_that_pay():
            pass

    def positions(self, node: Node) -> list[int]:
        """Return which results of a function, a call or a loop are sums of products."""
        own = _name(node) if node.primitive in ("function", "call", "while") and node.results else None
        return sorted(at for name, at in self.known if name == own)

    def summands(self, block: Block, at: int, state: Sym | None = None) -> Summands | None:
        """Return what a block's result is the sum of; None where that is not products only, each used once.

        `state` is what a loop's body is given of the sum so far.
        """
        own = {sym.index for node in block.nodes for sym in node.results}
        type_ = block.results[at].type
        found = Summands()
        pending = [block.results[at]]
        while pending:
            atom = pending.pop()
            if isinstance(atom, Sym) and state is not None and atom.index == state.index:
                if found.goes_on:
                    return None
                found.goes_on = True
                found.seen += 1
            elif not self.is_zero(atom):
                more = self._summand(atom, own, state, found) if atom.type == type_ else None
                if more is None:
                    return None
                pending += more
        return found

    def _summand(self, atom: Atom, own: set[int], state: Sym | None, found: Summands) -> list[Atom] | None:
        """Enter one summand; return those that it is made of, or None where it is no sum of products."""
        node = self.made.get(atom.index) if isinstance(atom, Sym) else None
        if node is None or not isinstance(atom, Sym):
            return None
        if _is_product(node):
            found.products.append(node)
            found.rows.add(_rows(node))
            return []
        if atom.index not in own or self.uses[atom.index] != 1:
            return list(node.operands) if node.primitive == "add" and self._is_plain(atom) else None
        if node.primitive == "add":
            found.sums.add(atom.index)
            return list(node.operands)
        at = [sym.index for sym in node.results].index(atom.index)
        found.parts.append((node, at))
        if node.primitive == "if":
            return self._chosen(node, at, state, found)
        key = _name(node), at
        found.further.add(key)
        if node.primitive not in ("call", "while") or key not in self.known:
            return None
        return [node.operands[at]] if node.primitive == "while" else []

    def _chosen(self, node: Node, at: int, state: Sym | None, found: Summands) -> list[Atom] | None:
        ends = [self.summands(block, at, state) for block in node.blocks if not ends_in_raise(block)]
        whole = [one for one in ends if one is not None]
        on = {one.goes_on for one in whole}
        if len(whole) < len(ends) or len(on) != 1 or (found.goes_on and True in on):
            return None
        found.goes_on |= True in on
        for one in whole:
            found.seen += one.seen
            found.rows |= one.rows
            found.further |= one.further
        return []

    def _is_plain(self, atom: Atom) -> bool:
        """Tell whether an atom is a sum of products that lie at hand, so that it may be made twice."""
        node = self.made.get(atom.index) if isinstance(atom, Sym) else None
        if node is not None and node.primitive == "add":
            return all(map(self._is_plain, node.operands))
        return node is not None and _is_product(node)

    def is_zero(self, atom: Atom) -> bool:
        """Tell whether an array is one of zeros."""
        if isinstance(atom, Const):
            return not np.asarray(atom.value).any()
        node = self.made.get(atom.index)
        return node is not None and node.primitive == "broadcast_to" and self.is_zero(node.operands[0])

    # Which of them there are.

    def _candidates(self) -> Iterator[Key]:
        for node in self.nodes:
            if node.primitive == "while" or (node.primitive == "function" and self._is_recursive(node)):
                for at, atom in enumerate(node.blocks[-1].results):
                    if _is_large(atom.type):
                        yield node.results[0].index, at

    def _is_recursive(self, node: Node) -> bool:
        seen: set[int] = set()
        pending = [node]
        while pending:
            for one in every_node(pending.pop().blocks[0]):
                if one.primitive == "call" and isinstance(one.operands[0], Sym):
                    called = one.operands[0].index
                    if called == node.results[0].index:
                        return True
                    if called not in seen and called in self.functions:
                        seen.add(called)
                        pending.append(self.functions[called])
        return False

    def _keep_those_that_pay(self) -> bool:
        """Let go of candidates that are none; tell whether there were some."""
        sums = {key: one for key in self.known if (one := self._of(key)) is not None}
        rows = {key: one.rows for key, one in sums.items()}
        for _ in sums:
            rows = {key: own.union(*(rows.get(one, set()) for one in sums[key].further)) for key, own in rows.items()}
        kept = {key for key, own in rows.items() if own and self._pays(key, max(own))}
        changed = kept != self.known
        self.known = kept
        return changed

    def _of(self, key: Key) -> Summands | None:
        """Return the summands of a candidate, or None where it is no sum of products."""
        node = self.made[key[0]]
        body = node.blocks[-1]
        if node.primitive == "function":
            return self.summands(body, key[1])
        state, tested = body.parameters[key[1]], node.blocks[0].parameters[key[1]]
        found = self.summands(body, key[1], state)
        whole = found is not None and found.goes_on and found.seen == self.uses[state.index]
        return found if whole and not self.uses[tested.index] else None

    def _pays(self, key: Key, rows: int) -> bool:
        """Tell whether it takes less to write a product's factors down than to add the product up."""
        type_ = self.made[key[0]].blocks[-1].results[key[1]].type
        assert isinstance(type_, Array)
        dims = concrete(type_.dims)
        return prod(dims) >= 2 * rows * sum(dims)


def _is_large(type_: Type) -> bool:
    if not isinstance(type_, Array) or len(type_.dims) != 2 or type_.dtype.kind != "f" or has_symbols(type_.dims):
        return False
    return prod(concrete(type_.dims)) >= LEAST


def ends_in_raise(block: Block) -> bool:
    """Tell whether a block ends in an exception, so that it yields nothing."""
    return bool(block.nodes) and block.nodes[-1].primitive == "raise"


def _name(node: Node) -> int:
    if node.primitive == "call":
        return node.operands[0].index  # type: ignore[union-attr]
    return node.results[0].index


def _is_product(node: Node) -> bool:
    return node.primitive == "matmul" and all(
        isinstance(one.type, Array)
        and len(one.type.dims) == 2
        and not has_symbols(one.type.dims)
        and one.type == _like(node, one)
        for one in node.operands
    )


def _like(node: Node, atom: Atom) -> Array:
    """Return an atom's type in the dtype of a node's result."""
    made, given = node.results[0].type, atom.type
    assert isinstance(made, Array)
    assert isinstance(given, Array)
    return Array(made.dtype, given.dims)


def _rows(product: Node) -> int:
    return int(product.operands[1].type.dims[0])  # type: ignore[union-attr]
