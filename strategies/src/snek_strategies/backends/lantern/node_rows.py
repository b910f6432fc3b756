"""What the nodes of one way compute together, in C++: each stage node by node, and after it products of all rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import prod

from snek_strategies.backends.arithmetic import dims_of, dtype_of
from snek_strategies.backends.lantern.cpp_types import cpp
from snek_strategies.backends.lantern.frames import ALIGNED
from snek_strategies.backends.lantern.stages import Product, Stage
from snek_strategies.backends.lantern.writer import Writer
from snek_strategies.ir.syntax import Atom, Sym

AT_ONCE = 48
"""How many nodes are computed together at most: what they hold stays near the processor."""
LOCALS = frozenset(
    {"at", "bytes", "children", "factors", "found", "from", "group", "kept"}
    | {"many", "marked", "node", "nodes", "r", "rank", "reached", "tape", "those", "waiting"}
)
"""What the functions over all nodes call their own variables."""


class NodeRows:
    """Writes the ways of nodes; what they hold meanwhile lies in one frame, a row a node."""

    def __init__(self, names: Writer, prefix: str, shared: Mapping[int, str]) -> None:
        """`shared` tells where what all nodes have in common is."""
        self.names = names
        self.prefix = prefix
        self.shared = shared
        self.bytes = 0
        self.lines: list[str] = []

    def line(self, depth: int, text: str) -> None:
        """Append a line."""
        self.lines.append("    " * depth + text)

    def way(
        self, name: str, parts: Sequence[Stage], given: Mapping[int, str], kept: Mapping[int, str], last: Sequence[str]
    ) -> dict[int, str]:
        """Write one way; return where the rows lie that it holds.

        A node finds what it is given in the places `given`, puts what is kept into the places `kept`, and its results
        into the places `last`; a result with the empty place is held.
        """
        given, held = {**self.shared, **given}, dict(kept)
        results = parts[-1].block.results
        waiting = [atom for atom, place in zip(results, last, strict=False) if not place]
        for stage in parts:
            some = stage.block.results if stage is not parts[-1] else (*waiting, *results[len(last) :])
            for atom in (*some, *(one.made for one in stage.products)):
                if isinstance(atom, Sym) and atom.index not in held:
                    held[atom.index] = self.buffer(atom)
        for at, stage in enumerate(parts):
            places = list(last) if stage is parts[-1] else []
            places += [""] * (len(stage.block.results) - len(places))
            into = [place or held[atom.index] for atom, place in zip(stage.block.results, places, strict=True)]  # type: ignore[union-attr]
            texts = ["context"]
            texts += [passed(sym, given.get(sym.index) or held[sym.index]) for sym in stage.block.parameters]
            texts += [passed(atom, text) for atom, text in zip(stage.block.results, into, strict=True)]
            if len(texts) > 1:
                self.line(5, "for (int r = 0; r < many; ++r) {")
                self.line(6, "[[maybe_unused]] const auto &node = nodes[those[r]];")
                self.line(6, f"{self.prefix}{name}_{at}_({', '.join(texts)});")
                self.line(5, "}")
            for one in stage.products:
                self.line(5, self._product(one, held))
        return held

    def buffer(self, sym: Sym) -> str:
        """Return where a row of what `AT_ONCE` nodes hold lies."""
        kind = cpp(dtype_of(sym.type))
        offset, size = self.bytes, AT_ONCE * size_of(sym) * dtype_of(sym.type).itemsize
        self.bytes += (size + ALIGNED - 1) // ALIGNED * ALIGNED
        name = self.names.name_for(sym, "row")
        self.line(5, f"{kind} *const {name} = frame.at<{kind}>({offset});")
        return row_of(name, sym)

    def _product(self, one: Product, held: Mapping[int, str]) -> str:
        dims = dims_of(one.matrix.type)
        depth, columns = reversed(dims) if one.turned else dims
        rows = size_of(one.rows) // depth
        many = "many" if rows == 1 else f"{rows} * many"
        row, made = (first_row(held[sym.index]) for sym in (one.rows, one.made))
        what = f"{cpp(dtype_of(one.matrix.type))}, {columns}, {depth}"
        name = "product_of_all_turned" if one.turned else "product_of_all"
        return f"lantern::{name}<{what}>({many}, {row}, {self.shared[one.matrix.index]}, {made});"


def row_of(name: str, atom: Atom) -> str:
    """Return the place of a node's row where rows lie in the order of the nodes that are computed together."""
    return f"{name}[{size_of(atom)} * r]"


def first_row(place: str) -> str:
    """Return where the rows of such a place begin."""
    assert place.endswith(" * r]"), "rows lie behind each other"
    return place.partition("[")[0]


def passed(atom: Atom, place: str) -> str:
    """Return the text of an element as a number's, or as its array's address."""
    return f"&{place}" if dims_of(atom.type) and place.endswith("]") else place


def declared(sym: Sym, name: str) -> str:
    """Return how a function declares a parameter."""
    return f"const {cpp(dtype_of(sym.type))} *{name}" if dims_of(sym.type) else f"{cpp(dtype_of(sym.type))} {name}"


def outs(atoms: Iterable[Atom]) -> list[str]:
    """Return how a function declares what it gives back."""
    return [f"{cpp(dtype_of(one.type))} {'*' if dims_of(one.type) else '&'}out{at}" for at, one in enumerate(atoms)]


def size_of(atom: Atom) -> int:
    """Return how many elements an array, or a number, has."""
    return prod(dims_of(atom.type))
