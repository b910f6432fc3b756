"""Gather products: where a loop or a recursion adds products up, it gathers their factors, for one product at the end.

>>> from snek_strategies.ir.show import show
>>> from snek_strategies.ir.passes.examples import descent
>>> print(show(descent()))
program descent(%0: float64[2,30], %1: float64[2,40], %2: float64[30,40]) {
  %12: int, %13: float64[30,40] = while (0, %2) test (%3: int, %4: float64[30,40]) {
    %5: bool = less %3, 9
    yield %5
  } body (%6: int, %7: float64[30,40]) {
    %8: float64[30,2] = transpose[axes=(1, 0)] %0
    %9: float64[30,40] = matmul %8, %1
    %10: float64[30,40] = add %7, %9
    %11: int = add %6, 1
    yield %11, %10
  }
  return %13
}
<BLANKLINE>
>>> print(show(gather_products(descent())))
program descent(%0: float64[2,30], %1: float64[2,40], %2: float64[30,40]) {
  %3: tape = tape_new
  %13: int, %14: tape = while (0, %3) test (%4: int, %5: tape) {
    %6: bool = less %4, 9
    yield %6
  } body (%7: int, %8: tape) {
    %9: float64[30,2] = transpose[axes=(1, 0)] %0
    %10: float64[30,40] = matmul %9, %1
    %11: int = add %7, 1
    %12: tape = tape_gather %8, %0, %1
    yield %11, %12
  }
  %15: float64[30,40] = tape_product[types=(float64[30,40])] %14
  %16: float64[30,40] = add %2, %15
  return %16
}
<BLANKLINE>
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from snek_core_transform.deep import in_deep_stack
from snek_core_transform.errors import Place
from snek_strategies.ir.passes.close_functions import numbered
from snek_strategies.ir.passes.summed_products import Summands, SummedProducts, ends_in_raise
from snek_strategies.ir.rules import RULES, effects_of
from snek_strategies.ir.syntax import Atom, Block, Node, Program, Sym, next_index
from snek_strategies.ir.types import TAPE, Fn, Type

_T = TypeVar("_T")


def gather_products(program: Program) -> Program:
    """Return the program whose sums of products, where that takes less, are each one product of gathered factors."""
    fresh = numbered(next_index(program.body))
    return Program(program.name, in_deep_stack(lambda: _Gathering(program.body, fresh).block(program.body, {})))


class _Gathering:
    def __init__(self, body: Block, fresh: Callable[[Type], Sym]) -> None:
        self.found = SummedProducts(body)
        self.fresh = fresh
        self.names = {
            one.results[0].index: self._name(one.results[0], self.found.positions(one))
            for one in self.found.functions.values()
        }

    def _name(self, name: Sym, gathered: list[int]) -> Sym:
        assert isinstance(name.type, Fn)
        tapes = (TAPE,) * len(gathered)
        return replace(name, type=Fn((*name.type.parameters, *tapes), (*_without(name.type.results, gathered), *tapes)))

    def block(self, block: Block, into: Mapping[int, Sym], state: Mapping[int, Sym] | None = None) -> Block:
        """Return the block that instead of these results, which come last, yields the tapes with their factors.

        `state` is what a loop's body is given of each result.
        """
        tapes, state = dict(into), state or {}
        sums = {at: self._sum(block, at, state.get(at)) for at in into}
        gone = frozenset().union(*(one.sums for one in sums.values()))
        wanted = {(id(node), at): to for to, one in sums.items() for node, at in one.parts}
        nodes: list[Node] = []
        for node in block.nodes:
            if not (node.results and node.results[0].index in gone):
                own = {at: wanted[id(node), at] for at in range(len(node.results)) if (id(node), at) in wanted}
                self._node(node, own, tapes, state, nodes)
        for to, one in sums.items():
            for product in one.products:
                tapes[to] = self._push(tapes[to], product, nodes)
        results = [*_without(block.results, list(into)), *(tapes[at] for at in sorted(tapes))]
        return Block(block.parameters, tuple(nodes), self._atoms(results))

    def _sum(self, block: Block, at: int, state: Sym | None) -> Summands:
        if ends_in_raise(block):
            return Summands()
        found = self.found.summands(block, at, state)
        assert found is not None, "what is gathered is a sum of products"
        return found

    def _atoms(self, given: tuple[Atom, ...] | list[Atom]) -> tuple[Atom, ...]:
        return tuple(self.names.get(one.index, one) if isinstance(one, Sym) else one for one in given)

    def _emit(self, nodes: list[Node], place: Place | None, primitive: str, *operands: Atom, **params: object) -> Sym:
        (type_,) = RULES[primitive](*(one.type for one in operands), **params)
        made = self.fresh(type_)
        effects = effects_of(primitive, operands)
        nodes.append(Node((made,), primitive, operands, tuple(params.items()), (), effects, place))
        return made

    def _push(self, tape: Sym, product: Node, nodes: list[Node]) -> Sym:
        """Write a product's factors down, the left one as it is before it is turned round."""
        left, right = product.operands
        turned = self.found.made.get(left.index) if isinstance(left, Sym) else None
        if turned is not None and turned.primitive == "transpose":
            (left,) = turned.operands
        else:
            left = self._emit(nodes, product.place, "transpose", left, axes=(1, 0))
        return self._emit(nodes, product.place, "tape_gather", tape, left, right)

    def _node(
        self,
        node: Node,
        wanted: dict[int, int],
        tapes: dict[int, Sym],
        state: Mapping[int, Sym],
        nodes: list[Node],
    ) -> None:
        """Append a node; its results in `wanted`, by position, go into the tapes of the results that they add to."""
        if node.primitive == "function":
            nodes.append(self._function(node))
            return
        at = sorted(wanted) if node.primitive == "if" else self.found.positions(node)
        if not at:
            blocks = tuple(self.block(one, {}) for one in node.blocks)
            nodes.append(node.over(self._atoms(node.operands), blocks))
            return
        given = {one: tapes[wanted[one]] if one in wanted else self._emit(nodes, node.place, "tape_new") for one in at}
        made = {one: self.fresh(TAPE) for one in at}
        inside = {one: state[wanted[one]] for one in wanted if wanted[one] in state}
        nodes.append(self._gathered(node, given, made, inside))
        for one, tape in made.items():
            if one in wanted:
                tapes[wanted[one]] = tape
            else:
                self._product(node, one, tape, nodes)

    def _gathered(self, node: Node, given: dict[int, Sym], made: dict[int, Sym], state: Mapping[int, Sym]) -> Node:
        """Return a node that is given tapes and gives them back, in the place of its sums."""
        at = list(given)
        operands, blocks = node.operands, node.blocks
        if node.primitive == "if":
            blocks = tuple(self.block(one, given, state) for one in node.blocks)
        elif node.primitive == "call":
            operands = (*operands, *given.values())
        else:
            test, body = node.blocks
            operands = (*_without(operands, at), *given.values())
            blocks = (self._of_loop(test, at, ()), self._of_loop(body, at, at))
        results = (*_without(node.results, at), *made.values())
        return replace(node, results=results, operands=self._atoms(operands), blocks=blocks)

    def _of_loop(self, block: Block, at: list[int], back: Sequence[int]) -> Block:
        """Return a loop's test or body, which is given tapes in the place of sums; a body gives them back."""
        own = {one: self.fresh(TAPE) for one in at}
        made = self.block(block, {one: own[one] for one in back}, {one: block.parameters[one] for one in back})
        return replace(made, parameters=(*_without(block.parameters, at), *own.values()))

    def _function(self, node: Node) -> Node:
        (body,) = node.blocks
        own = {at: self.fresh(TAPE) for at in self.found.positions(node)}
        made = replace(self.block(body, own), parameters=(*body.parameters, *own.values()))
        return replace(node, results=(self.names[node.results[0].index],), blocks=(made,))

    def _product(self, node: Node, at: int, tape: Sym, nodes: list[Node]) -> None:
        """Append the one product that a sum is, and what a loop's sum began with."""
        result = node.results[at]
        start = node.operands[at] if node.primitive == "while" else None
        if start is None or self.found.is_zero(start):
            nodes.append(Node((result,), "tape_product", (tape,), (("types", (result.type,)),), place=node.place))
            return
        made = self._emit(nodes, node.place, "tape_product", tape, types=(result.type,))
        nodes.append(Node((result,), "add", (start, made), place=node.place))


def _without(atoms: tuple[_T, ...], at: list[int]) -> tuple[_T, ...]:
    return tuple(one for number, one in enumerate(atoms) if number not in at)
