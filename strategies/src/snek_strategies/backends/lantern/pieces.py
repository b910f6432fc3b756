"""A node `piecewise`: its block as a loop over pieces of its arrays."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from snek_strategies.backends.arithmetic import dims_of
from snek_strategies.backends.lantern.arrays import View, row_strides
from snek_strategies.ir.syntax import Atom, Node

if TYPE_CHECKING:
    from snek_strategies.backends.lantern.writer import Writer


def write_pieces(w: Writer, node: Node) -> None:
    """Write the loop; its last piece begins in the one before, where pieces do not fill the arrays."""
    (block,) = node.blocks
    given = [w.together(atom) for atom in node.operands]
    made = [w.place_for(sym) for sym in node.results]
    count, size = (prod(dims_of(one.type)) for one in (node.results[0], block.parameters[0]))
    start, first = w.fresh("n"), w.fresh("n")
    w.line(f"for (std::int64_t {start} = 0; {start} < {count}; {start} += {size}) {{")
    w.depth += 1
    w.line(f"if (({start} & 0xffff) == 0) lantern::poll(context);")
    last = count - size
    w.line(f"const std::int64_t {first} = {start} < {last} ? {start} : {last};")
    for sym, view in zip(block.parameters, given, strict=True):
        w.bind(sym, _piece(view, sym, first))
    w.liveness.enter(block, loops=True)
    w.nodes(block)
    for atom, view in zip(block.results, made, strict=True):
        w.store(w.elements(atom), _piece(view, atom, first))
    w.forget(w.liveness.leave())
    w.close(1)
    for sym, view in zip(node.results, made, strict=True):
        w.bind(sym, view)


def _piece(view: View, atom: Atom, first: str) -> View:
    dims = dims_of(atom.type)
    return View(view.base, view.dtype, dims, row_strides(dims), view.roots).moved(view.offset, first)
