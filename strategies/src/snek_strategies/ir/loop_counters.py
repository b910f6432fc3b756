"""Counters of loops: variables that go up by one for as long as they are below a bound, and what else a test tells."""

from __future__ import annotations

from dataclasses import dataclass

from snek_strategies.ir.syntax import Atom, Block, Const, Node, Sym


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


@dataclass(frozen=True)
class Order:
    """That one number is below another; where it is not strict, it may also equal it."""

    small: Atom
    large: Atom
    strict: bool


_ORDERS = {"less": (0, 1, True), "less_equal": (0, 1, False), "greater": (1, 0, True), "greater_equal": (1, 0, False)}

_CONVERSIONS = ("bool", "asarray", "astype", "positive")


def orders(test: Block) -> list[Order]:
    """Return what holds whenever a loop's test does, the parts of an `and` included."""
    made = {node.results[0].index: node for node in test.nodes if len(node.results) == 1}
    pending = [test.results[0]]
    found: list[Order] = []
    while pending:
        node = made.get(index_of(pending.pop()))
        if node is None:
            continue
        if node.primitive in _ORDERS:
            small, large, strict = _ORDERS[node.primitive]
            found.append(Order(node.operands[small], node.operands[large], strict))
        elif node.primitive == "bool":
            pending.append(node.operands[0])
        elif node.primitive == "if" and _denies(node):
            (then, _) = node.blocks
            made.update({one.results[0].index: one for one in then.nodes if len(one.results) == 1})
            pending += [node.operands[0], then.results[0]]
    return found


def _denies(choice: Node) -> bool:
    """Tell whether an `if` node is false wherever its operand is: it stands for an `and`."""
    orelse = choice.blocks[1]
    if len(orelse.results) != 1:
        return False
    made = {node.results[0].index: node for node in orelse.nodes if node.primitive in _CONVERSIONS}
    (otherwise,) = orelse.results
    while index_of(otherwise) in made:
        otherwise = made[index_of(otherwise)].operands[0]
    if isinstance(otherwise, Const):
        return otherwise.value is False
    return otherwise == choice.operands[0]
