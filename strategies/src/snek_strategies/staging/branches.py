"""Staged choices: both paths are traced, and what they give each variable is joined."""

from __future__ import annotations

from collections.abc import Callable

from snek_core_transform.operators import State
from snek_strategies.ir.types import BOOL, Type
from snek_strategies.staging.builder import OpenBlock, builder
from snek_strategies.staging.facts import follows, note
from snek_strategies.staging.host_state import as_left, label, now, put, with_same_names
from snek_strategies.staging.host_state import held as host_values
from snek_strategies.staging.host_state import names as host_names
from snek_strategies.staging.join import Absent, Raises, fill, join, opened, project, slots
from snek_strategies.staging.memory import may_be
from snek_strategies.staging.optional import Maybe, is_there, resolved
from snek_strategies.staging.raises import Diverged
from snek_strategies.staging.regions import Unfounded, trace
from snek_strategies.staging.rep import Rep, lift
from snek_strategies.staging.watch import Content


def stage_if(
    flag: Rep, body: Callable[[], object], orelse: Callable[[], object], names: tuple[str, ...], watched: State = ()
) -> State:
    """Stage `body() if flag else orelse()` where both give one value for each name."""
    sides = [trace(one, watched=watched, knowing=[(flag.atom, one is body)]) for one in (body, orelse)]
    if all(isinstance(result, Raises) for _, result in sides):
        blocks = tuple(builder().reopen(block, tuple) for block, _ in sides)
        builder().reflect("if", (flag.atom,), blocks=blocks, types=())
        raise Diverged
    if all(isinstance(result, Absent) for _, result in sides):
        raise Unfounded(None)
    values: list[State] = [
        (result,) * len(names) if isinstance(result, Absent) else result  # type: ignore[misc]
        for _, result in sides
    ]
    values = _resolved(values, [block for block, _ in sides])
    stored = {id(rep): rep for block, _ in sides for rep, _ in block.written}
    held = [{id(rep): atom for rep, atom in block.written} for block, _ in sides]
    hosts = {id(host): host for block, _ in sides for host, _ in block.hosts}
    after = [{id(host): content for host, content in block.hosts} for block, _ in sides]
    contents: list[list[Content | Absent]] = [
        [
            result if isinstance(result, Absent) else at.get(key, now(host))
            for (_, result), at in zip(sides, after, strict=True)
        ]
        for key, host in hosts.items()
    ]
    contents = [_same_names(host, row) for host, row in zip(hosts.values(), contents, strict=True)]
    kept = [[one for one in row if not isinstance(one, Absent)] for row in contents]
    own = len(names)
    names = (
        *names,
        *map(label, hosts.values()),
        *(f"<array {rep.name or at}>" for at, rep in enumerate(stored.values())),
    )
    shown = [
        [one if isinstance(one, Absent) else host_values(host, one) for one in row]
        for host, row in zip(hosts.values(), contents, strict=True)
    ]
    values = [
        (*value, *(inside[at] for inside in shown), *(Rep(atoms.get(key, rep.atom)) for key, rep in stored.items()))
        for at, (value, atoms) in enumerate(zip(values, held, strict=True))
    ]
    inner = frozenset().union(*(block.bound for block, _ in sides))
    templates = tuple(opened(join(name, a, b), inner) for name, a, b in zip(names, *values, strict=True))
    types = tuple(slots(templates))

    def joined(results: tuple[Rep, ...]) -> State:
        filled = _joined(templates, results, values, list(stored.values()))
        for host, row, inside in zip(hosts.values(), kept, filled[own:], strict=True):
            put(host, host_names(host, row[0]), inside)  # type: ignore[arg-type]
        _note_outcomes(flag, filled[:own], *values)
        for (_, result), holds in zip(sides, (True, False), strict=True):
            if isinstance(result, Raises):
                note(flag.atom, not holds)
        return filled[:own]

    if any(isinstance(result, Absent) and not isinstance(result, Raises) for _, result in sides):
        return joined(stand_ins(types))
    blocks = tuple(
        builder().reopen(block, lambda value=value: tuple(project(templates, value)))  # type: ignore[misc]
        for (block, _), value in zip(sides, values, strict=True)
    )
    if not types and not any(node.effects for block in blocks for node in block.nodes):
        return joined(())
    return joined(tuple(map(Rep, builder().reflect("if", (flag.atom,), blocks=blocks, types=types))))


def _resolved(values: list[State], blocks: list[OpenBlock]) -> list[State]:
    """Return what each side gives; where the sides differ, values are what they are known to be at its end."""
    alike = [all(one is other[at] for other in values) for at, one in enumerate(values[0])]
    found = []
    for value, block in zip(values, blocks, strict=True):
        contents = {id(host): content for host, content in block.hosts}
        with builder().looking_into(block):
            found.append(
                tuple(one if same else as_left(resolved(one), contents) for one, same in zip(value, alike, strict=True))
            )
    return found


def _note_outcomes(flag: Rep, after: State, body: State, orelse: State) -> None:
    """Note what flags that the choice gives tell about the flag that it chooses by."""
    for one, *given in zip(after, body, orelse, strict=False):
        presence = isinstance(one, Maybe)
        result = one.snek_flag if isinstance(one, Maybe) else one
        if not (isinstance(result, Rep) and result.type == BOOL) or any(isinstance(of, Absent) for of in given):
            continue
        left, right = (lift(is_there(of) if presence else of) for of in given)
        follows(result.atom, flag.atom, left, right)


def _same_names(host: object, row: list[Content | Absent]) -> list[Content | Absent]:
    there = iter(with_same_names(host, [one for one in row if not isinstance(one, Absent)], "a staged branch"))
    return [one if isinstance(one, Absent) else next(there) for one in row]


def _joined(templates: State, results: tuple[Rep, ...], values: list[State], stored: list[Rep]) -> State:
    """Return what the variables hold after the choice; arrays that a path stores into hold what it stored."""
    filled: State = fill(templates, iter(results))  # type: ignore[assignment]
    count = len(filled) - len(stored)
    for after, *before in zip(filled[:count], *values, strict=False):
        if not any(after is one for one in before):
            may_be(after, *before)
    for rep, after in zip(stored, filled[count:], strict=True):
        assert isinstance(after, Rep)
        builder().write(rep, after.atom)
    return filled[:count]


def stand_ins(types: tuple[Type, ...]) -> tuple[Rep, ...]:
    """Return Reps that no node binds, for a first look at a function's results that is then thrown away."""
    opened: OpenBlock = builder().open[-1]
    syms = tuple(map(builder().sym, types))
    opened.bound.update(sym.index for sym in syms)
    return tuple(map(Rep, syms))
