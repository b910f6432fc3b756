"""A program's staged functions at top level: what they use from around them becomes further parameters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from snek_strategies.ir.syntax import Block, Node, Program, Sym, free_syms
from snek_strategies.ir.types import Fn


@dataclass(frozen=True)
class Lifted:
    """A function at top level; the program itself has no name in the IR."""

    text: str
    name: Sym | None
    block: Block
    captured: tuple[Sym, ...]
    recursive: bool
    label: str = ""
    """What the IR calls it; several functions may be called so."""


def lifted(program: Program, reserved: Iterable[str] = ()) -> tuple[Lifted, ...]:
    """Return the program's functions, inner ones first, the program last; none has a `reserved` name."""
    nodes = list(_functions(program.body))
    free = {node.results[0].index: dict.fromkeys(_own(node)) for node in nodes}
    calls = {node.results[0].index: set(_called(node.blocks[0])) for node in nodes}
    changed = True
    while changed:
        changed = False
        for index, names in free.items():
            bound = _bound(next(node for node in nodes if node.results[0].index == index).blocks[0])
            more = [sym for other in calls[index] for sym in free[other] if sym not in names and sym.index not in bound]
            names.update(dict.fromkeys(more))
            changed = changed or bool(more)
    taken = set(reserved)
    made = []
    for node in nodes:
        name = node.results[0]
        label = str(dict(node.params).get("name", "function"))
        text, recursive = _text(label, taken), _reaches(name.index, calls)
        made.append(Lifted(text, name, node.blocks[0], tuple(free[name.index]), recursive, label))
    return (*made, Lifted(_text(program.name, taken), None, program.body, (), False))


def _text(name: str, taken: set[str]) -> str:
    base = text = re.sub(r"\W", "_", name.rpartition(".")[2]) or "function"
    if base[0].isdigit() or base.startswith("_"):
        base = text = f"f{base}"
    count = 1
    while text in taken:
        count += 1
        text = f"{base}_{count}"
    taken.add(text)
    return text


def _functions(block: Block) -> Iterator[Node]:
    for node in block.nodes:
        for inner in node.blocks:
            yield from _functions(inner)
        if node.primitive == "function":
            yield node


def _own(node: Node) -> list[Sym]:
    return [sym for sym in free_syms(node.blocks[0]) if not isinstance(sym.type, Fn)]


def _called(block: Block) -> Iterator[int]:
    for node in block.nodes:
        if node.primitive == "call":
            assert isinstance(node.operands[0], Sym)
            yield node.operands[0].index
        for inner in node.blocks:
            yield from _called(inner)


def _bound(block: Block) -> set[int]:
    found = {sym.index for sym in block.parameters}
    for node in block.nodes:
        found.update(sym.index for sym in node.results)
        for inner in node.blocks:
            found |= _bound(inner)
    return found


def _reaches(index: int, calls: dict[int, set[int]]) -> bool:
    seen: set[int] = set()
    pending = list(calls[index])
    while pending:
        one = pending.pop()
        if one == index:
            return True
        if one not in seen:
            seen.add(one)
            pending.extend(calls[one])
    return False
