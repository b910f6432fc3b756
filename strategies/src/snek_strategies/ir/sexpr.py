"""The IR as S-expressions, in the manner of Lantern's: `(let (%3) (add %1 %2))` in blocks; `reader.py` reads them."""

from __future__ import annotations

import json

import numpy as np

from snek_core_transform.deep import in_deep_stack
from snek_strategies.ir.interpretations import HOLE
from snek_strategies.ir.symbols import Symbol
from snek_strategies.ir.syntax import Atom, Block, Node, Program, Sym
from snek_strategies.ir.types import Array, Fn, ListOf, Scalar, Tape, Type


def sexpr(program: Program) -> str:
    """Return the program as one S-expression, indented. Places are not in it. Raises TypeError for what has no text."""
    body = in_deep_stack(lambda: _block(program.body, "  "))
    return f"(program {_name(program.name)}\n{body})\n"


def _name(name: str) -> str:
    return name if name.isidentifier() else json.dumps(name)


def _type(type_: Type) -> str:
    if isinstance(type_, Scalar):
        return type_.kind
    if isinstance(type_, Array):
        return f"(array {type_.dtype}{''.join(f' {dim}' for dim in type_.dims)})"
    if isinstance(type_, Tape):
        return "tape"
    if isinstance(type_, ListOf):
        return f"(list {_type(type_.item)})"
    assert isinstance(type_, Fn)
    return f"(fn ({' '.join(map(_type, type_.parameters))}) ({' '.join(map(_type, type_.results))}))"


def _const(value: object) -> str:
    """Return a constant; an array of rank 0 is told from a NumPy scalar, which is what such a constant mostly is."""
    array = np.asarray(value)
    head = "cell" if isinstance(value, np.ndarray) and not value.shape else "array"
    dims = "".join(f" {dim}" for dim in array.shape)
    return f"(const ({head} {array.dtype}{dims}){''.join(f' {_number(one)}' for one in array.ravel().tolist())})"


def _number(value: object) -> str:
    if isinstance(value, complex):
        return f"{value.real!r}|{value.imag!r}"
    return repr(value)


def _atom(atom: Atom) -> str:
    if isinstance(atom, Sym):
        return str(atom)
    if isinstance(atom.type, ListOf):
        return f"(const {_type(atom.type)})"
    if isinstance(atom.type, Scalar):
        return f"(const {atom.type.kind} {_number(atom.value)})"
    return _const(atom.value)


def _binders(syms: tuple[Sym, ...]) -> str:
    return f"({' '.join(f'({sym} {_type(sym.type)})' for sym in syms)})"


def param_text(value: object) -> str:
    """Return a parameter of a node as text. Raises TypeError for what has none."""
    if isinstance(value, (tuple, list)):
        return f"({' '.join([type(value).__name__, *map(param_text, value)])})"
    if isinstance(value, slice):
        return f"(slice {param_text(value.start)} {param_text(value.stop)} {param_text(value.step)})"
    if isinstance(value, (np.ndarray, np.generic)):
        return _const(value)
    if isinstance(value, Type):
        return _type(value)
    if isinstance(value, str):
        return json.dumps(value)
    if isinstance(value, Symbol):
        return value.name
    if isinstance(value, type):
        return f'(class "{value.__module__}:{value.__qualname__}")'
    if isinstance(value, np.dtype):
        return f"(dtype {value})"
    if value is Ellipsis or value is HOLE:
        return "..." if value is Ellipsis else "_"
    if value is None or isinstance(value, (bool, int, float, complex)):
        return _number(value)
    raise TypeError(f"a parameter of class {type(value).__name__} has no text: {value!r:.80}")


def _block(block: Block, indent: str) -> str:
    lines = [f"{indent}(block {_binders(block.parameters)}"]
    lines += [_node(node, indent + "  ") for node in block.nodes]
    return "\n".join([*lines, f"{indent}  (yield{''.join(f' {_atom(atom)}' for atom in block.results)}))"])


def _node(node: Node, indent: str) -> str:
    parts = [node.primitive, *map(_atom, node.operands)]
    parts += [f"(:{name} {param_text(value)})" for name, value in node.params]
    if node.effects:
        parts.append(f"(! {' '.join(sorted(node.effects))})")
    head = f"{indent}(let {_binders(node.results)} ({' '.join(parts)}"
    return "\n".join([head, *(_block(block, indent + "  ") for block in node.blocks)]) + "))"
