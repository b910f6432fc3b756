"""Which operations may write their result into an operand's memory: nothing else will ask for what that held.

Memory that is new for each operation costs the more the larger arrays are: pages, and the caches that they leave.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from snek_strategies.backends.arithmetic import ELEMENTWISE, dtype_of, loop_dtypes
from snek_strategies.backends.idioms import FLOATS, LOGISTIC
from snek_strategies.backends.in_place import HERE
from snek_strategies.backends.torch_idioms import PREFIX
from snek_strategies.ir.loop_counters import index_of
from snek_strategies.ir.shape_rules import dims_of
from snek_strategies.ir.syntax import Block, Node, Program, uses_in
from snek_strategies.ir.types import Type

NEW = ELEMENTWISE - {"positive", "conjugate", "floor", "ceil", "trunc", "rint"} | {
    "where", "matmul", "concatenate", "setitem", "additem", LOGISTIC,
}  # fmt: skip
"""Primitives whose result is never an operand itself, nor a part of one."""
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
    return dict(_in_block(program.body, uses_in(program.body)))


def _in_block(block: Block, used: Counter[int]) -> Iterator[tuple[int, int]]:
    own: set[int] = set()
    for node in block.nodes:
        for inner in node.blocks:
            yield from _in_block(inner, used)
        if node.primitive in METHODS:
            at = _position(node, own, used)
            if at is not None:
                yield node.results[0].index, at
        # TorchScript's numbers choose one of two tensors as it is.
        chosen = node.primitive == "where" and not dims_of(node.operands[0].type)
        if is_new(node) and not chosen and _is_large(node.results[0].type):
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


def _is_large(type_: Type) -> bool:
    return bool(dims_of(type_)) and dtype_of(type_) in FLOATS


def is_new(node: Node) -> bool:
    """Tell whether a node makes a tensor in memory of its own."""
    if len(node.results) != 1 or node.blocks:
        return False
    return (node.primitive in NEW and HERE not in node.params) or node.primitive.startswith(PREFIX)
