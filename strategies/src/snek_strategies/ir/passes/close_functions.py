"""Close functions: what a function uses from around it becomes parameters, which every call of it passes.

>>> from snek_strategies.ir.show import show
>>> from snek_strategies.ir.passes.examples import captured
>>> print(show(captured()))
program captured(%0: float64[], %1: float64[]) {
  %2 = function[name='f'] (%3: float64[]) {
    %4: float64[] = multiply %3, %1
    return %4
  }
  %5: float64[] = call %2, %0
  return %5
}
<BLANKLINE>
>>> print(show(closed_program(captured())))
program captured(%0: float64[], %1: float64[]) {
  %2 = function[name='f'] (%3: float64[], %4: float64[]) {
    %5: float64[] = multiply %3, %4
    return %5
  }
  %6: float64[] = call %2, %0, %1
  return %6
}
<BLANKLINE>
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from snek_strategies.ir.syntax import Atom, Block, Node, Program, Sym, every_node, free_syms, next_index
from snek_strategies.ir.types import Fn, Type

Fresh = Callable[[Type], Sym]


def closed_program(program: Program) -> Program:
    """Return a program whose functions use no values from around them."""
    start = next_index(program.body)
    return Program(program.name, close_functions(program.body, numbered(start)))


def numbered(start: int) -> Fresh:
    """Return a source of fresh names, from that index on."""
    taken = start

    def fresh(type_: Type) -> Sym:
        nonlocal taken
        taken += 1
        return Sym(taken - 1, type_)

    return fresh


def close_functions(block: Block, fresh: Fresh) -> Block:
    """Return a block whose functions use no values from around them; other functions they may use."""
    captured = _captured(block)
    if not any(captured.values()):
        return block
    return _Closing(captured, fresh).block(block, {})


def _captured(block: Block) -> dict[int, tuple[Sym, ...]]:
    """Return what each function uses from around it, what the functions that it calls use included."""
    free: dict[int, dict[int, Sym]] = {}
    calls: dict[int, set[int]] = {}
    inside: dict[int, set[int]] = {}
    for function in _functions(block):
        name = function.results[0].index
        syms = free_syms(function.blocks[0])
        free[name] = {sym.index: sym for sym in syms if not isinstance(sym.type, Fn)}
        calls[name] = {
            one.operands[0].index
            for one in every_node(function.blocks[0])
            if one.primitive == "call" and isinstance(one.operands[0], Sym)
        }
        inside[name] = _bound(function.blocks[0])
    changed = True
    while changed:
        changed = False
        for name, called in calls.items():
            for one in called:
                new = {at: sym for at, sym in free.get(one, {}).items() if at not in inside[name]}
                changed = changed or not new.keys() <= free[name].keys()
                free[name].update(new)
    return {name: tuple(syms.values()) for name, syms in free.items()}


def _functions(block: Block) -> list[Node]:
    return [node for node in every_node(block) if node.primitive == "function"]


def _bound(block: Block) -> set[int]:
    bound = {sym.index for sym in block.parameters}
    for node in every_node(block):
        bound.update(sym.index for sym in node.results)
        bound.update(sym.index for inner in node.blocks for sym in inner.parameters)
    return bound


class _Closing:
    def __init__(self, captured: dict[int, tuple[Sym, ...]], fresh: Fresh) -> None:
        self.captured = captured
        self.fresh = fresh

    def _sym(self, sym: Sym) -> Sym:
        extra = self.captured.get(sym.index)
        if not extra or not isinstance(sym.type, Fn):
            return sym
        return Sym(sym.index, Fn((*sym.type.parameters, *(one.type for one in extra)), sym.type.results))

    def block(self, block: Block, env: dict[int, Sym]) -> Block:
        def atoms(given: tuple[Atom, ...]) -> tuple[Atom, ...]:
            return tuple(
                self._sym(env.get(atom.index, atom)) if isinstance(atom, Sym) else atom  # a constant stays
                for atom in given
            )

        nodes = []
        for node in block.nodes:
            operands = atoms(node.operands)
            if node.primitive == "call":
                assert isinstance(node.operands[0], Sym)
                operands += atoms(self.captured.get(node.operands[0].index, ()))
            if node.primitive == "function":
                extra = self.captured[node.results[0].index]
                own = tuple(self.fresh(sym.type) for sym in extra)
                inner = self.block(node.blocks[0], {**env, **{a.index: b for a, b in zip(extra, own, strict=True)}})
                blocks: tuple[Block, ...] = (replace(inner, parameters=inner.parameters + own),)
            else:
                blocks = tuple(self.block(one, env) for one in node.blocks)
            nodes.append(replace(node, results=tuple(map(self._sym, node.results)), operands=operands, blocks=blocks))
        return Block(block.parameters, tuple(nodes), atoms(block.results))
