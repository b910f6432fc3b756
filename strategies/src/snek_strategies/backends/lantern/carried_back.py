"""Loops that carry the gradients of trees back: what all trips' nodes answer is added up once, when the loop is over.

That is so where a trip does nothing with what its tree answers but add it to totals that the loop carries.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snek_strategies.backends.arithmetic import dims_of
from snek_strategies.backends.lantern.arrays import View
from snek_strategies.backends.lantern.tapes import Origins, is_tape
from snek_strategies.ir.syntax import Atom, Block, Node, Sym, every_node, uses_in

if TYPE_CHECKING:
    from snek_strategies.backends.lantern.by_height import ByHeight
    from snek_strategies.backends.lantern.writer import Writer


@dataclass(frozen=True)
class CarriedBack:
    """A call whose answers wait for the end of its loop: the name of what waits, and the totals they are added to."""

    waiting: str
    made: ByHeight
    tapes: tuple[Sym, ...]
    captured: tuple[str, ...]
    totals: tuple[Sym, ...]

    def settled(self, w: Writer, state: Mapping[int, View | None]) -> None:
        """Write after the loop that what waits is added to the loop's results."""
        given = [w.texts[sym.index] for sym in self.tapes] + [*self.captured]
        for sym in self.totals:
            view = state[sym.index]
            given.append(f"&{w.texts[sym.index]}" if view is None else view.base)
        text = f"{self.made.prefix}settle(context, *{self.waiting}, {', '.join(given)});"
        w.line(f"if ({self.waiting} != nullptr) {text}")


def carried_back(w: Writer, loop: Node) -> dict[int, CarriedBack]:
    """Write before a loop what its calls need to let their answers wait; return how they do, by each call's `id`."""
    found = {}
    for call, made, totals in waiting_calls(loop, w.shared.backs, w.tapes):
        assert made.back is not None, "gradients are called"
        waiting = w.fresh("waiting")
        held = {w.tapes.of(sym): sym for sym in loop.results if is_tape(sym)}
        tapes = tuple(held[w.tapes.of(atom)] for atom in call.operands[1:] if is_tape(atom))
        captured = tuple(
            w.together(sym).pointer if dims_of(sym.type) else w.kept(sym) for sym in made.back.function.captured
        )
        w.line(f"lantern::Kept *{waiting} = nullptr;")
        found[id(call)] = CarriedBack(waiting, made, tapes, captured, totals)
    return found


def waiting_calls(
    loop: Node, backs: Mapping[int, ByHeight], tapes: Origins
) -> Iterator[tuple[Node, ByHeight, tuple[Sym, ...]]]:
    """Yield the calls of gradients whose answers a loop only adds up, and to which of its results it adds each."""
    _, body = loop.blocks
    inside = {sym.index for node in body.nodes for sym in node.results} | {sym.index for sym in body.parameters}
    held = {tapes.of(sym) for sym in loop.results if is_tape(sym)}
    products = {tapes.of(one.operands[0]) for one in every_node(body) if one.primitive == "tape_product"}
    sums = None
    for call in body.nodes:
        made = backs.get(call.operands[0].index) if call.primitive == "call" else None  # type: ignore[union-attr]
        if made is None or made.back is None or any(sym.index in inside for sym in made.back.function.captured):
            continue
        used = {tapes.of(atom) for atom in call.operands[1:] if is_tape(atom)}
        sums = sums or _Sums(loop)
        totals = [sums.total(sym) for sym in call.results if not is_tape(sym)]
        if used <= held and not used & products and all(totals):
            yield call, made, tuple(one for one in totals if one is not None)


class _Sums:
    """Which of a loop's results each name of its body is only added to."""

    def __init__(self, loop: Node) -> None:
        self.loop = loop
        test, self.body = loop.blocks
        self.uses = uses_in(self.body)
        self.asked = {
            here.index
            for one, here in zip(test.parameters, self.body.parameters, strict=True)
            if uses_in(test)[one.index]
        }
        self.adding: dict[int, Node] = {}
        """The node that adds a name to something, by the name."""
        self.given: dict[int, Sym] = {}
        """The result of a region by what it gives inside."""
        self._note(self.body)

    def _note(self, block: Block) -> None:
        for node in block.nodes:
            if node.primitive == "fused":
                inner = node.blocks[0]
                self._note(inner)
                self.given |= {
                    atom.index: sym
                    for atom, sym in zip(inner.results, node.results, strict=True)
                    if isinstance(atom, Sym)
                }
            elif node.primitive in ("add", "additem"):
                terms = node.operands if node.primitive == "add" else node.operands[:1]
                self.adding |= {atom.index: node for atom in terms if isinstance(atom, Sym)}

    def total(self, sym: Sym) -> Sym | None:
        """Return the loop's result that is the sum of a name's values and others; None where it is more than that."""
        at = self._end(sym)
        if at is None:
            return None
        parameter = self.body.parameters[at]
        same = self._end(parameter) == at and parameter.index not in self.asked and parameter.type == sym.type
        return self.loop.results[at] if same else None

    def _end(self, atom: Atom) -> int | None:
        """Return the place in the loop's state that a name is added to and nothing else."""
        type_ = atom.type
        while isinstance(atom, Sym) and atom.type == type_ and self.uses[atom.index] == 1:
            if atom.index in self.adding:
                (atom,) = self.adding[atom.index].results
            elif atom.index in self.given:
                atom = self.given[atom.index]
            else:
                return next((at for at, one in enumerate(self.body.results) if one == atom), None)
        return None
