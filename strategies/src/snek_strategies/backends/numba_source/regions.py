"""A region of elementwise nodes as one loop over numbers, which Numba compiles many times faster than as many loops."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from snek_strategies.backends.arithmetic import dtype_of
from snek_strategies.backends.numba_source.expressions import Functions, expression
from snek_strategies.backends.numba_source.loops import Dims, Text, dtype_text, name_extents
from snek_strategies.backends.structured_source import Points
from snek_strategies.ir.passes.fuse_elementwise import fuse_elementwise
from snek_strategies.ir.shape_rules import dims_of
from snek_strategies.ir.symbols import Symbol
from snek_strategies.ir.syntax import Atom, Block, Const, Node, Program, Sym, free_syms
from snek_strategies.ir.types import Array

SHORTEST = 17
"""Shorter chains Numba gets as array expressions, which it makes loops of itself."""

BRANCHING = frozenset(
    {"tanh", "sinh", "cosh", "expm1", "log1p", "arctan", "arcsin", "arccos", "arcsinh", "arccosh", "arctanh"}
)
"""Functions whose code branches by the argument, which no processor foresees."""

FUNCTIONS = BRANCHING | {
    "exp",
    "exp2",
    "log",
    "log2",
    "log10",
    "sin",
    "cos",
    "tan",
    "cbrt",
    "power",
    "arctan2",
    "hypot",
}
"""Functions that take long."""


def regions(program: Program) -> Program:
    """Return the program with its long elementwise chains as regions; reductions stay outside of them."""
    return fuse_elementwise(program, reductions=frozenset(), shortest=SHORTEST)


def points(node: Node, given: list[str], made: list[str]) -> Points:
    """Return the loops over the elements of arrays of one shape."""
    dims: Dims = dims_of(node.results[0].type)
    shape = [f"{given[0]}.shape[{axis}]" if isinstance(dim, Symbol) else str(dim) for axis, dim in enumerate(dims)]
    index = [f"i{axis}" for axis in range(len(dims))]
    before = [
        f"{name} = np.empty(({', '.join(shape)},), {dtype_text(dtype_of(sym.type))})"
        for name, sym in zip(made, node.results, strict=True)
    ]
    heads = [f"for {one} in range({size}):" for one, size in zip(index, shape, strict=True)]
    elements, targets = ([f"{name}[{', '.join(index)}]" for name in names] for names in (given, made))
    return Points(before, heads, elements, targets)


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
    own = {one.results[0].index: at for at, one in enumerate(block.nodes)}
    loops = _loops(block)
    kept = _kept(block, loops)
    for sym in kept:
        text.line(f"row{own[sym.index]} = np.empty({dims[-1]}, {dtype_text(dtype_of(sym.type))})")
    here: set[int] = set()

    def element(atom: Atom) -> str:
        if isinstance(atom, Const) and not dims_of(atom.type):
            return functions.constant(atom)
        if _key(atom) in own:
            at = own[_key(atom)]
            return f"v{at}" if _key(atom) in here else f"row{at}[{index[-1]}]"
        return texts[_key(atom)] + _at(dims_of(atom.type), index)

    heads = [f"for {one} in range({size}):" for one, size in zip(index, dims, strict=True)]
    with text.inside(heads[:-1]):
        for loop in loops:
            here = {one.results[0].index for one in loop}
            with text.inside(heads[-1:]):
                for one in loop:
                    text.line(f"v{own[one.results[0].index]} = {_number(functions, one, element)}")
                for sym in kept:
                    if sym.index in here:
                        text.line(f"row{own[sym.index]}[{index[-1]}] = v{own[sym.index]}")
                for at, atom in enumerate(block.results):
                    if _key(atom) in here or (_key(atom) not in own and loop is loops[-1]):
                        text.line(f"out{at}[{', '.join(index)}] = {element(atom)}")
    text.line(f"return {', '.join(f'out{at}' for at in range(len(node.results)))}")
    return str(text)


def _loops(block: Block) -> list[list[Node]]:
    """Return the nodes of a region, those of one loop together.

    A branch that waits for another function's value is found wrong late, and all that was begun since is lost: such a
    function has its argument from a loop before.
    """
    loop_of: dict[int, int] = {}
    waits: dict[int, bool] = {}
    loops: list[list[Node]] = [[]]
    for node in block.nodes:
        operands = [atom.index for atom in node.operands if isinstance(atom, Sym) and atom.index in loop_of]
        at = max((loop_of[one] for one in operands), default=0)
        waiting = any(waits[one] for one in operands if loop_of[one] == at)
        if waiting and node.primitive in BRANCHING:
            at += 1
        if at == len(loops):
            loops.append([])
        loops[at].append(node)
        key = node.results[0].index
        loop_of[key], waits[key] = at, waiting or node.primitive in FUNCTIONS
    return loops


def _kept(block: Block, loops: list[list[Node]]) -> list[Sym]:
    """Return what one loop makes and a later one takes."""
    loop_of = {node.results[0].index: at for at, loop in enumerate(loops) for node in loop}
    taken = {
        atom.index
        for at, loop in enumerate(loops)
        for node in loop
        for atom in node.operands
        if isinstance(atom, Sym) and loop_of.get(atom.index, at) < at
    }
    return [node.results[0] for node in block.nodes if node.results[0].index in taken]


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
