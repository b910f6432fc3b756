"""A recursion over a tree as C++ that finds all nodes first, and computes those of one height together.

What all of them multiply by one matrix is one product. The recursion itself stays beside it: where a node raises, or
there are too many of them, it runs instead, and says what Python says. Where a gradient follows, what it needs is kept
beside the nodes, and its own recursion is walked back by height too (`back_by_height.py`).
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping, Sequence

from snek_strategies.backends.arithmetic import dims_of, dtype_of
from snek_strategies.backends.lantern.cpp_types import cpp
from snek_strategies.backends.lantern.node_rows import AT_ONCE, LOCALS, NodeRows, declared, outs, row_of, size_of
from snek_strategies.backends.lantern.recursion import Recursion, Way, taken_apart
from snek_strategies.backends.lantern.reversed_recursion import BackWay, Reversal, reversal
from snek_strategies.backends.lantern.stages import Stage, stages
from snek_strategies.backends.lantern.tapes import is_tape
from snek_strategies.backends.lantern.writer import Shared, Writer, cpp_name
from snek_strategies.backends.lifted_functions import Lifted
from snek_strategies.ir.syntax import Atom, Block, Sym, free_syms


def by_height(functions: Sequence[Lifted], handed_on: Mapping[int, Sym]) -> list[ByHeight]:
    """Return the functions that pay being computed by height.

    Such a one calls itself twice or more on one way, and multiplies by a matrix that all its nodes share. One that
    writes a tape has a gradient that can be walked back so.
    """
    texts = [one.text for one in functions]
    found = []
    for one in functions:
        recursion = taken_apart(one)
        if recursion is None or max(len(way.calls) for way in recursion.ways) < 2:
            continue
        back = None
        if any(map(is_tape, one.block.parameters)):
            back = _gradient_of(recursion, functions, handed_on)
            if back is None:
                continue
        made = ByHeight(recursion, texts, back)
        if made.pays():
            found.append(made)
    return found


def _gradient_of(recursion: Recursion, functions: Sequence[Lifted], handed_on: Mapping[int, Sym]) -> Reversal | None:
    """Return the one function that can only be this one's gradient, by their names, taken apart."""
    taping = {one.label: one for one in functions if any(map(is_tape, one.block.parameters))}
    labels = [one.label for one in functions if any(map(is_tape, one.block.parameters))]
    name = recursion.function.label
    back = taping.get(f"gradient of {name}")
    if back is None or labels.count(name) != 1 or labels.count(back.label) != 1:
        return None
    return reversal(recursion, back, handed_on)


