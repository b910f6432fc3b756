"""What PyTorch has one operation for: a product that is added to something or summed, and the logistic function.

Each operation costs its call, the same for one of a few elements as for a fused one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from snek_strategies.backends.arithmetic import dtype_of
from snek_strategies.backends.rewriting import drop_unused
from snek_strategies.ir.loop_counters import index_of
from snek_strategies.ir.shape_rules import dims_of
from snek_strategies.ir.symbols import Symbol
from snek_strategies.ir.syntax import Atom, Block, Const, Node, Program, uses_in

PREFIX = "torch."
"""Begins the names of primitives that are functions of PyTorch; no other back-end has them."""
FLOATS = frozenset({np.dtype("float32"), np.dtype("float64")})
LONGEST = 1 << 12
"""Lines with more elements are summed pair by pair, as NumPy does it, so that few roundings add up."""

FEW = 16
"""`addmm` is quicker than a product and a sum of fewer columns; of more, a product alone has quicker kernels."""

Makers = Mapping[int, Node]
"""By the index of its result, the node of a block that makes it."""


def torch_idioms(program: Program) -> Program:
    """Return the program with such operations in place of those that they are made of."""
    return Program(program.name, drop_unused(_block(program.body, uses_in(program.body))))


def _block(block: Block, used: Counter[int]) -> Block:
    made: dict[int, Node] = {}
    nodes = []
    for node in block.nodes:
        one = replace(node, blocks=tuple(_block(inner, used) for inner in node.blocks)) if node.blocks else node
        if one.primitive in IDIOMS and dtype_of(one.results[0].type) in FLOATS:
            one = IDIOMS[one.primitive](one, made, used) or one
        made.update({sym.index: one for sym in one.results})
        nodes.append(one)
    return replace(block, nodes=tuple(nodes))


def _called(name: str, node: Node, operands: tuple[Atom, ...]) -> Node:
    return Node(node.results, f"{PREFIX}{name}", operands, place=node.place)


def _added_product(node: Node, made: Makers, used: Counter[int]) -> Node | None:
    """Return `addmm` for a sum with a product of matrices that nothing else uses."""
    (result,) = node.results
    for product, addend in (node.operands, node.operands[::-1]) if dims_of(result.type) else ():
        maker = made.get(index_of(product))
        if maker is None or maker.primitive != "matmul" or used[index_of(product)] != 1:
            continue
        types = [atom.type for atom in (addend, *maker.operands)]
        if {dtype_of(one) for one in types} != {dtype_of(result.type)} or not dims_of(addend.type):
            continue
        *_, columns = dims_of(result.type)
        few = not isinstance(columns, Symbol) and columns < FEW
        if few and all(len(dims_of(one)) == 2 for one in types[1:]) and dims_of(product.type) == dims_of(result.type):
            return _called("addmm", node, (addend, *maker.operands))
    return None


def _logistic(node: Node, made: Makers, _: Counter[int]) -> Node | None:
    """Return `sigmoid` of z for 1 / (1 + exp(-z)), which PyTorch computes as it is written."""
    one, below = node.operands
    raised, other = _operands("add", below, made)
    if _is_one(raised):
        raised, other = other, raised
    (power,) = _operands("exp", raised, made)
    (z,) = _operands("negative", power, made)
    if _is_one(one) and _is_one(other) and z is not None and dims_of(z.type) and z.type == node.results[0].type:
        return _called("sigmoid", node, (z,))
    return None


def _operands(primitive: str, atom: Atom | None, made: Makers) -> tuple[Atom | None, ...]:
    """Return the operands of what makes a value, where that is a primitive; so many times None elsewhere."""
    maker = None if atom is None else made.get(index_of(atom))
    if maker is None or maker.primitive != primitive:
        return (None, None) if primitive == "add" else (None,)
    return maker.operands


def _is_one(atom: Atom | None) -> bool:
    return isinstance(atom, Const) and np.ndim(atom.value) == 0 and atom.value == 1  # type: ignore[arg-type]


def _inner_product(node: Node, made: Makers, used: Counter[int]) -> Node | None:
    """Return `dot` for the sum of a product of two lines that nothing else uses."""
    (product,) = node.operands
    maker = made.get(index_of(product))
    if maker is None or maker.primitive != "multiply" or used[index_of(product)] != 1:
        return None
    one, other = maker.operands
    if not one.type == other.type == product.type or len(dims_of(product.type)) != 1:
        return None
    (length,) = dims_of(product.type)
    short = not isinstance(length, Symbol) and length <= LONGEST
    same = dtype_of(node.results[0].type) == dtype_of(product.type)
    return _called("dot", node, (one, other)) if same and short else None


IDIOMS = {"add": _added_product, "divide": _logistic, "sum": _inner_product}
"""What looks for an idiom that ends in a primitive: it returns the one operation, or None."""
