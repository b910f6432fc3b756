"""Which branches are quicker computed, both of them, than chosen between: a system's own choice costs more."""

from __future__ import annotations

from math import prod

from snek_strategies.backends.arithmetic import ELEMENTWISE
from snek_strategies.ir.symbols import Symbol
from snek_strategies.ir.syntax import Block, Node
from snek_strategies.ir.types import Array, Type

MOST_ELEMENTS = 1 << 13
"""How many elements both branches may compute and give together: some microseconds of work."""

_QUICK = ELEMENTWISE | {
    "where", "bool", "int", "float", "item", "asarray", "astype", "not", "reshape", "broadcast_to",
    "sum", "prod", "max", "min", "any", "all",
}  # fmt: skip


def is_quick(choice: Node) -> bool:
    """Tell whether an `if` may compute both of its branches: they do little, and have no effects."""
    given = sum(_elements(sym.type) for sym in choice.results)
    return bool(choice.results) and given + sum(map(_work, choice.blocks)) <= MOST_ELEMENTS


def _work(block: Block) -> int:
    """Return how many elements a block computes with; more than any bound where it does something else."""
    if any(node.primitive not in _QUICK or node.effects for node in block.nodes):
        return MOST_ELEMENTS + 1
    return sum(max(_elements(atom.type) for atom in (*node.results, *node.operands)) for node in block.nodes)


def _elements(type_: Type) -> int:
    dims = type_.dims if isinstance(type_, Array) else ()
    return prod(MOST_ELEMENTS + 1 if isinstance(dim, Symbol) else dim for dim in dims)