class ByHeight:
    """A recursion, the parts of its ways, and those of its gradient's."""

    def __init__(self, recursion: Recursion, taken: Sequence[str], back: Reversal | None) -> None:
        self.recursion = recursion
        self.back = back
        one = recursion.function
        self.given = tuple(sym for sym in (*one.block.parameters, *one.captured) if not is_tape(sym))
        self.results = tuple(atom for atom in one.block.results if not is_tape(atom))
        shared = {sym.index for sym in self.given if sym not in recursion.own}
        backs = () if back is None else back.ways
        self.kept = tuple(map(_read_back, recursion.ways, backs)) or ((),) * len(recursion.ways)
        """What the gradient reads of a way's values, besides its results and its children's."""
        self.stages = tuple(
            stages(way, shared, {sym.index for sym in kept})
            for way, kept in zip(recursion.ways, self.kept, strict=True)
        )
        captured = {sym.index for sym in back.function.captured} if back is not None else set()
        self.back_stages = tuple(stages(Way(way.nodes, (), results_of(way)), captured) for way in backs)
        self.prefix = f"{one.text}__"
        while any(text.startswith(self.prefix) for text in taken):
            self.prefix += "_"

    def pays(self) -> bool:
        """Tell whether nodes of one height have a product in common."""
        return any(stage.products for way in (*self.stages, *self.back_stages) for stage in way)

    def parted(self, atoms: Sequence[Atom]) -> tuple[tuple[Atom, ...], tuple[Atom, ...]]:
        """Return what is a node's own of what a call gives, captured names last, and what all nodes share."""
        values = [atom for atom in atoms if not is_tape(atom)]
        own = tuple(atom for atom, sym in zip(values, self.given, strict=True) if sym in self.recursion.own)
        return own, tuple(atom for atom, sym in zip(values, self.given, strict=True) if sym not in self.recursion.own)

    def types(self) -> str:
        """Return what a node is, and what is kept of all nodes."""
        own = [f"{cpp(dtype_of(sym.type))} own{at};" for at, sym in enumerate(self.recursion.own)]
        calls, name = self.recursion.calls, self.prefix
        kept = [f"    {cpp(dtype_of(atom.type))} *{field};" for field, atom, _ in self.fields()]
        return "\n".join(
            [
                f"struct {name}Node {{ std::int64_t depth, way, group, children[{calls}]; {' '.join(own)} }};",
                f"struct {name}Kept : lantern::Computed<{name}Node, {len(self.recursion.ways)}> {{",
                *kept,
                "};",
            ]
        )

    def fields(self) -> list[tuple[str, Atom, str]]:
        """Return the arrays with a row a node: their names, what is in a row, and the number of rows."""
        found = [(f"made{at}", atom, "nodes.count") for at, atom in enumerate(self.results)]
        for way, kept in enumerate(self.kept):
            found += [(f"kept{way}_{at}", sym, f"found.totals[{way}]") for at, sym in enumerate(kept)]
        if self.back is not None:
            found += [(f"slope{at}", sym, "nodes.count") for at, sym in enumerate(self.back.slopes)]
        return found

    def no_slopes(self) -> list[str]:
        """Return the lines after which nothing has reached the nodes whose answers were asked for."""
        slopes = () if self.back is None else self.back.slopes
        size = "kept.roots * {} * sizeof *kept.slope{}"
        return [f"std::memset(kept.slope{at}, 0, {size.format(size_of(sym), at)});" for at, sym in enumerate(slopes)]

    def functions(self, shared: Shared) -> list[str]:
        """Return the texts of its functions, the recursion among them; the last is the one to call."""
        made = [self.part(shared, "calls", self.recursion.expand)]
        for way, parts in enumerate(self.stages):
            made += [self.part(shared, f"{way}_{at}", one.block) for at, one in enumerate(parts)]
        made.append(Writer(shared, self.recursion.function).function())
        driver = _Driver(self, shared)
        return [*made, driver.all_nodes(), driver.entry()]

    def part(self, shared: Shared, suffix: str, block: Block) -> str:
        """Return the text of a function that does a part of a node's work."""
        return Writer(shared, Lifted(f"{self.prefix}{suffix}", None, block, (), recursive=False)).function()

    def places(self, way: int) -> dict[int, str]:
        """Return where a node of a way finds its own numbers, what its children made, and what it made itself."""
        places = {sym.index: f"node.own{at}" for at, sym in enumerate(self.recursion.own)}
        for call, node in enumerate(self.recursion.ways[way].calls):
            for at, sym in enumerate(node.results):
                places[sym.index] = f"kept.made{at}[{size_of(sym)} * node.children[{call}]]"
        return places


