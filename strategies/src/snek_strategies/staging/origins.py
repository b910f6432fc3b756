"""Why a value is dynamic: since which line, and from which argument. Asked when staging stops at it."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterator
from pathlib import PurePath
from types import FrameType

from snek_core_transform.errors import Place
from snek_strategies.ir.syntax import Atom, Const, Node, Sym, free_syms
from snek_strategies.staging.builder import CURRENT, Builder, OpenBlock
from snek_strategies.staging.diagnostics import DIAGNOSTICS
from snek_strategies.staging.loops import StagedRange
from snek_strategies.staging.optional import Maybe
from snek_strategies.staging.partly_bound import PartlyBound
from snek_strategies.staging.refusal import BEGINNING, OURS, is_users
from snek_strategies.staging.rep import Rep
from snek_strategies.staging.text import StagedText
from snek_strategies.staging.tree_nodes import is_node, row_of

SUBJECTS = {"value": "the value", "choice": "what decides"}
"""What a refusal may be about, in words; `Diagnostic.about` says which."""


def reason(code: str, place: Place | None) -> str:
    """Return the end of a refusal's message: why the value that it is about is dynamic, where it is about one.

    The value is among the arguments of the functions of Snek's that lie between the refusal and the user's code: the
    nearest to the refusal, or for a path that data choose the nearest to the user's `if` or loop.
    """
    about, builder = DIAGNOSTICS[code].about, CURRENT.get()
    if not about or builder is None:
        return ""
    found = list(_dynamic_arguments(sys._getframe(1)))
    if not found:
        return ""
    return f"; {SUBJECTS[about]} is {since(found[0 if about == 'value' else -1].atom, builder, place)}"


def origin_of(value: object, place: Place | None) -> str:
    """Return since when a value is dynamic, for a message at this place; an empty text for one that is not."""
    found, builder = list(_first(value)), CURRENT.get()
    return since(found[0].atom, builder, place) if found and builder is not None else ""


def _dynamic_arguments(frame: FrameType | None) -> Iterator[Rep]:
    """Walk the first dynamic argument of each of Snek's functions that is running, up to the user's code."""
    while frame is not None and not is_users(frame.f_code.co_filename):
        code = frame.f_code
        if code.co_filename.startswith(OURS):
            held = frame.f_locals
            count = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & 4) + bool(code.co_flags & 8)
            yield from _first(tuple(held.get(name) for name in code.co_varnames[:count]))
        frame = frame.f_back


def _first(value: object) -> Iterator[Rep]:
    """Give the first value of the next stage in a structure, where there is one."""
    pending: deque[object] = deque([value])
    while pending:
        one = pending.popleft()
        if isinstance(one, Rep):
            yield one
            return
        pending.extendleft(reversed(_inside(one)))


def _inside(value: object) -> tuple[object, ...]:
    if isinstance(value, PartlyBound | Maybe):
        return value.snek_flag, value.snek_value
    if is_node(value):
        return (row_of(value),)  # type: ignore[arg-type]
    if isinstance(value, StagedRange | slice):
        return value.start, value.stop, value.step
    if isinstance(value, StagedText):
        return value.reps
    if isinstance(value, list | tuple):
        # A list's own `__iter__` refuses where its length depends on data.
        return tuple(list.__iter__(value)) if isinstance(value, list) else tuple(value)
    return tuple(value.values()) if isinstance(value, dict) else ()


def since(atom: Atom, builder: Builder, place: Place | None) -> str:
    """Return since which line a value is dynamic, and from which arguments, for a message at this place."""
    if isinstance(atom, Const):
        return "an array from outside the program"
    origins = _Origins(builder)
    where, names = origins.place(atom), origins.arguments(atom)
    words = ["dynamic"]
    if where is not None:
        near = place is not None and place.filename == where.filename
        words.append(f"since line {where.line}" if near else f"since {PurePath(where.filename).name}:{where.line}")
    text = " ".join(words)
    if names:
        text += f", from argument{'s' if len(names) > 1 else ''} " + ", ".join(f"`{name}`" for name in names)
    return text


class _Origins:
    """What binds each name of the blocks that are open, and the nodes of those that were."""

    def __init__(self, builder: Builder) -> None:
        self.program = builder.open[0]
        self.homes = {index: block for block in builder.open for index in block.bound}
        every = (*builder.closed, *(block.nodes for block in builder.open))
        self.nodes = {sym.index: node for nodes in every for node in nodes for sym in node.results}

    def place(self, sym: Sym) -> Place | None:
        """Return where a value became one of the next stage."""
        node, home = self.nodes.get(sym.index), self.homes.get(sym.index)
        if node is not None:
            return node.place
        return BEGINNING.get() if home is self.program else None if home is None else home.place

    def arguments(self, atom: Atom) -> list[str]:
        """Return the names of the program's arguments that a value comes from, the nearest first."""
        found: dict[str, None] = {}
        pending: deque[Atom] = deque([atom])
        seen: set[int] = set()
        while pending:
            one = pending.popleft()
            if isinstance(one, Const) or one.index in seen:
                continue
            seen.add(one.index)
            node, home = self.nodes.get(one.index), self.homes.get(one.index)
            if node is not None:
                pending.extend(_sources(node))
            elif home is self.program:
                found[one.hint or str(one)] = None
            elif home is not None:
                pending.extend(_entering(home, one))
        return list(found)


def _sources(node: Node) -> Iterator[Atom]:
    """Walk what a node's results come from: its operands, and what its blocks use where it has none."""
    yield from node.operands
    if not any(isinstance(one, Sym) for one in node.operands):
        for block in node.blocks:
            yield from free_syms(block)


def _entering(block: OpenBlock, parameter: Sym) -> Iterator[Atom]:
    """Walk what a parameter of a loop or a function begins with, or what decides how often the loop runs."""
    at = [sym.index for sym in block.parameters].index(parameter.index) if parameter in block.parameters else None
    given = [] if at is None else list(block.given())
    first = given[at] if at is not None and at < len(given) else None
    if isinstance(first, Sym):
        yield first
        return
    test = block.decided_by
    if test is not None and test is not block:
        own = {sym.index for sym in test.parameters}
        for node in test.nodes:
            for atom in node.operands:
                if isinstance(atom, Sym) and atom.index in own:
                    yield from _entering(test, atom)
                elif isinstance(atom, Sym) and atom.index not in test.bound:
                    yield atom
