"""Counters of loops: variables that go up by one for as long as they are below a bound."""

from __future__ import annotations

from snek_strategies.ir.syntax import Atom, Const, Node, Sym


def index_of(atom: Atom) -> int:
    """Return a name's index, or -1 for a constant."""
    return atom.index if isinstance(atom, Sym) else -1


def counters(loop: Node) -> dict[int, tuple[Atom, Atom]]:
    """Return the body's parameters that count up by one below a bound from outside: their first value and the bound."""
    test, body = loop.blocks
    made = {node.results[0].index: node for node in test.nodes if len(node.results) == 1}
    inside = {sym.index for sym in test.parameters} | made.keys()
    node = made.get(index_of(test.results[0]))
    while node is not None and node.primitive == "bool":
        node = made.get(index_of(node.operands[0]))
    if node is None or node.primitive != "less" or index_of(node.operands[1]) in inside:
        return {}
    steps = {node.results[0].index: node for node in body.nodes if node.primitive == "add"}
    found: dict[int, tuple[Atom, Atom]] = {}
    for tested, here, first, after in zip(test.parameters, body.parameters, loop.operands, body.results, strict=True):
        step = steps.get(index_of(after))
        if tested != node.operands[0] or step is None or step.operands[0] != here:
            continue
        by = step.operands[1]
        if isinstance(by, Const) and by.value == 1:
            found[here.index] = (first, node.operands[1])
    return found