class _Driver(NodeRows):
    """Writes what finds the nodes and computes them."""

    def __init__(self, made: ByHeight, shared: Shared) -> None:
        self.made = made
        self.recursion = made.recursion
        names = Writer(shared, self.recursion.function)
        names.taken.update(LOCALS)
        self.places = {sym.index: names.name_for(sym) for sym in made.given}
        self.common = [sym for sym in made.given if sym not in made.recursion.own]
        super().__init__(names, made.prefix, {sym.index: self.places[sym.index] for sym in self.common})

    def entry(self) -> str:
        """Return the function that is called as the recursion is."""
        one, name, made = self.recursion.function, cpp_name(self.recursion.function), self.made
        given = [
            "lantern::Tape &tape" if is_tape(sym) else declared(sym, self.places[sym.index])
            for sym in (*one.block.parameters, *one.captured)
        ]
        again = ["tape" if is_tape(sym) else self.places[sym.index] for sym in (*one.block.parameters, *one.captured)]
        own = [f"&{self.places[sym.index]}" for sym in self.recursion.own]
        into = [f"{'' if dims_of(atom.type) else '&'}out{at}" for at, atom in enumerate(made.results)]
        texts = ", ".join([*(self.places[sym.index] for sym in self.common), *own, *into])
        again += [f"out{at}" for at in range(len(made.results))]
        kept = f"        {made.prefix}Kept kept;\n        return {made.prefix}all(context, kept, {texts}, 1, depth);"
        mark = ""
        if made.back is not None:
            kept = f"""        lantern::Made<{made.prefix}Kept> kept;
        {made.prefix}all(context, *kept, {texts}, 1, depth);
        return tape.mark(tape.keep(kept), 0);"""
            mark = "\n    tape.mark(nullptr, 0);"
        head = ", ".join(["lantern::Context &context", *given, *outs(made.results), "std::int64_t depth"])
        return f"""static void {name}_by_height({head}) {{
    try {{
{kept}
    }} catch (const lantern::Raised &) {{
    }} catch (const lantern::TooDeep &) {{
    }} catch (const std::bad_alloc &) {{
    }}
    // One by one, in Python's order: so the first exception is Python's, and no memory is needed for all nodes at once.
    {name}(context, {", ".join(again)}, depth);{mark}
}}"""

    def all_nodes(self) -> str:
        """Return the function that computes `count` nodes and all below them."""
        given = [declared(sym, self.places[sym.index]) for sym in self.common]
        given += [f"const {cpp(dtype_of(sym.type))} *{self.places[sym.index]}" for sym in self.recursion.own]
        given += [f"{cpp(dtype_of(atom.type))} *out{at}" for at, atom in enumerate(self.made.results)]
        head = (
            f"static void {self.prefix}all(lantern::Context &context, {self.prefix}Kept &kept, {', '.join(given)}, "
            "std::int64_t count, std::int64_t depth) {"
        )
        self.line(1, "auto &nodes = kept.nodes;")
        self.line(1, "auto &found = kept.found;")
        self._find()
        self._room()
        computed = len(self.lines)
        self._compute()
        self.lines.insert(computed, f"    const lantern::Frame frame(context, {self.bytes});")
        for at, atom in enumerate(self.made.results):
            size = f"{size_of(atom)} * sizeof({cpp(dtype_of(atom.type))})"
            self.line(1, f"std::memcpy(out{at}, kept.made{at}, count * {size});")
        return "\n".join([head, *self.lines, "}"])

    def _find(self) -> None:
        """Write that the nodes are found: each tells its way and its children's own numbers."""
        own, calls = self.recursion.own, self.recursion.calls
        first = ", ".join(f"{self.places[sym.index]}[at]" for sym in own)
        self.line(1, f"for (std::int64_t at = 0; at < count; ++at) nodes.add({{depth, 0, 0, {{}}, {first}}});")
        self.line(1, "for (std::int64_t at = 0; at < nodes.count; ++at) {")
        self.line(2, f"{self.prefix}Node node = nodes[at];")
        self.line(2, f"if (node.depth > {sys.getrecursionlimit()}) throw lantern::TooDeep{{}};")
        next_ = [[f"next{call}_{at}" for at in range(len(own))] for call in range(calls)]
        for names in next_:
            for name, sym in zip(names, own, strict=True):
                self.line(2, f"{cpp(dtype_of(sym.type))} {name};")
        places = self.places | {sym.index: f"node.own{at}" for at, sym in enumerate(own)}
        given = [places.get(sym.index, "") for sym in self.recursion.expand.parameters]
        into = ["node.way", *(name for names in next_ for name in names)]
        self.line(2, f"{self.prefix}calls_(context, {', '.join([*given, *into])});")
        for call, names in enumerate(next_):
            taken = [str(way) for way, one in enumerate(self.recursion.ways) if len(one.calls) > call]
            test = " || ".join(f"node.way == {way}" for way in taken)
            added = f"nodes.add({{node.depth + 1, 0, 0, {{}}, {', '.join(names)}}})"
            self.line(2, f"if ({test}) node.children[{call}] = {added};")
        self.line(2, "nodes[at] = node;")
        self.line(1, "}")
        counts = ", ".join(str(len(way.calls)) for way in self.recursion.ways)
        self.line(1, f"static constexpr std::int64_t children[] = {{{counts}}};")
        self.line(1, "found.sort(nodes, children);")

    def _room(self) -> None:
        """Write that there is memory for what is made of all nodes."""
        fields = self.made.fields()
        self.line(1, "std::size_t bytes = 0;")
        for name, atom, count in fields:
            kind = cpp(dtype_of(atom.type))
            self.line(1, f"const std::size_t at_{name} = lantern::after<{kind}>(bytes, {count}, {size_of(atom)});")
        self.line(1, "kept.memory.get(bytes, 1);")
        for name, atom, _ in fields:
            kind = cpp(dtype_of(atom.type))
            self.line(1, f"kept.{name} = reinterpret_cast<{kind} *>(kept.memory.data + at_{name});")
        self.line(1, "kept.roots = count;")
        for line in self.made.no_slopes():
            self.line(1, line)

    def _compute(self) -> None:
        """Write that each group of nodes of one height and way is computed, some nodes at once."""
        ways = [functools.partial(self._way, way, parts) for way, parts in enumerate(self.made.stages)]
        walk_groups(self, "std::int64_t group = 0; group < found.groups; ++group", ways)

    def _way(self, way: int, parts: tuple[Stage, ...]) -> None:
        kept = kept_rows(self, self.made, way)
        last = [f"kept.made{at}[{size_of(atom)} * those[r]]" for at, atom in enumerate(self.made.results)]
        self.way(str(way), parts, self.made.places(way), kept, last)


