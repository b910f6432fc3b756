"""A recursion over a tree as C++ that finds all nodes first, and computes those of one height together.

What all of them multiply by one matrix is one product. The recursion itself stays beside it: where a node raises, or
there are too many of them, it runs instead, and says what Python says.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from math import prod

from snek_strategies.backends.arithmetic import dims_of, dtype_of
from snek_strategies.backends.lantern.cpp_types import cpp
from snek_strategies.backends.lantern.frames import ALIGNED
from snek_strategies.backends.lantern.recursion import Recursion, taken_apart
from snek_strategies.backends.lantern.stages import Stage, stages
from snek_strategies.backends.lantern.writer import Shared, Writer, cpp_name
from snek_strategies.backends.lifted_functions import Lifted
from snek_strategies.ir.syntax import Atom, Block, Node, Sym

AT_ONCE = 48
"""How many nodes are computed together at most: what they hold stays near the processor."""


def by_height(one: Lifted, taken: Sequence[str]) -> ByHeight | None:
    """Return a function that pays being computed by height, or None.

    It calls itself twice or more on one way, and multiplies by a matrix that all its nodes share.
    """
    recursion = taken_apart(one)
    if recursion is None or max(len(way.calls) for way in recursion.ways) < 2:
        return None
    made = ByHeight(recursion, taken)
    return made if any(stage.products for way in made.stages for stage in way) else None


class ByHeight:
    """A recursion, and the parts of its ways."""

    def __init__(self, recursion: Recursion, taken: Sequence[str]) -> None:
        self.recursion = recursion
        self.stages = tuple(stages(recursion, way) for way in recursion.ways)
        self.prefix = f"{recursion.function.text}__"
        while any(text.startswith(self.prefix) for text in taken):
            self.prefix += "_"

    def parted(self, atoms: Sequence[Atom]) -> tuple[tuple[Atom, ...], tuple[Atom, ...]]:
        """Return what is a node's own of what a call gives, captured names last, and what all nodes share."""
        one = self.recursion.function
        names = (*one.block.parameters, *one.captured)
        own = tuple(atom for atom, sym in zip(atoms, names, strict=True) if sym in self.recursion.own)
        return own, tuple(atom for atom, sym in zip(atoms, names, strict=True) if sym not in self.recursion.own)

    def functions(self, shared: Shared) -> list[str]:
        """Return the texts of its functions, the recursion among them; the last is the one to call."""
        made = [self._part(shared, "calls", self.recursion.expand)]
        for way, parts in enumerate(self.stages):
            made += [self._part(shared, f"{way}_{at}", one.block) for at, one in enumerate(parts)]
        made.append(Writer(shared, self.recursion.function).function())
        driver = _Driver(self, shared)
        return [*made, driver.all_nodes(), driver.entry()]

    def _part(self, shared: Shared, suffix: str, block: Block) -> str:
        return Writer(shared, Lifted(f"{self.prefix}{suffix}", None, block, (), recursive=False)).function()


