"""The IR as text that a person reads: one node a line, blocks indented, names numbered from 0 in order of binding."""

from __future__ import annotations

import numpy as np

from snek_core_transform.deep import in_deep_stack
from snek_strategies.ir.syntax import Atom, Block, Const, Node, Program, Sym
from snek_strategies.ir.types import Items, Type


def show(program: Program) -> str:
    """Return the program as text."""
    return in_deep_stack(lambda: _show(program))


def _show(program: Program) -> str:
    names = _Names()
    lines = [f"program {program.name}({names.bind(program.body.parameters)}) {{"]
    lines += _body(program.body, names, "  ", "return")
    return "\n".join([*lines, "}", ""])


class _Names:
    """Numbers the names in the order in which they are printed, whatever numbers the builder gave them."""

    def __init__(self) -> None:
        self.numbers: dict[int, int] = {}

    def bind(self, syms: tuple[Sym, ...]) -> str:
        for sym in syms:
            self.numbers.setdefault(sym.index, len(self.numbers))
        return ", ".join(f"{self.use(sym)}: {sym.type}" for sym in syms)

    def use(self, atom: Atom) -> str:
        return constant(atom) if isinstance(atom, Const) else f"%{self.numbers[atom.index]}"

    def uses(self, atoms: tuple[Atom, ...]) -> str:
        return ", ".join(map(self.use, atoms))


def constant(const: Const) -> str:
    """Return a constant as text: Python scalars as Python writes them, arrays with their type, long ones cut."""
    if isinstance(const.value, Items):
        return f"{const.type}()"
    if not isinstance(const.value, (np.ndarray, np.generic)):
        return repr(const.value)
    flat = np.asarray(const.value).ravel()
    shown = " ".join(repr(one.item()) for one in flat[:6]) + (" ..." if flat.size > 6 else "")
    return f"{const.type}({shown})"


def _body(block: Block, names: _Names, indent: str, verb: str) -> list[str]:
    lines = [line for node in block.nodes for line in _node(node, names, indent)]
    return [*lines, f"{indent}{verb} {names.uses(block.results)}".rstrip()]


def _param(value: object) -> str:
    if isinstance(value, tuple) and value and isinstance(value[0], Type):
        return f"({', '.join(map(str, value))})"
    return value.__qualname__ if isinstance(value, type) else repr(value)


def _node(node: Node, names: _Names, indent: str) -> list[str]:
    operands = names.uses(node.operands)
    params = f"[{', '.join(f'{name}={_param(value)}' for name, value in node.params)}]" if node.params else ""
    inner = indent + "  "
    if node.primitive == "function":
        head = f"{indent}{names.bind(node.results).split(':')[0]} = function{params}"
        (block,) = node.blocks
        return [f"{head} ({names.bind(block.parameters)}) {{", *_body(block, names, inner, "return"), f"{indent}}}"]
    lines: list[str] = []
    if node.primitive == "if":
        body, orelse = (_body(block, names, inner, "yield") for block in node.blocks)
        lines = [f" if {operands} {{", *body, f"{indent}}} else {{", *orelse, f"{indent}}}"]
    elif node.primitive == "fused":
        lines = [" fused {", *_body(node.blocks[0], names, inner, "yield"), f"{indent}}}"]
    elif node.primitive == "piecewise":
        (block,) = node.blocks
        lines = [f" piecewise ({operands}) body ({names.bind(block.parameters)}) {{"]
        lines += [*_body(block, names, inner, "yield"), f"{indent}}}"]
    elif node.primitive == "try":
        lines = [f" try{params} {{", *_body(node.blocks[0], names, inner, "yield"), f"{indent}}}"]
    elif node.primitive == "while":
        test, loop = node.blocks
        lines = [f" while ({operands}) test ({names.bind(test.parameters)}) {{", *_body(test, names, inner, "yield")]
        lines += [
            f"{indent}}} body ({names.bind(loop.parameters)}) {{",
            *_body(loop, names, inner, "yield"),
            f"{indent}}}",
        ]
    else:
        lines = [f" {node.primitive}{params} {operands}".rstrip()]
    lines[0] = f"{indent}{names.bind(node.results)} ={lines[0]}" if node.results else f"{indent}{lines[0].strip()}"
    return lines
