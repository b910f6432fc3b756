"""Loops over trees: those of all trips are computed together before the loop, where its count tells which is a trip's.

What raises there says nothing yet: then each trip computes its own tree, when its time comes.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

from snek_strategies.backends.arithmetic import dims_of, dtype_of
from snek_strategies.backends.lantern.carried_back import waiting_calls
from snek_strategies.backends.lantern.cpp_types import cpp
from snek_strategies.backends.lantern.recursion import follows
from snek_strategies.backends.lantern.tapes import is_tape
from snek_strategies.backends.rewriting import drop_unused
from snek_strategies.ir.loop_counters import counters
from snek_strategies.ir.syntax import Atom, Block, Node, Sym, free_in, free_syms

if TYPE_CHECKING:
    from snek_strategies.backends.lantern.by_height import ByHeight
    from snek_strategies.backends.lantern.writer import Writer


@dataclass(frozen=True)
class Forest:
    """Where the answers for all trips are."""

    ready: str
    counter: int
    first: str
    answers: tuple[str, ...]
    kept: str

    def handed_on(self, w: Writer, results: tuple[Sym, ...]) -> None:
        """Write that a trip takes its answers, and where it has a tape, marks there which ones they are."""
        at = f"({w.texts[self.counter]} - {self.first})"
        values = (sym for sym in results if not is_tape(sym))
        for sym, name in zip(values, self.answers, strict=True):
            kind, size = cpp(dtype_of(sym.type)), prod(dims_of(sym.type))
            if dims_of(sym.type):
                base = w.views[sym.index].base
                w.line(f"std::memcpy({base}, {name}.data + {size} * {at}, {size} * sizeof({kind}));")
            else:
                w.line(f"{w.texts[sym.index]} = {name}.data[{at}];")
        for sym in filter(is_tape, results):
            tape = w.texts[sym.index]
            w.line(f"{tape}.mark({tape}.keep({self.kept}), {at});")


def planted(w: Writer, loop: Node) -> dict[int, Forest]:
    """Write before a loop that the trees of its trips are computed; return where for each call, by its `id`."""
    _, body = loop.blocks
    found: dict[int, Forest] = {}
    for counter, bounds in counters(loop).items():
        (sym,) = (one for one in body.parameters if one.index == counter)
        if any(dtype_of(one.type).kind != "i" for one in (sym, *bounds)):
            continue
        for node in body.nodes:
            roots = _roots(w, loop, node, counter) if node.primitive == "call" and id(node) not in found else None
            if roots is not None:
                found[id(node)] = _written(w, node, roots, sym, bounds)
    return found


def _roots(w: Writer, loop: Node, call: Node, counter: int) -> Block | None:
    """Return what gives a call's own numbers from the loop's count; None where more than that decides them."""
    function, *operands = call.operands
    body = loop.blocks[1]
    made = w.shared.by_height.get(function.index) if isinstance(function, Sym) else None
    if made is None or (made.back is not None and not _is_carried_back(w, loop, call, made)):
        return None
    inside = {sym.index for sym in body.parameters} | {sym.index for node in body.nodes for sym in node.results}
    own, shared = made.parted((*operands, *made.recursion.function.captured))
    if any(isinstance(atom, Sym) and atom.index in inside for atom in shared):
        return None
    known, nodes = {counter}, list[Node]()
    for node in body.nodes[: body.nodes.index(call)]:
        read = {sym.index: sym for sym in free_syms(Block((), (node,), ()))}
        outside = read.keys() - inside
        numbers = {index for index in outside if not dims_of(read[index].type)}
        if follows(node, known | numbers, outside):
            nodes.append(node)
            known.update(sym.index for sym in node.results)
    if any(isinstance(atom, Sym) and atom.index in inside - known for atom in own):
        return None
    return drop_unused(Block((), tuple(nodes), own))


def _is_carried_back(w: Writer, loop: Node, call: Node, made: ByHeight) -> bool:
    """Tell whether the loop's tape is walked back by a loop that adds up what all trees answer."""
    held = {w.tapes.of(sym) for sym in loop.results if is_tape(sym)}
    if not all(w.tapes.of(atom) in held for atom in call.operands[1:] if is_tape(atom)):
        return False
    return any(
        made is one
        for later in w.after
        if later.primitive == "while" and any(atom in loop.results for atom in later.operands)
        for _, one, _ in waiting_calls(later, w.shared.backs, w.tapes)
    )


def _written(w: Writer, call: Node, roots: Block, counter: Sym, bounds: tuple[Atom, Atom]) -> Forest:
    """Write that the trees of all trips are found and computed, where memory and no exception keep them from it."""
    function, *operands = call.operands
    assert isinstance(function, Sym), "a function is called by its name"
    made = w.shared.by_height[function.index]
    first, end = map(w.kept, bounds)
    _, shared = made.parted((*operands, *made.recursion.function.captured))
    given = [w.together(atom).pointer if dims_of(atom.type) else w.kept(atom) for atom in shared]
    ready, count, trip = w.fresh("ready"), w.fresh("trips"), w.fresh("trip")
    rooms = {sym: w.fresh("roots") for sym in made.recursion.own}
    answers = {sym: w.fresh("answers") for sym in call.results if not is_tape(sym)}
    kept = w.fresh("kept")
    w.line("// The trees of all trips at once.")
    w.line(f"const std::int64_t {count} = {first} < {end} ? std::int64_t({end} - {first}) : 0;")
    for sym, name in (*rooms.items(), *answers.items()):
        w.line(f"lantern::Room<{cpp(dtype_of(sym.type))}> {name};")
    # What a gradient needs again stays for as long as the tape.
    w.line(f"lantern::Made<{made.prefix}Kept> {kept};")
    w.line(f"bool {ready} = {count} > 1;")
    w.line(f"if ({ready}) try {{")
    w.depth += 1
    for sym, name in (*rooms.items(), *answers.items()):
        w.line(f"{name}.get({count}, {prod(dims_of(sym.type))});")
    w.line(f"for (std::int64_t {trip} = 0; {trip} < {count}; ++{trip}) {{")
    w.depth += 1
    w.texts[counter.index] = w.fresh("v")
    w.line(f"const {cpp(dtype_of(counter.type))} {w.texts[counter.index]} = {first} + {trip};")
    w.liveness.free.update(free_in(roots))
    w.liveness.enter(roots, loops=True)
    w.nodes(roots)
    for name, atom in zip(rooms.values(), roots.results, strict=True):
        w.line(f"{name}.data[{trip}] = {w.use(atom)};")
    w.forget(w.liveness.leave())
    w.close(1)
    depth = "depth + 1" if w.one.recursive else "1"
    texts = [*given, *(f"{name}.data" for name in (*rooms.values(), *answers.values())), count, depth]
    w.line(f"{made.prefix}all(context, *{kept}, {', '.join(texts)});")
    w.close(1)
    for error in ("Raised", "TooDeep"):
        w.line(f"catch (const lantern::{error} &) {{ {ready} = false; }}")
    w.line(f"catch (const std::bad_alloc &) {{ {ready} = false; }}")
    return Forest(ready, counter.index, first, tuple(answers.values()), kept)
