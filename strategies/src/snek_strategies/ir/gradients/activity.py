"""What a gradient flows through: names that depend on what is differentiated and that the result depends on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable

from snek_strategies.ir.syntax import Atom, Block, Node, Sym, every_node
from snek_strategies.ir.types import Array, Scalar, Tape, Type

_FLAT = """floor ceil trunc rint sign round floor_divide bool int not extent argmax argmin argsort any all count_nonzero
signbit isnan isinf isfinite searchsorted require raise print imag"""
FLAT = frozenset(_FLAT.split())
"""Primitives whose derivative is zero wherever it exists; nothing flows through them."""


def carries(type_: Type) -> bool:
    """Tell whether a value of that type can have a gradient."""
    if isinstance(type_, Array):
        return type_.dtype.kind in "fc"
    return isinstance(type_, Tape) or (isinstance(type_, Scalar) and type_.kind in ("float", "complex"))


def active_syms(block: Block, wrt: Iterable[Sym], of: Iterable[Atom]) -> frozenset[int]:
    """Return the names on some way from `wrt` to `of`; branches and calls are not told apart by their data."""
    onward: dict[int, list[int]] = defaultdict(list)
    backward: dict[int, list[int]] = defaultdict(list)

    def flow(sources: Iterable[Atom], targets: Iterable[Atom]) -> None:
        for source, target in zip(sources, targets, strict=True):
            if isinstance(source, Sym) and isinstance(target, Sym) and carries(source.type) and carries(target.type):
                onward[source.index].append(target.index)
                backward[target.index].append(source.index)

    functions = {node.results[0].index: node.blocks[0] for node in every_node(block) if node.primitive == "function"}
    for node in every_node(block):
        if node.primitive == "if":
            for one in node.blocks:
                flow(one.results, node.results)
        elif node.primitive == "while":
            body = node.blocks[1]
            flow(node.operands, body.parameters)
            flow(body.results, body.parameters)
            flow(body.parameters, node.results)
        elif node.primitive == "call":
            called = functions[node.operands[0].index]  # type: ignore[union-attr]
            flow(node.operands[1:], called.parameters)
            flow(called.results, node.results)
        elif node.primitive != "function" and node.primitive not in FLAT:
            for result in node.results:
                flow(node.operands, (result,) * len(node.operands))
    return _reached(onward, wrt) & _reached(backward, of)


def _reached(edges: dict[int, list[int]], start: Iterable[Atom]) -> frozenset[int]:
    reached = {atom.index for atom in start if isinstance(atom, Sym)}
    pending = list(reached)
    while pending:
        for target in edges.get(pending.pop(), ()):
            if target not in reached:
                reached.add(target)
                pending.append(target)
    return frozenset(reached)


def active_outside(block: Block, active: Collection[int]) -> dict[int, tuple[Sym, ...]]:
    """Return for each node with blocks (by `id`) the active names that its blocks use and do not bind."""
    found: dict[int, dict[int, Sym]] = {}
    level: dict[int, int] = {}
    around: list[Node] = []

    def use(atoms: tuple[Atom, ...]) -> None:
        for atom in atoms:
            if isinstance(atom, Sym) and atom.index in active:
                for node in around[level.get(atom.index, 0) :]:
                    found.setdefault(id(node), {}).setdefault(atom.index, atom)

    def walk(one: Block) -> None:
        level.update((sym.index, len(around)) for sym in one.parameters)
        for node in one.nodes:
            use(node.operands)
            around.append(node)
            for inner in node.blocks:
                walk(inner)
            around.pop()
            level.update((sym.index, len(around)) for sym in node.results)
        use(one.results)

    walk(block)
    return {key: tuple(syms.values()) for key, syms in found.items()}
