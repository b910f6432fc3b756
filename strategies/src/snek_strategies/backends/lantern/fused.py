"""A region of elementwise nodes as one loop, the reductions of all its elements included."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from snek_strategies.backends.arithmetic import dtype_of
from snek_strategies.backends.lantern.arrays import Dims, Lazy, View, at, loops, merged, of_view
from snek_strategies.backends.lantern.cpp_types import Dtype, cpp
from snek_strategies.backends.lantern.elements import is_call
from snek_strategies.backends.lantern.extents import count_of, dims_of, is_above
from snek_strategies.backends.lantern.reductions import Accumulator, accumulator
from snek_strategies.backends.lantern.spreading import begun, ended
from snek_strategies.ir.syntax import Atom, Const, Node, Sym

if TYPE_CHECKING:
    from snek_strategies.backends.lantern.writer import Writer

LONGEST = 160
"""How long an expression grows before it gets a name."""
SHORT = 64
"""How many elements a row has at least that is worth a reduction of its own."""


def write_region(w: Writer, node: Node) -> None:
    """Write a region `fused`: what it yields lies in memory or is a number, the rest in registers."""
    (block,) = node.blocks
    for one in block.nodes:
        w.place(one)
    region = _Region(w, block.nodes)
    given = {atom.index: sym for atom, sym in zip(block.results, node.results, strict=True) if isinstance(atom, Sym)}
    arrays = {index: w.place_for(sym) for index, sym in given.items() if dims_of(sym.type)}
    totals = {
        one.results[0].index: (w.fresh("total"), accumulator(one.primitive, *_dtypes(one)))
        for one in block.nodes
        if not dims_of(one.results[0].type)
    }
    region.write(arrays, totals)
    for index, sym in given.items():
        if index in arrays:
            w.bind(sym, arrays[index])
        else:
            name, total = totals[index]
            w.named(sym, total.answer(name), once=False)


def _dtypes(node: Node) -> tuple[Dtype, Dtype]:
    return dtype_of(node.operands[0].type), dtype_of(node.results[0].type)


class _Region:
    """The nodes of a region, and what they read from outside it."""

    def __init__(self, w: Writer, nodes: tuple[Node, ...]) -> None:
        self.w = w
        self.nodes = nodes
        self.dims: Dims = next(dims for one in nodes if (dims := dims_of(one.results[0].type)))
        self.uses = Counter(_key(atom) for one in nodes for atom in one.operands)
        own = {one.results[0].index for one in nodes}
        self.leaves: dict[int, Lazy] = {}
        for one in nodes:
            for atom in one.operands:
                if _key(atom) not in self.leaves and not (isinstance(atom, Sym) and atom.index in own):
                    self.leaves[_key(atom)] = self._leaf(atom)
        self.texts: dict[int, str] = {}
        self.calls: set[int] = set()

    def _leaf(self, atom: Atom) -> Lazy:
        made = self.w.elements(atom)
        if made.loads and made.dims != self.dims and made.size:
            made = of_view(self.w.materialised(made, made.dims))
        return made

    def write(self, arrays: dict[int, View], totals: dict[int, tuple[str, Accumulator]]) -> None:
        """Write the loop that fills the arrays and the totals."""
        w = self.w
        loads = [view.spread(self.dims) for one in self.leaves.values() for view in one.loads]
        views = (*arrays.values(), *loads)
        dims, strides = merged(self.dims, views)
        heads = list(loops(dims))
        indices = [name for name, _ in heads]
        shared = () if totals else dims  # a total is one thread's
        heads = begun(w, shared, heads)
        for name, total in totals.values():
            w.line(f"{total.kind} {name} = {total.start};")
        later = self._later(arrays, totals) if len(dims) > 1 and not is_above(dims[-1], SHORT - 1) else {}
        now = {index: one for index, one in totals.items() if index not in later}
        clauses = " ".join(f"reduction({total.sign} : {name})" for name, total in now.values())
        for axis, (_, head) in enumerate(heads):
            if axis == len(heads) - 1:
                w.line(f"#pragma omp simd {clauses}" if clauses else "#pragma GCC ivdep")
            w.line(head)
            w.depth += 1
        texts = [at(view, own, indices) for view, own in zip(views, strides, strict=True)]
        self._load(texts[len(arrays) :])
        targets = dict(zip(arrays, texts, strict=False))
        for one in self.nodes:
            if one.results[0].index not in later:
                self._node(one, targets.get(one.results[0].index), now)
        w.close(len(heads))
        ended(w, shared)
        for index, view in later.items():
            name, total = totals[index]
            w.line(f"#pragma omp simd reduction({total.sign} : {name})")
            w.line(f"for (std::int64_t i0 = 0; i0 < {count_of(self.dims)}; ++i0) {{")
            w.line(f"    {total.step(name, f'{view.base}[i0]')}")
            w.line("}")

    def _later(self, arrays: dict[int, View], totals: dict[int, tuple[str, Accumulator]]) -> dict[int, View]:
        """Return the totals of arrays in memory: those are one long row, where the region's own rows are short."""
        reduced = [
            (one.results[0].index, _key(one.operands[0])) for one in self.nodes if one.results[0].index in totals
        ]
        return {index: arrays[array] for index, array in reduced if array in arrays}

    def _load(self, texts: list[str]) -> None:
        for key, one in self.leaves.items():
            text = one.render(texts[: len(one.loads)])
            del texts[: len(one.loads)]
            self.texts[key] = self._named(text, one.dtype) if self.uses[key] > 1 and one.loads else text

    def _named(self, text: str, dtype: Dtype) -> str:
        name = self.w.fresh("x")
        self.w.line(f"const {cpp(dtype)} {name} = {text};")
        return name

    def _node(self, node: Node, target: str | None, totals: dict[int, tuple[str, Accumulator]]) -> None:
        (result,) = node.results
        operands = [self.texts[_key(atom)] for atom in node.operands]
        if result.index in totals:
            name, total = totals[result.index]
            self.w.line(total.step(name, operands[0]))
            return
        calls = any(_key(atom) in self.calls for atom in node.operands)
        text = self.w.number_text(node, operands, both=calls)
        if calls or is_call(text):
            self.calls.add(result.index)
        if self.uses[result.index] > 1 or (target and self.uses[result.index]) or len(text) > LONGEST:
            text = self._named(text, dtype_of(result.type))
        if target:
            self.w.line(f"{target} = {text};")
        self.texts[result.index] = text


def _key(atom: Atom) -> int:
    """Return a name's number; a constant, which is one only with itself, has a negative one."""
    return -id(atom) if isinstance(atom, Const) else atom.index
