"""The end of a region that may be left: what all its ends give is joined, and each `leave` takes its part of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import reduce
from typing import TYPE_CHECKING, NamedTuple

from snek_core_transform.operators import State, Unbound
from snek_strategies.ir.syntax import Atom, Node
from snek_strategies.ir.types import INT
from snek_strategies.staging.attempts import Attempt
from snek_strategies.staging.builder import OpenBlock, builder
from snek_strategies.staging.host_state import as_left, carries, held, label, names, now, put, with_same_names
from snek_strategies.staging.join import RAISES, Absent, fill, join, opened, project, same_static, slots, zero
from snek_strategies.staging.memory import may_be
from snek_strategies.staging.refusal import refuse
from snek_strategies.staging.rep import Rep, lift
from snek_strategies.staging.watch import Content, describe, same_content

if TYPE_CHECKING:
    from snek_strategies.staging.tries import Variables


class Way(NamedTuple):
    """One way by which a region ends: its number, what the variables then hold, and the exception, if there is one."""

    number: int
    state: State
    error: BaseException | None = None


class Ended(NamedTuple):
    """A region behind it: the ways by which it ends, what the variables hold then, the number of the way taken.

    `error` is an exception that ends it whatever the data are.
    """

    ways: tuple[Way, ...]
    state: State
    code: Rep | None = None
    error: BaseException | None = None


class _End(NamedTuple):
    """What one end of a region leaves: values of the variables, contents of containers, contents of arrays."""

    state: State
    hosts: dict[int, tuple[object, Content]]
    arrays: dict[int, tuple[Rep, Atom]]


def exits_in(nodes: list[Node] | tuple[Node, ...], of: int) -> set[int]:
    """Return the numbers of the ways out of a region that its nodes still have; others were taken back."""
    return {number for node in nodes for number in _exits(node, of)}


def _exits(node: Node, of: int) -> Iterator[int]:
    if "raise" not in node.effects:
        return
    params = dict(node.params)
    if node.primitive == "leave" and params["label"] == of:
        yield params["exit"]  # type: ignore[misc]
    for block in node.blocks:
        for inner in block.nodes:
            yield from _exits(inner, of)


def ended(
    attempt: Attempt, used: set[int], block: OpenBlock, result: object, entered: frozenset[int], variables: Variables
) -> Ended:
    """Emit the region that a traced body becomes, and return what follows it."""
    exits = [attempt.exits[number] for number in sorted(used)]
    normal = () if isinstance(result, Absent) else (_normal(result, block),)
    ends = [*normal, *(_End(one.state, one.hosts, one.arrays) for one in exits)]
    changed = _changed(ends, bool(normal), attempt, entered)
    hosts = {key: host for key, (host, _) in changed.items()}
    arrays = {key: rep for end in ends for key, (rep, _) in end.arrays.items()}
    ends = _as_left(ends)
    rows = [_row(end, [(host, row[at]) for host, row in changed.values()], arrays) for at, end in enumerate(ends)]
    labels = (
        *variables.names,
        *map(label, hosts.values()),
        *(f"<array {rep.name or at}>" for at, rep in enumerate(arrays.values())),
    )
    inner = frozenset(_bound(block.nodes))
    columns = zip(*rows, strict=True)
    templates = tuple(opened(_join(name, column), inner, hosts) for name, column in zip(labels, columns, strict=True))
    kinds = sorted({one.kind for one in exits})
    payloads = [attempt.kinds[kind].types for kind in kinds]
    types = (INT, *slots(templates), *(one for row in payloads for one in row))

    def leaving(number: int, row: State, payload: tuple[Atom, ...]) -> tuple[Atom, ...]:
        carried = [payload if at + 1 == number else tuple(map(zero, row)) for at, row in enumerate(payloads)]
        return (lift(number), *project(templates, row), *(atom for one in carried for atom in one))

    leaves = {
        number: _emitted(inner, lambda one=one, row=row: leaving(kinds.index(one.kind) + 1, row, one.payload))  # type: ignore[misc]
        for number, one, row in zip(sorted(used), exits, rows[len(normal) :], strict=True)
    }
    block.nodes[:] = patched(tuple(block.nodes), attempt.label, leaves)
    last = rows[0] if normal else (RAISES,) * len(templates)
    body = builder().reopen(block, lambda: leaving(0, last, ()))
    results = tuple(map(Rep, builder().reflect("try", (), {"label": attempt.label}, (body,), types)))
    state = _after(templates, results[1:], rows, hosts, list(arrays.values()), variables.names)
    given = iter(results[len(types) - sum(map(len, payloads)) :])
    made = [
        attempt.kinds[kind].made(tuple(next(given) for _ in row)) for kind, row in zip(kinds, payloads, strict=True)
    ]
    known = [_known(row[: len(state)], inner) for row in rows]
    ways = [Way(0, _refined(state, known[:1])) for _ in normal]
    for number, (kind, error) in enumerate(zip(kinds, made, strict=True), 1):
        mine = [row for row, one in zip(known[len(normal) :], exits, strict=True) if one.kind == kind]
        ways.append(Way(number, _refined(state, mine), error))
    return Ended(tuple(ways), state, results[0])


UNKNOWN = object()


def _known(row: State, inner: frozenset[int]) -> State:
    """Return what an end leaves in the variables, as far as it needs no value made inside the region."""
    return tuple(UNKNOWN if isinstance(one, Absent) or any(slots(opened(one, inner))) else one for one in row)


def _refined(state: State, rows: list[State]) -> State:
    """Return the joined state with what is the same at all ends of one way, which needs no choice there."""
    columns = zip(*rows, strict=True)
    return tuple(
        column[0] if column[0] is not UNKNOWN and all(same_static(column[0], one) for one in column) else joined
        for joined, column in zip(state, columns, strict=True)
    )


def _normal(result: object, block: OpenBlock) -> _End:
    hosts = {id(host): (host, content) for host, content in block.hosts}
    return _End(result, hosts, {id(rep): (rep, atom) for rep, atom in block.written})  # type: ignore[arg-type]


def _join(name: str, column: tuple[object, ...]) -> object:
    return reduce(lambda a, b: join(name, a, b), column)


Row = list[Content | Absent]


def _changed(
    ends: list[_End], is_normal: bool, attempt: Attempt, entered: frozenset[int]
) -> dict[int, tuple[object, Row]]:
    """Return the containers that do not hold the same at all ends, and what they hold; refuses others that change."""
    found: dict[int, tuple[object, Row]] = {}
    for key, host in {key: host for end in ends for key, (host, _) in end.hosts.items()}.items():
        contents = [_content(end, key, host, at == 0 and is_normal, attempt, entered) for at, end in enumerate(ends)]
        held_there = [one for one in contents if not isinstance(one, Absent)]
        before = attempt.watching.seen[key][1] if key in entered else now(host)
        if all(same_content(before, one) for one in held_there):
            continue
        if not carries(host):
            refuse(
                f"a try changes {describe(host)} before something is raised as data decide; build a new value and "
                "assign it to a local variable",
                code="SNK0210",
            )
        unified = iter(with_same_names(host, held_there, "a staged try"))
        found[key] = (host, [one if isinstance(one, Absent) else next(unified) for one in contents])
    return found


def _content(
    end: _End, key: int, host: object, is_normal: bool, attempt: Attempt, entered: frozenset[int]
) -> Content | Absent:
    """Return what a container holds at an end, where it is there then."""
    if key in end.hosts:
        return end.hosts[key][1]
    if key in entered:
        before = attempt.watching.seen[key][1]
        assert before is not None, "what a region changes has been watched"
        return before
    return now(host) if is_normal else RAISES


def _as_left(ends: list[_End]) -> list[_End]:
    """Return the ends with lists that are not the same at all of them as they are left there."""
    alike = [all(one is end.state[at] for end in ends) for at, one in enumerate(ends[0].state)]
    made = []
    for end in ends:
        contents = {key: content for key, (_, content) in end.hosts.items()}
        pairs = zip(end.state, alike, strict=True)
        made.append(end._replace(state=tuple(one if same else as_left(one, contents) for one, same in pairs)))
    return made


def _row(end: _End, contents: list[tuple[object, Content | Absent]], arrays: dict[int, Rep]) -> State:
    """Return all that an end leaves: the variables, what is in containers, what is in arrays."""
    inside = [one if isinstance(one, Absent) else held(host, one) for host, one in contents]
    stored = (Rep(end.arrays[key][1] if key in end.arrays else rep.atom) for key, rep in arrays.items())
    return (*end.state, *inside, *stored)


def _bound(nodes: list[Node] | tuple[Node, ...]) -> Iterator[int]:
    for node in nodes:
        yield from (sym.index for sym in node.results)
        for block in node.blocks:
            yield from (sym.index for sym in block.parameters)
            yield from _bound(block.nodes)


def _emitted(inner: frozenset[int], make: Callable[[], tuple[Atom, ...]]) -> tuple[tuple[Node, ...], tuple[Atom, ...]]:
    """Return values, and the nodes that make them where the names inside a region are known."""
    opened_block = OpenBlock((), bound=set(inner))
    builder().open.append(opened_block)
    try:
        atoms = make()
    finally:
        builder().open.pop()
    return tuple(opened_block.nodes), atoms


Leaves = dict[int, tuple[tuple[Node, ...], tuple[Atom, ...]]]


def patched(nodes: tuple[Node, ...], of: int, leaves: Leaves) -> tuple[Node, ...]:
    """Give every way out of a region what it takes with it."""
    made: list[Node] = []
    for node in nodes:
        params = dict(node.params)
        if node.primitive == "leave" and params["label"] == of:
            before, atoms = leaves[params["exit"]]  # type: ignore[index]
            made.extend(before)
            node = replace(node, operands=atoms, params=(("label", of),))
        elif "raise" in node.effects and node.blocks:
            node = replace(
                node, blocks=tuple(replace(one, nodes=patched(one.nodes, of, leaves)) for one in node.blocks)
            )
        made.append(node)
    return tuple(made)


def _after(
    templates: State,
    results: tuple[Rep, ...],
    rows: list[State],
    hosts: dict[int, object],
    arrays: list[Rep],
    names_: tuple[str, ...],
) -> State:
    """Let the containers and arrays hold what the region gives, and return what the variables hold."""
    filled: State = fill(templates, iter(results))  # type: ignore[assignment]
    own, count = len(names_), len(filled) - len(arrays)
    for after, *before in zip(filled[:count], *(row[:count] for row in rows), strict=True):
        if not any(after is one for one in before):
            may_be(after, *before)
    for rep, after in zip(arrays, filled[count:], strict=True):
        assert isinstance(after, Rep)
        builder().write(rep, after.atom)
    for host, inside in zip(hosts.values(), filled[own:count], strict=True):
        put(host, names(host, now(host)), inside)  # type: ignore[arg-type]
    return tuple(
        Unbound(name) if isinstance(one, Absent) else one for name, one in zip(names_, filled[:own], strict=True)
    )
