"""One operation of a system in place of those that it is made of: how they are found, and the logistic function."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from snek_strategies.backends.arithmetic import dtype_of
from snek_strategies.backends.rewriting import drop_unused
from snek_strategies.ir.loop_counters import index_of
from snek_strategies.ir.shape_rules import dims_of
from snek_strategies.ir.syntax import Atom, Block, Const, Node, Program, uses_in

LOGISTIC = "logistic"
"""A primitive of back-ends that have it."""
FLOATS = frozenset({np.dtype("float32"), np.dtype("float64")})

Makers = Mapping[int, Node]
"""By the index of its result, the node of a block that makes it."""
Idiom = Callable[[Node, Makers, Counter[int]], Node | None]
"""Returns the one operation that a node ends, or None; it is told how often each name is used."""


def with_idioms(program: Program, idioms: Mapping[str, Idiom]) -> Program:
    """Return the program with one operation for what `idioms` find, each by the primitive that ends what it finds."""
    return Program(program.name, drop_unused(_block(program.body, idioms, uses_in(program.body))))


def _block(block: Block, idioms: Mapping[str, Idiom], used: Counter[int]) -> Block:
    made: dict[int, Node] = {}
    nodes = []
    for node in block.nodes:
        one = replace(node, blocks=tuple(_block(inner, idioms, used) for inner in node.blocks)) if node.blocks else node
        if one.primitive in idioms and dtype_of(one.results[0].type) in FLOATS:
            one = idioms[one.primitive](one, made, used) or one
        made.update({sym.index: one for sym in one.results})
        nodes.append(one)
    return replace(block, nodes=tuple(nodes))


def logistic(node: Node, made: Makers, _: Counter[int]) -> Node | None:
    """Return the logistic function of z for 1 / (1 + exp(-z)), which systems compute as it is written."""
    one, below = node.operands
    raised, other = _operands("add", below, made)
    if _is_one(raised):
        raised, other = other, raised
    (power,) = _operands("exp", raised, made)
    (z,) = _operands("negative", power, made)
    if _is_one(one) and _is_one(other) and z is not None and dims_of(z.type) and z.type == node.results[0].type:
        return Node(node.results, LOGISTIC, (z,), place=node.place)
    return None


def _operands(primitive: str, atom: Atom | None, made: Makers) -> tuple[Atom | None, ...]:
    """Return the operands of what makes a value, where that is a primitive; so many times None elsewhere."""
    maker = None if atom is None else made.get(index_of(atom))
    if maker is None or maker.primitive != primitive:
        return (None, None) if primitive == "add" else (None,)
    return maker.operands


def _is_one(atom: Atom | None) -> bool:
    return isinstance(atom, Const) and np.ndim(atom.value) == 0 and atom.value == 1  # type: ignore[arg-type]