class _Driver:
    """Writes what finds the nodes and computes them."""

    def __init__(self, made: ByHeight, shared: Shared) -> None:
        self.made = made
        self.recursion = made.recursion
        self.writer = names = Writer(shared, self.recursion.function)
        one = self.recursion.function
        self.given = {sym.index: sym for sym in (*one.block.parameters, *one.captured)}
        self.names = {index: names.name_for(sym) for index, sym in self.given.items()}
        self.own = {sym.index for sym in self.recursion.own}
        self.shared = [sym for index, sym in self.given.items() if index not in self.own]
        self.results = one.block.results
        self.bytes = 0
        self.lines: list[str] = []

    def entry(self) -> str:
        """Return the function that is called as the recursion is."""
        given = ", ".join(_declared(sym, self.names[sym.index]) for sym in self.given.values())
        outs = ", ".join(
            f"{cpp(dtype_of(atom.type))} {'*' if dims_of(atom.type) else '&'}out{at}"
            for at, atom in enumerate(self.results)
        )
        texts = [self.names[sym.index] for sym in self.shared]
        own = [f"&{self.names[sym.index]}" for sym in self.recursion.own]
        into = [f"{'' if dims_of(atom.type) else '&'}out{at}" for at, atom in enumerate(self.results)]
        again = [*self.names.values(), *(f"out{at}" for at in range(len(self.results)))]
        name = cpp_name(self.recursion.function)
        return f"""static void {name}_by_height(lantern::Context &context, {given}, {outs}, std::int64_t depth) {{
    try {{
        return {self.made.prefix}all(context, {", ".join([*texts, *own, *into])}, 1, depth);
    }} catch (const lantern::Raised &) {{
    }} catch (const lantern::TooDeep &) {{
    }} catch (const std::bad_alloc &) {{
    }}
    // One by one, in Python's order: so the first exception is Python's, and no memory is needed for all nodes at once.
    {name}(context, {", ".join(again)}, depth);
}}"""

    def all_nodes(self) -> str:
        """Return the function that computes `count` nodes and all below them."""
        given = [_declared(sym, self.names[sym.index]) for sym in self.shared]
        given += [f"const {cpp(dtype_of(sym.type))} *{self.names[sym.index]}" for sym in self.recursion.own]
        given += [f"{cpp(dtype_of(atom.type))} *out{at}" for at, atom in enumerate(self.results)]
        head = (
            f"static void {self.made.prefix}all(lantern::Context &context, {', '.join(given)}, "
            "std::int64_t count, std::int64_t depth) {"
        )
        self._find()
        for at, atom in enumerate(self.results):
            self._line(1, f"const lantern::Room<{cpp(dtype_of(atom.type))}> made{at}(nodes.count, {_size(atom)});")
        computed = len(self.lines)
        self._compute()
        self.lines.insert(computed, f"    const lantern::Frame frame(context, {self.bytes});")
        for at, atom in enumerate(self.results):
            size = f"{_size(atom)} * sizeof({cpp(dtype_of(atom.type))})"
            self._line(1, f"std::memcpy(out{at}, made{at}.data, count * {size});")
        return "\n".join([head, *self.lines, "}"])

    def _line(self, depth: int, text: str) -> None:
        self.lines.append("    " * depth + text)

    def _find(self) -> None:
        """Write that the nodes are found: each tells its way and its children's own numbers."""
        own, calls = self.recursion.own, self.recursion.calls
        fields = [f"{cpp(dtype_of(sym.type))} own{at};" for at, sym in enumerate(own)]
        self._line(1, f"struct Node {{ std::int64_t depth, way, group, children[{calls}]; {' '.join(fields)} }};")
        self._line(1, "lantern::Nodes<Node> nodes;")
        first = ", ".join(f"{self.names[sym.index]}[at]" for sym in own)
        self._line(1, f"for (std::int64_t at = 0; at < count; ++at) nodes.add({{depth, 0, 0, {{}}, {first}}});")
        self._line(1, "for (std::int64_t at = 0; at < nodes.count; ++at) {")
        self._line(2, "Node node = nodes[at];")
        self._line(2, f"if (node.depth > {sys.getrecursionlimit()}) throw lantern::TooDeep{{}};")
        next_ = [[f"next{call}_{at}" for at in range(len(own))] for call in range(calls)]
        for names in next_:
            for name, sym in zip(names, own, strict=True):
                self._line(2, f"{cpp(dtype_of(sym.type))} {name};")
        places = {sym.index: f"node.own{at}" for at, sym in enumerate(own)}
        given = [places.get(sym.index, self.names.get(sym.index, "")) for sym in self.recursion.expand.parameters]
        into = ["node.way", *(name for names in next_ for name in names)]
        self._line(2, f"{self.made.prefix}calls_(context, {', '.join([*given, *into])});")
        for call, names in enumerate(next_):
            taken = [str(way) for way, one in enumerate(self.recursion.ways) if len(one.calls) > call]
            test = " || ".join(f"node.way == {way}" for way in taken)
            added = f"nodes.add({{node.depth + 1, 0, 0, {{}}, {', '.join(names)}}})"
            self._line(2, f"if ({test}) node.children[{call}] = {added};")
        self._line(2, "nodes[at] = node;")
        self._line(1, "}")
        counts = ", ".join(str(len(way.calls)) for way in self.recursion.ways)
        self._line(1, f"static constexpr std::int64_t children[] = {{{counts}}};")
        self._line(1, f"const lantern::ByHeight<Node, {len(self.recursion.ways)}> found(nodes, children);")

    def _compute(self) -> None:
        """Write that each group of nodes of one height and way is computed, some nodes at once."""
        self._line(1, "for (std::int64_t group = 0; group < found.groups; ++group) {")
        end = "found.begins.data[group + 1]"
        self._line(2, f"for (std::int64_t from = found.begins.data[group]; from < {end}; from += {AT_ONCE}) {{")
        self._line(3, "const std::int64_t *those = found.order.data + from;")
        self._line(3, f"const int many = int({end} - from < {AT_ONCE} ? {end} - from : {AT_ONCE});")
        self._line(3, "if ((++context.entered & 0xf) == 0) lantern::poll(context);")
        self._line(3, f"switch (group % {len(self.recursion.ways)}) {{")
        for way, parts in enumerate(self.made.stages):
            self._line(4, f"case {way}: {{")
            self._way(way, parts)
            self._line(5, "break;")
            self._line(4, "}")
        self._line(3, "}")
        self._line(2, "}")
        self._line(1, "}")

    def _way(self, way: int, parts: tuple[Stage, ...]) -> None:
        """Write one way: each stage node by node, and after it its products of all nodes' rows."""
        given, held = self._inputs(way), {}
        for stage in parts[:-1]:
            for atom in (*stage.block.results, *(node.results[0] for node in stage.products)):
                if isinstance(atom, Sym) and atom.index not in held:
                    held[atom.index] = self._buffer(atom)
        for at, stage in enumerate(parts):
            into = [f"made{number}.data[{_size(atom)} * those[r]]" for number, atom in enumerate(self.results)]
            if stage is not parts[-1]:
                into = [held[atom.index] for atom in stage.block.results if isinstance(atom, Sym)]
            texts = ["context"]
            texts += [_passed(sym, given.get(sym.index) or held[sym.index]) for sym in stage.block.parameters]
            texts += [_passed(atom, text) for atom, text in zip(stage.block.results, into, strict=True)]
            if len(texts) > 1:
                self._line(5, "for (int r = 0; r < many; ++r) {")
                self._line(6, "[[maybe_unused]] const Node &node = nodes[those[r]];")
                self._line(6, f"{self.made.prefix}{way}_{at}_({', '.join(texts)});")
                self._line(5, "}")
            for node in stage.products:
                self._line(5, self._product(node, held))

    def _inputs(self, way: int) -> dict[int, str]:
        """Return where a node finds what it is given and what its children made."""
        places = {sym.index: self.names[sym.index] for sym in self.shared}
        places |= {sym.index: f"node.own{at}" for at, sym in enumerate(self.recursion.own)}
        for call, node in enumerate(self.recursion.ways[way].calls):
            for at, sym in enumerate(node.results):
                places[sym.index] = f"made{at}.data[{_size(sym)} * node.children[{call}]]"
        return places

    def _buffer(self, sym: Sym) -> str:
        """Return where a row of what `AT_ONCE` nodes hold lies."""
        kind = cpp(dtype_of(sym.type))
        offset, size = self.bytes, AT_ONCE * _size(sym) * dtype_of(sym.type).itemsize
        self.bytes += (size + ALIGNED - 1) // ALIGNED * ALIGNED
        name = self.writer.name_for(sym, "row")
        self._line(5, f"{kind} *const {name} = frame.at<{kind}>({offset});")
        return f"{name}[{_size(sym)} * r]"

    def _product(self, node: Node, held: dict[int, str]) -> str:
        left, right = node.operands
        assert isinstance(left, Sym), "a product's rows have a name"
        assert isinstance(right, Sym), "the matrix is one of the function's own"
        depth, columns = dims_of(right.type)
        rows = _size(left) // depth
        many = "many" if rows == 1 else f"{rows} * many"
        row, made = (held[sym.index].partition("[")[0] for sym in (left, node.results[0]))
        what = f"{cpp(dtype_of(right.type))}, {columns}, {depth}"
        return f"lantern::product_of_all<{what}>({many}, {row}, {self.names[right.index]}, {made});"


def _passed(atom: Atom, place: str) -> str:
    """Return the text of an element as a number's, or as its array's address."""
    return f"&{place}" if dims_of(atom.type) and place.endswith("]") else place


def _declared(sym: Sym, name: str) -> str:
    return f"const {cpp(dtype_of(sym.type))} *{name}" if dims_of(sym.type) else f"{cpp(dtype_of(sym.type))} {name}"


def _size(atom: Atom) -> int:
    return prod(dims_of(atom.type))
