"""Share equal loops: one that stands in several places, as where the loop around it is written out, becomes a function.

>>> from snek_strategies.ir.show import show
>>> from snek_strategies.ir.passes.examples import looping_twice
>>> print(show(looping_twice()))
program looping_twice(%0: float64[], %1: float64[], %2: float64[]) {
  %8: float64[] = while (%2) test (%3: float64[]) {
    %4: bool[] = less %3, %0
    %5: bool = bool %4
    yield %5
  } body (%6: float64[]) {
    %7: float64[] = add %6, %6
    yield %7
  }
  %14: float64[] = while (%2) test (%9: float64[]) {
    %10: bool[] = less %9, %1
    %11: bool = bool %10
    yield %11
  } body (%12: float64[]) {
    %13: float64[] = add %12, %12
    yield %13
  }
  return %8, %14
}
<BLANKLINE>
>>> print(show(share_loops(looping_twice(), least=1)))
program looping_twice(%0: float64[], %1: float64[], %2: float64[]) {
  %3 = function[name='loop'] (%4: float64[], %5: float64[]) {
    %11: float64[] = while (%4) test (%6: float64[]) {
      %7: bool[] = less %6, %5
      %8: bool = bool %7
      yield %8
    } body (%9: float64[]) {
      %10: float64[] = add %9, %9
      yield %10
    }
    return %11
  }
  %12: float64[] = call %3, %2, %0
  %13: float64[] = call %3, %2, %1
  return %12, %13
}
<BLANKLINE>
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass, replace

import numpy as np

from snek_core_transform.deep import in_deep_stack
from snek_strategies.ir.gradients.drafts import substituted
from snek_strategies.ir.passes.close_functions import numbered
from snek_strategies.ir.syntax import Atom, Block, Const, Node, Program, Sym, next_index
from snek_strategies.ir.types import Fn

LEAST = 32
"""How many nodes a loop has at least that takes longer to compile again than all its calls take to run."""


def share_loops(program: Program, least: int = LEAST) -> Program:
    """Return the program with each loop of `least` nodes or more that stands in several places called from there.

    Loops are equal that differ in their names only. The constants that they begin with are part of them, so that what
    follows from a counter's first value still does.
    """
    return in_deep_stack(lambda: _Sharing(program, least).program())


class _Sharing:
    """The loops of a program by what equal ones have in common, and the functions made of them."""

    def __init__(self, program: Program, least: int) -> None:
        self.old = program
        self.least = least
        self.fresh = numbered(next_index(program.body))
        self.shapes: dict[int, _Shape] = {}
        self.counts: Counter[Hashable] = Counter()
        self.functions: dict[Hashable, Node] = {}

    def program(self) -> Program:
        """Return the new program."""
        self._count(self.old.body)
        if max(self.counts.values(), default=0) < 2:
            return self.old
        body = self._block(self.old.body)
        return Program(self.old.name, replace(body, nodes=(*self.functions.values(), *body.nodes)))

    def _count(self, block: Block) -> None:
        for node in block.nodes:
            shape = _shape(node) if node.primitive == "while" else None
            if shape is not None and shape.size >= self.least:
                self.shapes[id(node)] = shape
                self.counts[shape.key] += 1
                if self.counts[shape.key] > 1:
                    continue  # what is inside will stand there once
            for inner in node.blocks:
                self._count(inner)

    def _block(self, block: Block) -> Block:
        return replace(block, nodes=tuple(map(self._node, block.nodes)))

    def _node(self, node: Node) -> Node:
        shape = self.shapes.get(id(node))
        if shape is None or self.counts[shape.key] < 2:
            return node.over(node.operands, tuple(map(self._block, node.blocks)))
        if shape.key not in self.functions:
            made = self._function(node, shape.given)  # what it calls itself comes first
            self.functions[shape.key] = made
        (name,) = self.functions[shape.key].results
        return Node(node.results, "call", (name, *shape.given), (), (), node.effects, node.place)

    def _function(self, loop: Node, given: tuple[Sym, ...]) -> Node:
        inner = replace(
            loop,
            results=tuple(replace(sym, index=self.fresh(sym.type).index) for sym in loop.results),
            blocks=tuple(map(self._block, loop.blocks)),
        )
        own = tuple(replace(sym, index=self.fresh(sym.type).index) for sym in given)
        body = substituted(Block(given, (inner,), inner.results), own)
        type_ = Fn(tuple(sym.type for sym in given), tuple(sym.type for sym in loop.results))
        name = "loop" if loop.place is None else f"loop_of_line_{loop.place.line}"
        block = Block(own, body.nodes, body.results)
        return Node((self.fresh(type_),), "function", (), (("name", name),), (block,), frozenset(), loop.place)


@dataclass(frozen=True)
class _Shape:
    """What equal loops have in common, and what this one uses from around it, in the order of first use."""

    key: Hashable
    given: tuple[Sym, ...]
    size: int


def _shape(loop: Node) -> _Shape | None:
    """Return a loop's shape; None where it calls functions from around it, which stand behind what is shared."""
    reading = _Reading()
    key = reading.node(loop)
    given = tuple(reading.given)
    return None if any(isinstance(sym.type, Fn) for sym in given) else _Shape((loop.place, key), given, reading.size)


class _Reading:
    """Reads nodes with numbers for names, in the order in which they are met."""

    def __init__(self) -> None:
        self.numbers: dict[int, int] = {}
        self.given: list[Sym] = []
        self.size = 0

    def node(self, node: Node) -> Hashable:
        """Return what equal nodes have in common."""
        self.size += 1
        operands = tuple(map(self.atom, node.operands))
        if node.primitive == "function":
            self._bind(node.results)
        blocks = tuple(map(self._block, node.blocks))
        self._bind(node.results)
        types = tuple(sym.type for sym in node.results)
        return node.primitive, operands, _value(node.params), blocks, node.effects, types

    def atom(self, atom: Atom) -> Hashable:
        """Return what equal operands have in common."""
        if isinstance(atom, Const):
            return atom.type, _value(atom.value)
        if atom.index not in self.numbers:
            self._bind((atom,))
            self.given.append(atom)
        return atom.type, ("name", self.numbers[atom.index])

    def _block(self, block: Block) -> Hashable:
        self._bind(block.parameters)
        nodes = tuple(map(self.node, block.nodes))
        return tuple(sym.type for sym in block.parameters), nodes, tuple(map(self.atom, block.results))

    def _bind(self, syms: tuple[Sym, ...]) -> None:
        for sym in syms:
            self.numbers.setdefault(sym.index, len(self.numbers))


def _value(value: object) -> Hashable:
    """Return what equal values have in common: numbers by their digits, so that zeros differ in sign, arrays by who."""
    if isinstance(value, tuple):
        return tuple(map(_value, value))
    if isinstance(value, (float, complex, np.generic)):
        return type(value), repr(value)
    try:
        hash(value)
    except TypeError:
        return id(value)
    return type(value), value
