"""Simplify: arithmetic that changes nothing or gives 0 goes, and division by powers of two is shifts and masks.

Only what holds for every value stays the same: `x * 1.0` is `x`, but `x + 0.0` is not, where `x` is -0.0.

>>> from snek_strategies.ir.show import show
>>> from snek_strategies.ir.passes.examples import idle
>>> print(show(idle()))
program idle(%0: float64[3], %1: int64[], %2: int) {
  %3: float64[3] = multiply %0, 1
  %4: int64[] = floor_divide %1, 8
  %5: int64[] = remainder %4, 2
  %6: int = add %2, 0
  %7: int64[] = multiply 0, %1
  return %3, %5, %6, %7
}
<BLANKLINE>
>>> print(show(simplify(idle())))
program idle(%0: float64[3], %1: int64[], %2: int) {
  %3: float64[3] = positive %0
  %4: int64[] = right_shift %1, 3
  %5: int64[] = bitwise_and %4, 1
  return %3, %5, %2, int64[](0)
}
<BLANKLINE>
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from snek_core_transform.deep import in_deep_stack
from snek_strategies.ir.interpretations import FUNCTIONS, OPERATORS
from snek_strategies.ir.rules import effects_of, results_of
from snek_strategies.ir.syntax import Atom, Block, Const, Node, Program, Sym
from snek_strategies.ir.types import Array, Scalar, Type, type_of

SPREADING = frozenset(OPERATORS) | frozenset(FUNCTIONS) | {"where"}
"""What broadcasts its operands."""


def simplify(program: Program) -> Program:
    """Return the program with simpler nodes in the place of some; every value and every effect stays as it is."""
    return Program(program.name, in_deep_stack(lambda: _simpler(program.body, {})))


def _simpler(block: Block, names: dict[int, Atom]) -> Block:
    def atoms(given: tuple[Atom, ...]) -> tuple[Atom, ...]:
        return tuple(names.get(one.index, one) if isinstance(one, Sym) else one for one in given)

    nodes: list[Node] = []
    narrow: dict[int, Atom] = {}
    for old in block.nodes:
        node = old.over(atoms(old.operands), tuple(_simpler(one, names) for one in old.blocks))
        if node.primitive == "broadcast_to" or (node.primitive == "reshape" and _is_one(node.operands[0].type)):
            narrow[node.results[0].index] = node.operands[0]
        node = _unspread(node, narrow)
        nothing, same = _nothing(node), _unchanged(node)
        if nothing is not None:
            names[node.results[0].index] = nothing
        elif same is not None and isinstance(same.type, Scalar):
            names[node.results[0].index] = same
        elif same is not None:
            # Arrays stay apart, and a number of NumPy's may have come as an array of rank 0.
            effects = effects_of("positive", (same,))
            nodes.append(replace(node, primitive="positive", operands=(same,), params=(), effects=effects))
        else:
            nodes.append(_by_bits(node))
    return Block(block.parameters, tuple(nodes), atoms(block.results))


def _unspread(node: Node, narrow: dict[int, Atom]) -> Node:
    """Return an elementwise node that takes what was broadcast as it was before, where the others broadcast it too."""
    if node.primitive not in SPREADING:
        return node
    for at, atom in enumerate(node.operands):
        if isinstance(atom, Sym) and atom.index in narrow:
            operands = (*node.operands[:at], narrow[atom.index], *node.operands[at + 1 :])
            types = tuple(one.type for one in operands)
            if results_of(node.primitive, types, dict(node.params)) == tuple(sym.type for sym in node.results):
                node = replace(node, operands=operands)
    return node


def _is_one(type_: Type) -> bool:
    return isinstance(type_, Array) and not type_.dims


def _unchanged(node: Node) -> Atom | None:
    """Return the operand whose value a node only passes on, or None."""
    if len(node.results) != 1 or node.blocks:
        return None
    for kept, other in _pairs(node):
        if (
            kept.type == node.results[0].type
            and isinstance(other, Const)
            and _is_neutral(node.primitive, kept.type, other)
        ):
            return kept if not isinstance(kept, Const) and _is_number(kept.type) else None
    if node.primitive == "bool" and node.operands[0].type == Scalar("bool"):
        return node.operands[0]
    return None


def _nothing(node: Node) -> Const | None:
    """Return the 0 that a whole number times 0 is, as programs begin counters of another number's dtype; else None."""
    if node.primitive != "multiply" or node.effects or not all(_is_whole(one.type) for one in node.operands):
        return None
    type_ = node.results[0].type
    if not any(isinstance(one, Const) and not np.asarray(one.value).any() for one in node.operands):
        return None
    if isinstance(type_, Array):
        return Const(type_.dtype.type(0), type_) if type_.dims == () else None
    return Const(0, type_)


def _pairs(node: Node) -> list[tuple[Atom, Atom]]:
    if len(node.operands) != 2:
        return []
    left, right = node.operands
    return [(left, right), (right, left)] if node.primitive in ("add", "multiply") else [(left, right)]


def _is_number(type_: Type) -> bool:
    return (isinstance(type_, Scalar) and type_.kind != "bool") or (
        isinstance(type_, Array) and type_.dtype.kind != "b"
    )


def _is_neutral(primitive: str, type_: Type, other: Const) -> bool:
    """Tell whether `x primitive other` is `x` for every x of that type, NaN and both zeros included."""
    numbers = np.asarray(other.value)
    if numbers.dtype.kind not in "biuf" or not numbers.size:
        return False
    value = float(numbers.flat[0])
    if (numbers != value).any() or np.signbit(numbers).any() != np.signbit(numbers).all():
        return False
    if _is_complex(type_):
        # The number becomes complex first: its imaginary 0 makes NaN of what is infinite, and 0.0 of -0.0.
        return primitive == "subtract" and value == 0 and math.copysign(1, value) > 0
    if primitive in ("multiply", "divide"):
        return value == 1
    if primitive not in ("add", "subtract") or value != 0:
        return False
    if _is_whole(type_):
        return True
    whole = isinstance(other.value, int | np.integer)
    # 0.0 taken from -0.0 leaves it, and so does -0.0 added to it; a whole zero becomes 0.0 first.
    return math.copysign(1, value) > 0 if primitive == "subtract" else not whole and math.copysign(1, value) < 0


def _by_bits(node: Node) -> Node:
    """Return a floor division or a remainder by a power of two as a shift or a mask: both round down, too."""
    if node.primitive not in ("floor_divide", "remainder") or len(node.results) != 1:
        return node
    number, divisor = node.operands
    if not _is_whole(number.type) or number.type != node.results[0].type or not isinstance(divisor, Const):
        return node
    by = divisor.value
    if isinstance(by, bool) or not isinstance(by, int | np.integer) or by <= 0 or int(by) & (int(by) - 1):
        return node
    shift = node.primitive == "floor_divide"
    value = type(by)(int(by).bit_length() - 1 if shift else int(by) - 1)
    primitive, operands = "right_shift" if shift else "bitwise_and", (number, Const(value, type_of(value)))
    return replace(node, primitive=primitive, operands=operands, effects=effects_of(primitive, operands))


def _is_complex(type_: Type) -> bool:
    return type_ == Scalar("complex") or (isinstance(type_, Array) and type_.dtype.kind == "c")


def _is_whole(type_: Type) -> bool:
    return type_ == Scalar("int") or (isinstance(type_, Array) and type_.dtype.kind in "iu")
