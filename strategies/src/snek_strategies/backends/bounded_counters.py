"""Which additions cannot leave 64 bits: those that count a loop's variable towards the bound that its test asks for."""

from __future__ import annotations

from snek_strategies.ir.loop_counters import index_of, orders
from snek_strategies.ir.syntax import Const, Node, Sym
from snek_strategies.ir.types import INT


def bounded_results(loop: Node) -> set[int]:
    """Return the names that a `while` node's body binds to a counter's next value, as `range` counts.

    A counter below some `int` has room for one step of at most 2**31 only where that int has; a step of 1 always.
    """
    test, body = loop.blocks
    below, above = _compared(loop)
    upward = {one.index for one, outer in zip(body.parameters, test.parameters, strict=True) if outer.index in below}
    downward = {one.index for one, outer in zip(body.parameters, test.parameters, strict=True) if outer.index in above}
    found: set[int] = set()
    for node in body.nodes:
        if node.primitive == "add" and node.results[0].type == INT:
            left, right = node.operands
            step = right.value if isinstance(right, Const) else None
            towards = upward if step == 1 else downward if step == -1 else set()
            if isinstance(left, Sym) and left.index in towards:
                found.add(node.results[0].index)
    return found


def _compared(loop: Node) -> tuple[set[int], set[int]]:
    """Return the names that are below (above) some int whenever the test holds."""
    told = [one for one in orders(loop.blocks[0]) if one.strict and one.small.type == INT and one.large.type == INT]
    return {index_of(one.small) for one in told}, {index_of(one.large) for one in told}