def walk_groups(rows: NodeRows, head: str, ways: Sequence[Callable[[], None]]) -> None:
    """Write a walk through the groups of nodes of one height and way, some nodes at once; `ways` write what is done."""
    end = "found.begins.data[group + 1]"
    rows.line(1, f"for ({head}) {{")
    rows.line(2, f"for (std::int64_t from = found.begins.data[group]; from < {end}; from += {AT_ONCE}) {{")
    rows.line(3, "const std::int64_t *those = found.order.data + from;")
    rows.line(3, f"const int many = int({end} - from < {AT_ONCE} ? {end} - from : {AT_ONCE});")
    rank = "found.ranks.data[group] + from - found.begins.data[group]"
    rows.line(3, f"[[maybe_unused]] const std::int64_t rank = {rank};")
    rows.line(3, "if ((++context.entered & 0xf) == 0) lantern::poll(context);")
    rows.line(3, f"switch (group % {len(ways)}) {{")
    for number, write in enumerate(ways):
        rows.line(4, f"case {number}: {{")
        write()
        rows.line(5, "break;")
        rows.line(4, "}")
    rows.line(3, "}")
    rows.line(2, "}")
    rows.line(1, "}")


def kept_rows(rows: NodeRows, made: ByHeight, way: int) -> dict[int, str]:
    """Write where the rows of the nodes that are computed together lie in what is kept of a way; return it by name."""
    places = {}
    for at, sym in enumerate(made.kept[way]):
        name = rows.names.name_for(sym, "row")
        rows.line(5, f"auto *const {name} = kept.kept{way}_{at} + {size_of(sym)} * rank;")
        places[sym.index] = row_of(name, sym)
    return places


def results_of(way: BackWay) -> tuple[Atom, ...]:
    """Return what a node makes on its way back: slopes for its children, what it adds, and the factors."""
    slopes = (atom for some in way.slopes for atom in some)
    added = (atom for some in way.added for atom in some)
    return (*slopes, *added, *(atom for one in way.factors for atom in (one.left, one.right)))


def _read_back(way: Way, back: BackWay) -> tuple[Sym, ...]:
    own = {sym.index for node in way.nodes for sym in node.results}
    results = {atom.index for atom in way.results if isinstance(atom, Sym)}
    read = free_syms(Block((), back.nodes, results_of(back)))
    return tuple(sym for sym in read if sym.index in own - results)
