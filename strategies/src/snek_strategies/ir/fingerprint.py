"""A program's fingerprint: programs that have one are the same to every back-end, wherever their texts stand."""

from __future__ import annotations

import hashlib

import numpy as np

from snek_core_transform.deep import in_deep_stack
from snek_strategies.ir.sexpr import param_text
from snek_strategies.ir.syntax import Atom, Block, Const, Node, Program, Sym
from snek_strategies.ir.types import Scalar, Type

LARGE = 256
"""From how many bytes on an array counts by its digest."""


def fingerprint(program: Program) -> str | None:
    """Return a digest of all that a program says but the places in the user's text, or None where it has no text."""
    types: dict[int, str] = {}
    try:
        said = in_deep_stack(lambda: repr((program.name, _block(program.body, types))))
    except TypeError:
        return None
    return hashlib.sha256(said.encode()).hexdigest()


def _block(block: Block, types: dict[int, str]) -> tuple[object, ...]:
    return (
        [_binder(sym, types) for sym in block.parameters],
        [_node(node, types) for node in block.nodes],
        [_atom(atom, types) for atom in block.results],
    )


def _node(node: Node, types: dict[int, str]) -> tuple[object, ...]:
    return (
        node.primitive,
        [_binder(sym, types) for sym in node.results],
        [_atom(atom, types) for atom in node.operands],
        [(name, param_text(value)) for name, value in node.params],
        sorted(node.effects),
        [_block(block, types) for block in node.blocks],
    )


def _binder(sym: Sym, types: dict[int, str]) -> tuple[object, ...]:
    return sym.index, _type(sym.type, types), sym.hint


def _atom(atom: Atom, types: dict[int, str]) -> object:
    return _const(atom, types) if isinstance(atom, Const) else atom.index


def _type(type_: Type, types: dict[int, str]) -> str:
    # The program holds on to its types, so that the ids stand for them; to ask a dtype for its name takes longer.
    text = types.get(id(type_))
    if text is None:
        text = types[id(type_)] = str(type_)
    return text


def _const(const: Const, types: dict[int, str]) -> tuple[object, ...]:
    value = const.value
    if isinstance(const.type, Scalar):
        # Python writes no int of thousands of digits in decimals.
        return const.type.kind, hex(value) if isinstance(value, int) else repr(value)
    if not isinstance(value, (np.ndarray, np.generic)):
        raise TypeError(f"a constant of class {type(value).__name__} has no text")
    content = value.tobytes()
    held = content if len(content) < LARGE else hashlib.sha256(content).digest()
    return _type(const.type, types), isinstance(value, np.ndarray), value.dtype.str, value.shape, held
