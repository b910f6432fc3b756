"""How long a program may run, roughly: whether other threads of Python should run meanwhile."""

from __future__ import annotations

from snek_strategies.backends.lantern.extents import Extent, Size, count_of, dims_of, is_above
from snek_strategies.backends.lifted_functions import Lifted
from snek_strategies.ir.syntax import Atom, Node, every_node
from snek_strategies.ir.types import Fn, Tape

SHORT = 20_000
"""How many operations on numbers are over before a thread that waits for the GIL would have had it: some 10 µs."""


def takes_long(functions: tuple[Lifted, ...]) -> bool:
    """Tell whether a program has a loop, recursion, or more than a few operations.

    A program that is over at once keeps the GIL: who lets it go may wait 5 ms for it while another thread computes.
    """
    nodes = [node for one in functions for node in every_node(one.block)]
    if any(one.recursive for one in functions) or any(node.primitive == "while" for node in nodes):
        return True
    return is_above(sum(map(_operations, nodes)), SHORT)


def _operations(node: Node) -> Extent:
    counts = [count_of(dims_of(one.type)) for one in _data(node)]
    unknown = next((one for one in counts if isinstance(one, Size)), None)
    if node.primitive != "matmul":
        return unknown or max((one for one in counts if isinstance(one, int)), default=1)
    made = count_of(dims_of(node.results[0].type))
    return made * (dims_of(node.operands[0].type) or (1,))[-1]


def _data(node: Node) -> list[Atom]:
    return [one for one in (*node.operands, *node.results) if not isinstance(one.type, (Fn, Tape))]
