"""Staged choices: both paths are traced, and what they give each variable is joined."""

from __future__ import annotations

from collections.abc import Callable

from snek_core_transform.operators import State
from snek_strategies.ir.types import Type
from snek_strategies.staging.builder import OpenBlock, builder
from snek_strategies.staging.join import ABSENT, Absent, fill, join, opened, project, slots
from snek_strategies.staging.regions import Unfounded, trace
from snek_strategies.staging.rep import Rep


def stage_if(
    flag: Rep, body: Callable[[], object], orelse: Callable[[], object], names: tuple[str, ...], watched: State = ()
) -> State:
    """Stage `body() if flag else orelse()` where both give one value for each name."""
    sides = [trace(one, watched=watched) for one in (body, orelse)]
    if all(isinstance(result, Absent) for _, result in sides):
        raise Unfounded(None)
    values: list[State] = [
        (ABSENT,) * len(names) if isinstance(result, Absent) else result  # type: ignore[misc]
        for _, result in sides
    ]
    inner = frozenset().union(*(block.bound for block, _ in sides))
    templates = tuple(opened(join(name, a, b), inner) for name, a, b in zip(names, *values, strict=True))
    types = tuple(slots(templates))
    if any(isinstance(result, Absent) for _, result in sides):
        results = stand_ins(types)
        return fill(templates, iter(results))  # type: ignore[return-value]
    blocks = tuple(
        builder().reopen(block, lambda value=value: tuple(project(templates, value)))  # type: ignore[misc]
        for (block, _), value in zip(sides, values, strict=True)
    )
    if not types and not any(node.effects for block in blocks for node in block.nodes):
        return templates
    results = tuple(map(Rep, builder().reflect("if", (flag.atom,), blocks=blocks, types=types)))
    return fill(templates, iter(results))  # type: ignore[return-value]


def stand_ins(types: tuple[Type, ...]) -> tuple[Rep, ...]:
    """Return Reps that no node binds, for a first look at a function's results that is then thrown away."""
    opened: OpenBlock = builder().open[-1]
    syms = tuple(map(builder().sym, types))
    opened.bound.update(sym.index for sym in syms)
    return tuple(map(Rep, syms))
