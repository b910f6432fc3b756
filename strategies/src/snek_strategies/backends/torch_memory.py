"""Which operations may write their result into an operand's memory: nothing else will ask for what that held.

Memory that is new for each operation costs the more the larger arrays are: pages, and the caches that they leave.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from snek_strategies.backends.arithmetic import ELEMENTWISE, dims_of, dtype_of, loop_dtypes
from snek_strategies.backends.torch_idioms import FLOATS, PREFIX, uses
from snek_strategies.ir.loop_counters import index_of
from snek_strategies.ir.syntax import Block, Node, Program

SAME_MEMORY = frozenset({"positive", "conjugate"})
"""Elementwise primitives whose result may be the operand itself."""
METHODS = {
    "add": "add_", "subtract": "sub_", "multiply": "mul_", "divide": "div_", "negative": "neg_", "absolute": "abs_",
    **{name: f"{name}_" for name in (
        "exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "square",
        "reciprocal",
    )},
}  # fmt: skip
"""The methods that write into a tensor, by primitive."""
COMMUTING = frozenset({"add", "multiply"})


def overwritten(program: Program) -> dict[int, int]:
    """Return by the index of its result the position of the operand whose memory a node may write into."""
    return dict(_in_block(program.body, uses(program.body)))


def _in_block(block: Block, used: Counter[int]) -> Iterator[tuple[int, int]]:
    own: set[int] = set()
    for node in block.nodes:
        for inner in node.blocks:
            yield from _in_block(inner, used)
        if node.primitive in METHODS:
            at = _position(node, own, used)
            if at is not None:
                yield node.results[0].index, at
        if _is_new(node):
            own.add(node.results[0].index)


def _position(node: Node, own: set[int], used: Counter[int]) -> int | None:
    (result,) = node.results
    if any(one != dtype_of(result.type) for one in loop_dtypes(node)):
        return None
    for at, atom in enumerate(node.operands):
        index = index_of(atom)
        if index in own and used[index] == 1 and atom.type == result.type:
            return at
    return None


def _is_new(node: Node) -> bool:
    """Tell whether a node makes an array of floats in memory of its own."""
    if len(node.results) != 1 or node.blocks:
        return False
    (result,) = node.results
    if node.primitive == "where" and not dims_of(node.operands[0].type):
        return False  # one of the two, as it is
    makes = node.primitive in ELEMENTWISE - SAME_MEMORY or node.primitive in ("where", "matmul")
    if not (makes or node.primitive.startswith(PREFIX)):
        return False
    return bool(dims_of(result.type)) and dtype_of(result.type) in FLOATS
