"""What generated code calls its values: the user's variable that a line assigns, else the primitive's name."""

from __future__ import annotations

import linecache
import re
from functools import cache

from snek_core_transform.errors import Place
from snek_strategies.ir.gradients.reverse import DERIVATIVE
from snek_strategies.ir.syntax import Block, Node, Sym
from snek_strategies.ir.types import INT

_ASSIGNED = re.compile(r"\s*(\w+)\s*(?:\[[^=]*\]\s*)?(?::[^=]+)?(?:[-+*/@%&|^]|//|\*\*|<<|>>)?=(?!=)")
_LOOPED = re.compile(r"\s*for\s+(\w+)\s+in\b")
_TAKEN = re.compile(r"[A-Z_]+|[ink]\d+|out\d+")
"""Macros' names, the indices of loops over elements, the results."""
_WORDS = """
alignas alignof and and_eq asm assert auto bitand bitor bool break case catch char class compl concept const constant
constants constexpr context continue decltype default delete depth do double else enum errno explicit export extern
false first float for frame friend goto if inline int lantern last long main mutable namespace new noexcept not not_eq
nullptr operator or or_eq private protected public register reinterpret_cast return short signed sizeof static std
stderr stdin stdout struct switch template this throw true try typedef typeid typename union unsigned using virtual
void volatile wchar_t while xor xor_eq
"""
RESERVED = frozenset(_WORDS.split())


def hints(block: Block) -> dict[int, str]:
    """Return what to call the values of a block and of the blocks inside it."""
    found: dict[int, str] = {sym.index: sym.hint for sym in block.parameters if sym.hint}
    _walk(block, found)
    return found


def _walk(block: Block, found: dict[int, str]) -> None:
    last: dict[str, Sym] = {}
    for node in block.nodes:
        for inner in node.blocks:
            _walk(inner, found)
        if node.blocks and node.primitive != "function":
            _take_over(node, found)
            for sym in node.results if node.primitive == "fused" else ():
                last.pop(found.get(sym.index, ""), None)  # the region goes on with the line
            continue
        target = assigned(node.place)
        for sym in node.results:
            if sym.hint == DERIVATIVE:
                found[sym.index] = "trips" if sym.type == INT else f"d_{target or node.primitive}"
        if target and len(node.results) == 1 and node.results[0].index not in found:
            last[target] = node.results[0]
    # A line computes several values, and the last of them is what it assigns.
    found.update((sym.index, target) for target, sym in last.items())
    for node in block.nodes:
        for sym in node.results:
            found.setdefault(sym.index, node.primitive)


def _take_over(node: Node, found: dict[int, str]) -> None:
    """Name what an `if`, a loop or a region gives as what its blocks yield, and parts what each of them gives."""
    blocks = node.blocks[-1:] if node.primitive == "while" else node.blocks
    yields = [sum((one.results for one in blocks), ())] if node.primitive == "at_once" else [b.results for b in blocks]
    for given in yields:
        for sym, atom in zip(node.results, given, strict=False):
            if isinstance(atom, Sym) and atom.index in found:
                found.setdefault(sym.index, found[atom.index])


def assigned(place: Place | None) -> str:
    """Return the variable that the line of a place assigns, or that its `for` binds; empty where it does neither."""
    return "" if place is None else _target(place.filename, place.line)


@cache
def _target(filename: str, line: int) -> str:
    text = linecache.getline(filename, line)
    found = _LOOPED.match(text) or _ASSIGNED.match(text)
    return found.group(1) if found else ""


def spelled(hint: str) -> str:
    """Return a name as C++ may have it; the names of functions end in an underscore, so these do not."""
    name = re.sub(r"_+", "_", hint).strip("_") if hint.isascii() else ""
    return f"{name}_v" if name in RESERVED or _TAKEN.fullmatch(name) or name[:1].isdigit() else name
