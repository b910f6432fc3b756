"""The gradient of a recursion that is computed by height, as C++ that walks the same nodes back, parents first.

What reaches a node lies beside it; what nodes add to an answer is added up as they come; factors of weights' gradients
go to the tapes that gather them. What was computed one by one, by recursion, is walked back by recursion.
"""

from __future__ import annotations

import functools

from snek_strategies.backends.arithmetic import dims_of, dtype_of
from snek_strategies.backends.lantern.by_height import ByHeight, kept_rows, results_of, walk_groups
from snek_strategies.backends.lantern.cpp_types import cpp
from snek_strategies.backends.lantern.node_rows import LOCALS, NodeRows, declared, first_row, outs, passed, size_of
from snek_strategies.backends.lantern.reversed_recursion import BackWay, Factors, Reversal
from snek_strategies.backends.lantern.tapes import is_tape
from snek_strategies.backends.lantern.writer import Shared, Writer, cpp_name
from snek_strategies.ir.syntax import Atom, Sym


def back_functions(shared: Shared, made: ByHeight) -> list[str]:
    """Return the texts of the gradient's functions, its recursion among them; the last is the one to call."""
    back = made.back
    assert back is not None, "only what writes a tape has a gradient"
    texts = [
        made.part(shared, f"back{way}_{at}", one.block)
        for way, parts in enumerate(made.back_stages)
        for at, one in enumerate(parts)
    ]
    driver = _BackDriver(made, back, shared)
    return [*texts, Writer(shared, back.function).function(), driver.all_nodes(), driver.entry()]


class _BackDriver(NodeRows):
    """Writes what walks the nodes back."""

    def __init__(self, made: ByHeight, back: Reversal, shared: Shared) -> None:
        self.made = made
        self.back = back
        names = Writer(shared, back.function)
        names.taken.update(LOCALS)
        given = (*back.function.block.parameters, *back.function.captured)
        self.places = {sym.index: names.name_for(sym, "tape" if is_tape(sym) else "v") for sym in given}
        super().__init__(names, made.prefix, {sym.index: self.places[sym.index] for sym in back.function.captured})

    def entry(self) -> str:
        """Return the function that is called as the gradient is.

        Of answers that were computed together, all but the last give nothing, and that gives what all add up to.
        """
        function, back = self.back.function, self.back
        name, tape = cpp_name(function), self.places[back.tape.index]
        given = (*function.block.parameters, *function.captured)
        texts = [
            f"lantern::Tape &{self.places[sym.index]}" if is_tape(sym) else declared(sym, self.places[sym.index])
            for sym in given
        ]
        again = [*(self.places[sym.index] for sym in given), *(f"out{at}" for at in range(len(back.answers)))]
        common = [self.places[sym.index] for sym in (*back.gathers, *function.captured)]
        into = [f"{'' if dims_of(atom.type) else '&'}out{at}" for at, atom in enumerate(back.answers)]
        lines = [
            f"const lantern::Mark marked = {tape}.marked();",
            f"if (marked.kept == nullptr) return {name}(context, {', '.join(again)}, depth);",
            f"auto &kept = *static_cast<{self.prefix}Kept *>(marked.kept);",
            *(self._reached(at, sym) for at, sym in enumerate(back.slopes)),
            *(self._nothing(at, atom) for at, atom in enumerate(back.answers)),
            "if (--kept.waiting > 0) return;",
            f"{self.prefix}back(context, kept, {', '.join([*common, *into])});",
            f"{tape}.drop(marked.kept);",
        ]
        head = ", ".join(["lantern::Context &context", *texts, *outs(back.answers), "std::int64_t depth"])
        return "\n".join([f"static void {name}_by_height({head}) {{", *(f"    {line}" for line in lines), "}"])

    def _reached(self, at: int, sym: Sym) -> str:
        size, name = size_of(sym), self.places[sym.index]
        if not dims_of(sym.type):
            return f"kept.slope{at}[marked.answer] = {name};"
        return f"std::memcpy(kept.slope{at} + {size} * marked.answer, {name}, {size} * sizeof *{name});"

    def _nothing(self, at: int, atom: Atom) -> str:
        return f"std::memset(out{at}, 0, {size_of(atom)} * sizeof *out{at});" if dims_of(atom.type) else f"out{at} = 0;"

    def all_nodes(self) -> str:
        """Return the function that walks back through all nodes, and adds to what it gives back."""
        back = self.back
        given = [f"lantern::Tape &{self.places[sym.index]}" for sym in back.gathers]
        given += [declared(sym, self.places[sym.index]) for sym in back.function.captured]
        given += [f"{cpp(dtype_of(atom.type))} *out{at}" for at, atom in enumerate(back.answers)]
        head = ", ".join(["lantern::Context &context", f"{self.prefix}Kept &kept", *given])
        self.line(1, "auto &nodes = kept.nodes;")
        self.line(1, "auto &found = kept.found;")
        ways = [functools.partial(self._way, number, way) for number, way in enumerate(back.ways)]
        walk_groups(self, "std::int64_t group = found.groups - 1; group >= 0; --group", ways)
        self.lines.insert(0, f"    const lantern::Frame frame(context, {self.bytes});")
        return "\n".join([f"static void {self.prefix}back({head}) {{", *self.lines, "}"])

    def _way(self, number: int, way: BackWay) -> None:
        """Write what nodes of a way do; what they add, and gather, they hold until all of them are done."""
        made = self.made
        given = made.places(number) | kept_rows(self, made, number)
        given |= {sym.index: f"kept.slope{at}[{size_of(sym)} * those[r]]" for at, sym in enumerate(self.back.slopes)}
        for at, atom in enumerate(made.recursion.ways[number].results):
            if isinstance(atom, Sym):
                given.setdefault(atom.index, f"kept.made{at}[{size_of(atom)} * those[r]]")
        last = [
            f"kept.slope{at}[{size_of(sym)} * node.children[{child}]]"
            for child, some in enumerate(way.slopes)
            for at, sym in enumerate(some)
        ]
        count = len(results_of(way)) - len(last)
        held = self.way(f"back{number}", made.back_stages[number], given, {}, [*last, *[""] * count])
        for at, some in enumerate(way.added):
            for atom in some:
                assert isinstance(atom, Sym), "what is added has a name"
                self.line(5, f"lantern::add_rows(many, {size_of(atom)}, {first_row(held[atom.index])}, out{at});")
        for one in way.factors:
            self._gathered(one, held)

    def _gathered(self, one: Factors, held: dict[int, str]) -> None:
        """Write that all nodes' factors go where their product is computed from."""
        (rows, m), (_, n) = dims_of(one.left.type), dims_of(one.right.type)
        kind = cpp(dtype_of(one.left.type))
        self.line(5, "for (int r = 0; r < many; ++r) {")
        what = f"{kind}, {m}, {n}, {rows}"
        self.line(6, f"const auto factors = {self.places[one.tape.index]}.gather<{what}>();")
        for side, atom in (("left", one.left), ("right", one.right)):
            assert isinstance(atom, Sym), "a factor has a name"
            place = passed(atom, held[atom.index])
            self.line(6, f"std::memcpy(factors.{side}, {place}, {size_of(atom)} * sizeof({kind}));")
        self.line(5, "}")
