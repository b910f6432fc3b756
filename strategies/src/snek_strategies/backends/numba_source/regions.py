"""A region of elementwise nodes as one loop over numbers, which Numba compiles many times faster than as many loops."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from snek_strategies.backends.arithmetic import dtype_of
from snek_strategies.backends.in_place import INTO
from snek_strategies.backends.numba_source.expressions import Functions, expression
from snek_strategies.backends.numba_source.loops import Dims, Text, dtype_text, name_extents, ranges, shape_text
from snek_strategies.backends.numba_source.reductions import total
from snek_strategies.backends.structured_source import Points
from snek_strategies.ir.passes.fuse_elementwise import fuse_elementwise
from snek_strategies.ir.shape_rules import dims_of
from snek_strategies.ir.symbols import Symbol
from snek_strategies.ir.syntax import Atom, Block, Const, Node, Program, Sym, free_syms
from snek_strategies.ir.types import Array

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
    """Return the program with its elementwise chains, and the totals of their elements, as regions."""
    return fuse_elementwise(program, totals_of_expressions=False)


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
    operands = (atom for one in block.nodes for atom in one.operands)
    arrays = {id(atom): atom for atom in operands if isinstance(atom, Const) and dims_of(atom.type)}
    given: list[Atom] = [*free_syms(block), *arrays.values()]
    over = dict(dict(node.params).get(INTO, ()))  # type: ignore[call-overload]
    name = functions.name("fused", _Region(functions, block, given, over).text)
    return f"{name}({', '.join(map(use, given))})"


class _Region:
    """A region as a function: `x` are its arguments, `v` numbers, `row` numbers that a later loop takes, `t` totals."""

    def __init__(self, functions: Functions, block: Block, given: list[Atom], over: Mapping[int, int]) -> None:
        self.functions = functions
        self.over = over
        self.block = block
        self.given = {_key(atom): (f"x{at}", dims_of(atom.type)) for at, atom in enumerate(given)}
        self.own = {one.results[0].index: at for at, one in enumerate(block.nodes)}
        self.dims: Dims = next(dims for one in block.nodes if (dims := dims_of(one.results[0].type)))
        self.index = [f"i{axis}" for axis in range(len(self.dims))]
        self.totals = {
            one.results[0].index: total(
                functions.name, one.primitive, *_dtypes(one), name=f"t{self.own[one.results[0].index]}"
            )
            for one in block.nodes
            if not dims_of(one.results[0].type)
        }
        self.outs = [(f"out{at}", atom) for at, atom in enumerate(block.results) if dims_of(atom.type)]
        self.here: set[int] = set()

    def text(self, name: str) -> str:
        """Return the function's text."""
        text = Text(f"def {name}({', '.join(one for one, _ in self.given.values())}):")
        name_extents(text, *self.given.values())
        loops = _loops(self.block)
        for at, atom in enumerate(self.block.results):
            if dims_of(atom.type):
                text.line(f"out{at} = {self._memory(at, atom, loops)}")
        kept = _kept(self.block, loops)
        for sym in kept:
            row = f"row{self.own[sym.index]}"
            text.line(f"{row} = np.empty({self.dims[-1]}, {dtype_text(dtype_of(sym.type))})")
        for one in self.totals.values():
            for variable, first in one.start.items():
                text.line(f"{variable} = {first}")
        heads = ranges("i", self.dims)
        with text.inside(heads[:-1]):
            for loop in loops:
                with text.inside(heads[-1:]):
                    self._loop(text, loop, kept)
        results = [
            self.totals[_key(atom)].value if _key(atom) in self.totals else f"out{at}"
            for at, atom in enumerate(self.block.results)
        ]
        text.line(f"return {', '.join(results)}")
        return str(text)

    def _memory(self, at: int, atom: Atom, loops: list[list[Node]]) -> str:
        """Return new memory for a result, or that of an array that no loop reads after the one which writes it."""
        key = self.over.get(at)
        if key is not None:
            [written] = [k for k, loop in enumerate(loops) if any(one.results[0].index == _key(atom) for one in loop)]
            later = [one for loop in loops[written + 1 :] for one in loop]
            if not any(_key(operand) == key for one in later for operand in one.operands):
                return self.given[key][0]
        return f"np.empty({shape_text(self.dims)}, {dtype_text(dtype_of(atom.type))})"

    def _loop(self, text: Text, loop: list[Node], kept: list[Sym]) -> None:
        self.here = {one.results[0].index for one in loop}
        for one in loop:
            key = one.results[0].index
            if key in self.totals:
                for line in self.totals[key].step(self._element(one.operands[0])):
                    text.line(line)
            else:
                text.line(f"v{self.own[key]} = {_number(self.functions, one, self._element)}")
        for sym in kept:
            if sym.index in self.here:
                text.line(f"row{self.own[sym.index]}[{self.index[-1]}] = v{self.own[sym.index]}")
        for out, atom in self.outs:
            if _key(atom) in self.here:
                text.line(f"{out}[{', '.join(self.index)}] = {self._element(atom)}")

    def _element(self, atom: Atom) -> str:
        if isinstance(atom, Const) and not dims_of(atom.type):
            return self.functions.constant(atom)
        key = _key(atom)
        if key in self.own:
            return f"v{self.own[key]}" if key in self.here else f"row{self.own[key]}[{self.index[-1]}]"
        name, dims = self.given[key]
        return name + _at(dims, self.index)


def _dtypes(node: Node) -> tuple[np.dtype[np.generic], np.dtype[np.generic]]:
    return dtype_of(node.operands[0].type), dtype_of(node.results[0].type)


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
