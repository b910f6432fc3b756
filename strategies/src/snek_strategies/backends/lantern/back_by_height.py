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
    own = Writer(shared, back.function).function()
    return [*texts, own, driver.all_nodes(), driver.settle(), driver.later(), driver.entry()]


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

    def later(self) -> str:
        """Return the function that is called as the gradient is, and may leave its answers to one call at the end.

        Where nodes were computed together, it notes what reaches them, says whose they are, and answers zeros.
        """
        function, back = self.back.function, self.back
        name, tape = cpp_name(function), self.places[back.tape.index]
        again = [*self._given(), *(f"out{at}" for at in range(len(back.answers)))]
        lines = [
            f"const lantern::Mark marked = {tape}.marked();",
            f"if (marked.kept == nullptr) return {name}(context, {', '.join(again)}, depth);",
            f"auto &kept = *static_cast<{self.prefix}Kept *>(marked.kept);",
            *(self._nothing(at, atom) for at, atom in enumerate(back.answers)),
            "if (waiting != nullptr && waiting != &kept)",
            f"    {self.prefix}settle(context, *waiting, {self._shared(self._into())});",
            *(self._reached(at, sym) for at, sym in enumerate(back.slopes)),
            "--kept.waiting;",
            "waiting = &kept;",
        ]
        return self._called(f"{name}_later", lines, "std::int64_t depth, lantern::Kept *&waiting")

    def entry(self) -> str:
        """Return the function that is called as the gradient is, and gives its own answers."""
        given = [*self._given(), *(f"out{at}" for at in range(len(self.back.answers)))]
        lines = [
            "lantern::Kept *waiting = nullptr;",
            f"{cpp_name(self.back.function)}_later(context, {', '.join(given)}, depth, waiting);",
            f"if (waiting != nullptr) {self.prefix}settle(context, *waiting, {self._shared(self._into())});",
        ]
        return self._called(f"{cpp_name(self.back.function)}_by_height", lines, "std::int64_t depth")

    def settle(self) -> str:
        """Return the function that walks back from all nodes that have been reached, and adds what they answer."""
        given, function = self.back, self.back.function
        names = [f"lantern::Tape &{self.places[sym.index]}" for sym in (given.tape, *given.gathers)]
        names += [declared(sym, self.places[sym.index]) for sym in function.captured]
        names += [f"{cpp(dtype_of(atom.type))} *out{at}" for at, atom in enumerate(given.answers)]
        passed_on = self._shared([f"out{at}" for at in range(len(given.answers))], with_tape=False)
        lines = [
            f"auto &kept = static_cast<{self.prefix}Kept &>(reached);",
            f"{self.prefix}back(context, kept, {passed_on});",
            f"if (kept.waiting == 0) return {self.places[given.tape.index]}.drop(&kept);",
            *self.made.no_slopes(),
        ]
        head = ", ".join(["lantern::Context &context", "lantern::Kept &reached", *names])
        return _function(f"{self.prefix}settle", head, lines)

    def _given(self) -> list[str]:
        function = self.back.function
        return [self.places[sym.index] for sym in (*function.block.parameters, *function.captured)]

    def _into(self) -> list[str]:
        return [f"{'' if dims_of(atom.type) else '&'}out{at}" for at, atom in enumerate(self.back.answers)]

    def _shared(self, into: list[str], with_tape: bool = True) -> str:
        """Return what the walk over all nodes takes, and the tape before it."""
        tapes = (self.back.tape, *self.back.gathers) if with_tape else self.back.gathers
        return ", ".join([*(self.places[sym.index] for sym in (*tapes, *self.back.function.captured)), *into])

    def _called(self, name: str, lines: list[str], last: str) -> str:
        """Return a function that takes and gives what the gradient does."""
        function = self.back.function
        texts = [
            f"lantern::Tape &{self.places[sym.index]}" if is_tape(sym) else declared(sym, self.places[sym.index])
            for sym in (*function.block.parameters, *function.captured)
        ]
        return _function(name, ", ".join(["lantern::Context &context", *texts, *outs(self.back.answers), last]), lines)

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


def _function(name: str, head: str, lines: list[str]) -> str:
    return "\n".join([f"static void {name}({head}) {{", *(f"    {line}" for line in lines), "}"])
