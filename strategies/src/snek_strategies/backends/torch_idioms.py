"""What PyTorch has one operation for: a product that is added to something or summed, and the logistic function.

Each operation costs its call, the same for one of a few elements as for a fused one.
"""

from __future__ import annotations

from collections import Counter

from snek_strategies.backends.arithmetic import dtype_of
from snek_strategies.backends.idioms import Makers, logistic, with_idioms
from snek_strategies.ir.loop_counters import index_of
from snek_strategies.ir.shape_rules import dims_of
from snek_strategies.ir.symbols import Symbol
from snek_strategies.ir.syntax import Atom, Node, Program

PREFIX = "torch."
"""Begins the names of primitives that are functions of PyTorch; no other back-end has them."""
LONGEST = 1 << 12
"""Lines with more elements are summed pair by pair, as NumPy does it, so that few roundings add up."""

FEW = 16
"""`addmm` is quicker than a product and a sum of fewer columns; of more, a product alone has quicker kernels."""


def torch_idioms(program: Program) -> Program:
    """Return the program with such operations in place of those that they are made of."""
    return with_idioms(program, IDIOMS)


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


IDIOMS = {"add": _added_product, "divide": logistic, "sum": _inner_product}
"""What looks for an idiom that ends in a primitive: it returns the one operation, or None."""
