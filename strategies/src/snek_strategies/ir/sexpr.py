"""The IR as S-expressions, in the manner of Lantern's: `(let (%3) (add %1 %2))` inside blocks."""

from __future__ import annotations

import numpy as np

from snek_strategies.ir.syntax import Atom, Block, Const, Node, Program, Sym
from snek_strategies.ir.types import Array, Fn, Scalar, Tape, Type


def sexpr(program: Program) -> str:
    """Return the program as one S-expression, indented."""
    return f"(program {program.name}\n{_block(program.body, '  ')})\n"


def _type(type_: Type) -> str:
    if isinstance(type_, Scalar):
        return type_.kind
    if isinstance(type_, Array):
        return f"(array {type_.dtype}{''.join(f' {dim}' for dim in type_.dims)})"
    if isinstance(type_, Tape):
        return "tape"
    assert isinstance(type_, Fn)
    return f"(fn ({' '.join(map(_type, type_.parameters))}) ({' '.join(map(_type, type_.results))}))"


def _atom(atom: Atom) -> str:
    if isinstance(atom, Sym):
        return str(atom)
    assert isinstance(atom, Const)
    values = np.asarray(atom.value).ravel().tolist()
    return f"(const {_type(atom.type)}{''.join(f' {value!r}' for value in values)})"


def _binders(syms: tuple[Sym, ...]) -> str:
    return f"({' '.join(f'({sym} {_type(sym.type)})' for sym in syms)})"


def _param(value: object) -> str:
    if isinstance(value, tuple):
        return f"({' '.join(map(_param, value))})"
    if isinstance(value, slice):
        return f"(slice {value.start!r} {value.stop!r} {value.step!r})"
    if isinstance(value, np.ndarray):
        dims, items = " ".join(map(str, value.shape)), " ".join(map(repr, value.ravel().tolist()))
        return f"(const (array {value.dtype} {dims}) {items})"
    if isinstance(value, Type):
        return _type(value)
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, type):
        return f'"{value.__module__}:{value.__qualname__}"'
    return "..." if value is Ellipsis else repr(value)


def _block(block: Block, indent: str) -> str:
    lines = [f"{indent}(block {_binders(block.parameters)}"]
    lines += [_node(node, indent + "  ") for node in block.nodes]
    return "\n".join([*lines, f"{indent}  (yield{''.join(f' {_atom(atom)}' for atom in block.results)}))"])


def _node(node: Node, indent: str) -> str:
    parts = [node.primitive, *map(_atom, node.operands)]
    parts += [f"(:{name} {_param(value)})" for name, value in node.params]
    head = f"{indent}(let {_binders(node.results)} ({' '.join(parts)}"
    return "\n".join([head, *(_block(block, indent + "  ") for block in node.blocks)]) + "))"
