"""Parts of a program that need nothing of each other, for two threads to run: calls and loops of one block.

`pair_parts` makes a node `at_once` of two such parts; its blocks take nothing, and its results are those of the first,
then those of the second. What lies between two parts and needs nothing of the first belongs to the second, so that
everything that raises stands in its order: what the second part raises counts only where the first has ended well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from snek_strategies.backends.arithmetic import dtype_of
from snek_strategies.backends.lantern.cpp_types import cpp
from snek_strategies.backends.lantern.extents import dims_of
from snek_strategies.ir.calls import called_in, printing
from snek_strategies.ir.gradients.copies import Copying
from snek_strategies.ir.passes.close_functions import Fresh, numbered
from snek_strategies.ir.syntax import Block, Node, Program, Sym, every_node, free_syms, next_index
from snek_strategies.ir.types import Tape

if TYPE_CHECKING:
    from snek_strategies.backends.lantern.writer import Writer


def pair_parts(program: Program, apart: frozenset[int]) -> Program:
    """Return the program with pairs of independent parts as `at_once` nodes, which only Lantern's writer knows.

    Functions `apart` stay as they are, and so do their calls.
    """
    body = program.body
    return Program(program.name, _Pairing(body, apart, numbered(next_index(body))).block(body))


class _Pairing:
    def __init__(self, block: Block, apart: frozenset[int], fresh: Fresh) -> None:
        self.fresh = fresh
        self.apart = apart
        bodies = {one.results[0].index: one.blocks[0] for one in every_node(block) if one.primitive == "function"}
        self.quiet = bodies.keys() - printing(block) - apart
        self.long = {name for name, body in bodies.items() if _takes_long(name, body, bodies)}

    def block(self, block: Block) -> Block:
        """Return the block with its pairs, those of the blocks inside it included."""
        nodes = [one if self._is_apart(one) else self._inside(one) for one in block.nodes]
        at = 0
        while at < len(nodes):
            made = self._paired(nodes, at, block) if self._is_part(nodes[at]) else None
            if made is not None:
                nodes[at : at + len(made[1])] = made[0]
            at += 1
        return replace(block, nodes=tuple(nodes))

    def _is_apart(self, node: Node) -> bool:
        return node.primitive == "function" and node.results[0].index in self.apart

    def _inside(self, node: Node) -> Node:
        return node.over(node.operands, tuple(map(self.block, node.blocks)))

    def _is_quiet(self, node: Node) -> bool:
        """Tell whether a node does nothing that is seen but raise, and not always."""
        alone = node.primitive not in ("function", "raise", "leave") and node.effects <= {"raise"}
        return alone and _moves(node) and called_in(Block((), (node,), ())) <= self.quiet

    def _is_part(self, node: Node) -> bool:
        """Tell whether a node may take long."""
        is_long = node.primitive == "while" or (node.primitive == "call" and self._called(node) in self.long)
        return is_long and self._is_quiet(node)

    def _called(self, node: Node) -> int:
        name = node.operands[0]
        assert isinstance(name, Sym), "a function is called by its name"
        return name.index

    def _paired(self, nodes: Sequence[Node], at: int, block: Block) -> tuple[list[Node], Sequence[Node]] | None:
        """Return what stands for the nodes up to the next part that needs nothing of this one, and those nodes."""
        first = nodes[at]
        needs = {sym.index for sym in first.results}
        second: list[Node] = []
        after: list[Node] = []
        for end, node in enumerate(nodes[at + 1 :], at + 1):
            if needs & {sym.index for sym in _reads(node)}:
                if node.effects or not self._is_quiet(node):
                    return None
                after.append(node)
                needs.update(sym.index for sym in node.results)
            elif self._is_part(node):
                used = _used([*after, *nodes[end + 1 :]], block)
                blocks = [_part([first], used), _part([*second, node], used)]
                results = tuple(sym for one in blocks for sym in one.results if isinstance(sym, Sym))
                # Under names of their own inside: the names outside are those that the parts give.
                parts = [Copying(self.fresh).block(one) for one in blocks]
                effects = frozenset().union(*(one.effects for part in parts for one in part.nodes))
                made = Node(results, "at_once", (), blocks=tuple(parts), effects=effects, place=first.place)
                return [made, *after], nodes[at : end + 1]
            elif self._is_quiet(node):
                second.append(node)
            else:
                return None
        return None


def _takes_long(name: int, body: Block, bodies: dict[int, Block]) -> bool:
    """Tell whether a function has a loop or reaches itself, or one that it calls does."""
    seen: set[int] = set()
    pending = [body]
    while pending:
        one = pending.pop()
        called = called_in(one)
        if name in called or any(node.primitive == "while" for node in every_node(one)):
            return True
        pending += [bodies[other] for other in called - seen]
        seen |= called
    return False


def _reads(node: Node) -> tuple[Sym, ...]:
    return free_syms(Block((), (node,), ()))


def _moves(node: Node) -> bool:
    """Tell whether a node can stand in a part: it takes and gives no tape."""
    return not any(isinstance(sym.type, Tape) for sym in (*_reads(node), *node.results))


def _used(nodes: Sequence[Node], block: Block) -> set[int]:
    return {sym.index for sym in free_syms(Block((), tuple(nodes), block.results))}


def _part(nodes: Sequence[Node], used: set[int]) -> Block:
    results = tuple(sym for node in nodes for sym in node.results if sym.index in used)
    return Block((), tuple(nodes), results)


def write_both(w: Writer, node: Node) -> None:
    """Write an `at_once` node: two lambdas with copies of the function's variables, but for those that they give."""
    w.settle()
    usual = w.fresh("usual")
    results = iter(node.results)
    first, second = (
        _part_written(w, Node(tuple(next(results) for _ in block.results), "if", (), blocks=(block,)))
        for block in node.blocks
    )
    depth = "depth" if w.one.recursive else "0"
    w.line(f"static lantern::Usual {usual}[lantern::DEEP];")
    w.line(f"lantern::both<{w.shared.threads}>(context, {usual}, {depth}, {first[0]} {{")
    w.lines += first[1]
    w.line(f"}}, {second[0]} {{")
    w.lines += second[1]
    w.line("});")


def _part_written(w: Writer, part: Node) -> tuple[str, list[str]]:
    """Return the head of a part's lambda and its lines, after declaring what it gives."""
    names = [w.declared(sym) for sym in part.results if not dims_of(sym.type)]
    lines, ends = w.branch(part.blocks[0], part, loops=True)
    arrays = [sym for sym in part.results if dims_of(sym.type)]
    for sym, made in zip(arrays, ends or (), strict=True):
        name = w.name_for(sym, "p")
        names.append(name)
        w.line(f"const {cpp(dtype_of(sym.type))} *{name};")
        w.pointers.append((name, made.base))
        lines.append("    " * (w.depth + 1) + f"{name} = {made.pointer};")
        w.bind(sym, replace(w.target(name, sym.type), roots=made.roots | {"chosen"}))
    given = "".join(f", &{name}" for name in names)
    return f"[={given}](lantern::Context &context) mutable", lines
