"""A region of elementwise nodes as one loop over numbers, which Numba compiles many times faster than as many loops."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from snek_strategies.backends.arithmetic import dtype_of
from snek_strategies.backends.numba_source.expressions import Functions, expression
from snek_strategies.backends.numba_source.loops import Dims, Text, dtype_text, name_extents
from snek_strategies.ir.passes.fuse_elementwise import fuse_elementwise
from snek_strategies.ir.shape_rules import dims_of
from snek_strategies.ir.syntax import Atom, Const, Node, Program, Sym, free_syms
from snek_strategies.ir.types import Array

SHORTEST = 17
"""Shorter chains Numba gets as array expressions, which it makes loops of itself."""


def regions(program: Program) -> Program:
    """Return the program with its long elementwise chains as regions; reductions stay outside of them."""
    return fuse_elementwise(program, reductions=frozenset(), shortest=SHORTEST)


def region(functions: Functions, node: Node, use: Callable[[Atom], str]) -> str:
    """Return the text of a call that gives a region's values, a tuple where there are several."""
    (block,) = node.blocks
    arrays = [atom for one in block.nodes for atom in one.operands if isinstance(atom, Const) and dims_of(atom.type)]
    given: list[Atom] = [*free_syms(block), *arrays]
    name = functions.name("fused", lambda name: _function(functions, name, node, given))
    return f"{name}({', '.join(map(use, given))})"


def _function(functions: Functions, name: str, node: Node, given: list[Atom]) -> str:
    (block,) = node.blocks
    texts = {_key(atom): f"x{at}" for at, atom in enumerate(given)}
    dims: Dims = dims_of(node.results[0].type)
    text = Text(f"def {name}({', '.join(texts.values())}):")
    name_extents(text, *((texts[_key(atom)], dims_of(atom.type)) for atom in given))
    shape = f"({''.join(f'{one}, ' for one in dims)})"
    for at, sym in enumerate(node.results):
        text.line(f"out{at} = np.empty({shape}, {dtype_text(dtype_of(sym.type))})")
    index = [f"i{axis}" for axis in range(len(dims))]
    own = {one.results[0].index for one in block.nodes}
    texts.update((index, f"v{at}") for at, index in enumerate(own))

    def element(atom: Atom) -> str:
        if isinstance(atom, Const) and not dims_of(atom.type):
            return functions.constant(atom)
        return texts[_key(atom)] + ("" if _key(atom) in own else _at(dims_of(atom.type), index))

    with text.inside(f"for {one} in range({size}):" for one, size in zip(index, dims, strict=True)):
        for one in block.nodes:
            text.line(f"{texts[one.results[0].index]} = {_number(functions, one, element)}")
        for at, atom in enumerate(block.results):
            text.line(f"out{at}[{', '.join(index)}] = {element(atom)}")
    text.line(f"return {', '.join(f'out{at}' for at in range(len(node.results)))}")
    return str(text)


def _key(atom: Atom) -> int:
    """Return a name's number; a constant, which is one only with itself, has a negative one."""
    return -id(atom) if isinstance(atom, Const) else atom.index


def _at(dims: Dims, index: list[str]) -> str:
    """Return where the elements of an operand stand that is broadcast."""
    if not dims:
        return ""
    own = index[len(index) - len(dims) :]
    return f"[{', '.join('0' if size == 1 else one for size, one in zip(dims, own, strict=True))}]"


def _number(functions: Functions, node: Node, element: Callable[[Atom], str]) -> str:
    """Return the text of a node for one element."""
    operands = tuple(map(_element, node.operands))
    one = replace(node, operands=operands, results=tuple(_element(sym) for sym in node.results))
    return expression(functions, one, list(map(element, node.operands)))


def _element(atom: Any) -> Any:
    if not dims_of(atom.type):
        return atom
    assert isinstance(atom.type, Array)
    return Sym(-1 if isinstance(atom, Const) else atom.index, Array(atom.type.dtype, ()))
