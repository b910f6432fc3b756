"""Which functions a block calls, and which print."""

from __future__ import annotations

from snek_strategies.ir.syntax import Block, Sym, every_node


def called_in(block: Block) -> set[int]:
    """Return the functions that a block calls, by the index of their names."""
    names = (one.operands[0] for one in every_node(block) if one.primitive == "call")
    return {name.index for name in names if isinstance(name, Sym)}


def printing(block: Block) -> set[int]:
    """Return the functions of a block that print, or call one that does."""
    bodies = {one.results[0].index: one.blocks[0] for one in every_node(block) if one.primitive == "function"}
    found: set[int] = set()
    while more := {
        name
        for name, body in bodies.items()
        if name not in found and (called_in(body) & found or any("print" in one.effects for one in every_node(body)))
    }:
        found |= more
    return found
