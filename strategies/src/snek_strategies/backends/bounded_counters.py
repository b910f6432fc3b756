"""Which additions cannot leave 64 bits: those that count a loop's variable towards the bound that its test asks for."""

from __future__ import annotations

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
    """Return the test's parameters that are below (above) some int whenever the test holds."""
    test = loop.blocks[0]
    made = {node.results[0].index: node for node in test.nodes if len(node.results) == 1}
    (result,) = test.results
    below: set[int] = set()
    above: set[int] = set()
    while isinstance(result, Sym) and result.index in made:
        node = made[result.index]
        if node.primitive in ("less", "greater"):
            left, right = node.operands
            if left.type == INT and right.type == INT:
                swap = node.primitive == "greater"
                small, large = (right, left) if swap else (left, right)
                below |= {small.index} if isinstance(small, Sym) else set()
                above |= {large.index} if isinstance(large, Sym) else set()
            break
        if (node.primitive == "if" and _denies(node)) or node.primitive == "bool":
            (result,) = node.operands
        else:
            break
    return below, above


def _denies(choice: Node) -> bool:
    """Tell whether an `if` node is false wherever its operand is: it stands for an `and`."""
    (otherwise,) = choice.blocks[1].results[:1] or (None,)
    if isinstance(otherwise, Const):
        return otherwise.value is False and len(choice.results) == 1
    return otherwise is not None and otherwise == choice.operands[0]
