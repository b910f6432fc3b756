"""Staged loops: the loop's state is widened to types that every trip keeps, then emitted as one `while` node."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from snek_core_transform.operators import State
from snek_strategies.ir.syntax import Atom
from snek_strategies.ir.types import Array, Scalar
from snek_strategies.staging.attempts import ATTEMPTS
from snek_strategies.staging.builder import OpenBlock, builder
from snek_strategies.staging.facts import known, note
from snek_strategies.staging.guessed_types import NotAsGuessed, confirmed, guessed, refuse_again
from snek_strategies.staging.host_state import as_left, as_one, is_one, label, now, put, with_same_names
from snek_strategies.staging.host_state import held as host_values
from snek_strategies.staging.host_state import names as host_names
from snek_strategies.staging.iterators import OverReps
from snek_strategies.staging.join import (
    Absent,
    Raises,
    Slot,
    entering,
    fill,
    join,
    opened,
    project,
    same_static,
    same_template,
    slots,
)
from snek_strategies.staging.lists import StagedList
from snek_strategies.staging.loop_types import (
    FoundLoop,
    inside_guesses,
    loops_inside,
    remember,
    remembered,
    with_types,
)
from snek_strategies.staging.memory import may_be, seal
from snek_strategies.staging.raises import Diverged
from snek_strategies.staging.refusal import FIRST, StagingStopped, refuse
from snek_strategies.staging.regions import trace
from snek_strategies.staging.rep import Rep, constant, emit, lift
from snek_strategies.staging.truth import truth
from snek_strategies.staging.watch import Content

WIDENINGS = 16
"""How often a loop is traced again to find its state's types; every trace widens at least one variable."""


def stage_while(
    test: Callable[..., object],
    body: Callable[..., State],
    state: State,
    names: tuple[str, ...],
    counters: int = 0,
    code: object = None,
    once: bool = False,
) -> State:
    """Stage `while test(*state): state = body(*state)`; the first `counters` variables are known to change.

    `code` tells the loop from others, where `body` does not. Raises NotAsGuessed, where it is to be traced `once`, if
    that does not do.
    """
    boxes: tuple[Rep, ...] = ()
    hosts: tuple[object, ...] = ()
    own, outside = len(state), state
    templates: State = (*(Slot(Scalar("int")) for _ in range(counters)), *state[counters:])
    code = code or getattr(body, "__code__", None)
    known = remembered(code)
    within: list[FoundLoop] = []
    if known is not None:
        templates, within = with_types(templates, known.templates), known.inside
    plain, guesses = templates, None if known or FIRST.get() else guessed(templates)
    templates = guesses or plain
    for _ in range(WIDENINGS):
        types = (*(box.type for box in boxes), *slots(templates))

        def entered(
            reps: tuple[Rep, ...], at: State = templates, stored: tuple[Rep, ...] = boxes, held: State = hosts
        ) -> State:
            values = _entered(at, reps, stored)
            for host, inside in zip(held, values[own:], strict=True):
                put(host, host_names(host, now(host)), inside)  # type: ignore[arg-type]
            return values[:own]

        learnt: list[tuple[int, bool]] = []

        def loop(*reps: Rep, entered: Callable[..., State] = entered, told: list[tuple[int, bool]] = learnt) -> State:
            for at, holds in told:
                note(reps[at].atom, holds)
            return body(*entered(reps))

        def asked(*reps: Rep, entered: Callable[..., State] = entered, held: State = hosts) -> object:
            values = entered(reps)
            before = [now(host) for host in held]
            flag = truth(test(*values))
            if not all(same_static(one, now(host)) for one, host in zip(before, held, strict=True)):
                refuse("the test of a staged loop changes a container; do that in its body", code="SNK0213")
            return flag

        first = functools.partial(_given, templates, state, tuple(box.atom for box in boxes))
        try:
            with loops_inside(within, guesses is not None) as region:
                tested, flag = trace(asked, types, (*outside, *hosts), what="loop test", given=first)
                learnt += told_by(tested, flag, True)
                block, result = trace(loop, types, (*outside, *hosts), what="loop", given=first, decided_by=tested)
                refuse_again(guesses is not None)
        except StagingStopped:
            if (guesses is None and not once) or inside_guesses():
                raise
            FIRST.set(None)
            if once:
                raise NotAsGuessed from None
            templates, guesses = plain, None
            continue
        within = region.found
        if isinstance(result, Absent) and not isinstance(result, Raises):
            return outside
        if any(all(host is not one for one in hosts) for host, _ in tested.hosts):
            refuse("the test of a staged loop changes a container; do that in its body", code="SNK0213")
        left = [_left(host, block.hosts) for host in hosts]
        if not isinstance(result, Raises):
            result = (*result, *left)  # type: ignore[misc]
        if any(all(rep is not box for box in boxes) for rep, _ in tested.written):
            refuse("the test of a staged loop changes an array in place; do that in its body", code="SNK0213")
        inner = frozenset(block.bound)
        contents = {id(host): content for host, content in block.hosts}
        entering = fill(templates, iter(map(Rep, block.parameters[len(boxes) :])))
        # Where the end of the body is never reached, the state may be anything of its types there.
        result = entering if isinstance(result, Raises) else result
        ends = zip(result, entering, strict=True)  # type: ignore[call-overload]
        result = tuple(one if one is before else as_left(one, contents) for one, before in ends)
        pairs = [*zip(entering, result, strict=True)]  # type: ignore[call-overload]
        for at, host in enumerate(hosts, own):
            if isinstance(host, StagedList):
                pairs[at] = tuple(with_same_names(host, list(pairs[at]), "a staged loop"))
        widened = tuple(
            opened(join(name, before, after), inner) for name, (before, after) in zip(names, pairs, strict=True)
        )
        if guesses is not None:
            widened, guesses = tuple(map(confirmed, guesses, widened, plain, pairs)), None
        # An array that a trip makes is another one in every trip.
        not_ours = {id(one) for one in (*boxes, *block.made)}
        found = [rep for rep, _ in block.written if id(rep) not in not_ours]
        further = [host for host, _ in block.hosts if all(host is not one for one in hosts)]
        for host in further:
            _left(host, block.hosts)
        if same_template(templates, widened) and not found and not further:
            break
        if once:
            raise NotAsGuessed
        boxes = (*boxes, *found)
        hosts = (*hosts, *further)
        names = (*names, *map(label, further))
        entry = tuple(host_values(host, now(host)) for host in further)
        state, templates = (*state, *entry), (*widened, *entry)
    else:
        refuse(
            f"the state of a loop ({', '.join(names)}) has no stable type after {WIDENINGS} widenings", code="SNK0208"
        )
    remember(FoundLoop(code, templates[:own], within))
    if flag is False:
        return outside
    endless = flag is True
    if endless and not any("raise" in node.effects for node in block.nodes):
        refuse(
            "a staged loop whose test is always true never ends; leave it by a break or a test that depends on data",
            code="SNK0213",
        )
    final = {id(rep): atom for rep, atom in block.written}
    state, result = (_as_in(templates, one, own) for one in (state, result))
    initial = (*(box.atom for box in boxes), *project(templates, state))
    builder().check_scope(initial)
    blocks = (
        builder().reopen(tested, lambda: (lift(flag),)),
        builder().reopen(block, lambda: (*(final[id(box)] for box in boxes), *project(templates, result))),
    )
    results = builder().reflect("while", initial, blocks=blocks, types=types)
    if endless:
        raise Diverged
    for at, holds in told_by(tested, flag, False):
        note(results[at], holds)
    for box, stored in zip(boxes, results, strict=False):
        builder().write(box, stored)
    after: State = fill(templates, iter(map(Rep, results[len(boxes) :])))  # type: ignore[assignment]
    gave: State = result
    for one, before, given in zip(after, state, gave, strict=True):
        if one is not before:
            # After no trip it is what it was before; after several, what another variable was.
            may_be(one, before, given, *(() if _is_fresh(given) else state))
    for host, inside in zip(hosts, after[own:], strict=True):
        put(host, host_names(host, now(host)), inside)  # type: ignore[arg-type]
    return after[:own]


def told_by(tested: OpenBlock, flag: object, holds: bool) -> list[tuple[int, bool]]:
    """Return which variables of a loop are known flags where its test has held, or has not."""
    if not isinstance(flag, Rep):
        return []
    with builder().looking_into(replace(tested, facts=dict(tested.facts))):
        note(flag.atom, holds)
        found = [known(sym) for sym in tested.parameters]
    return [(at, one) for at, one in enumerate(found) if one is not None]


def _given(templates: State, state: State, boxes: tuple[Atom, ...]) -> tuple[Atom | None, ...]:
    """Return what the loop's variables and arrays are before the first trip, as far as it is of the next stage."""
    return (*boxes, *(atom for one, at in zip(templates, state, strict=True) for atom in entering(one, at)))


def _left(host: object, changed: list[tuple[object, Content]]) -> tuple[object, ...]:
    """Return what a trip leaves in a container; refuses a dict or an object that has other names then."""
    before = now(host)
    after = next((content for one, content in changed if one is host), before)
    with_same_names(host, [before, after], "a staged loop")
    return host_values(host, after)


def _as_in(templates: State, values: object, own: int) -> State:
    """Return values with the contents of lists that are one value of the loop's as such values."""
    assert isinstance(values, tuple)
    return (
        *values[:own],
        *(
            as_one(held) if is_one(template) else held
            for template, held in zip(templates[own:], values[own:], strict=True)
        ),
    )


def _entered(templates: State, reps: tuple[Rep, ...], boxes: tuple[Rep, ...]) -> State:
    """Return the loop's variables on entry to a trip; arrays that it stores into hold what the last trip stored."""
    for box, rep in zip(boxes, reps, strict=False):
        builder().write(box, rep.atom)
    own = reps[len(boxes) :]
    seal(own, "a loop gives its name another array at each trip")
    return fill(templates, iter(own))  # type: ignore[return-value]


def _is_fresh(value: object) -> bool:
    """Tell whether a trip has made a value that shares no memory with any other."""
    return not isinstance(value, Rep) or value.memory is None


class StagedRange(OverReps):
    """`range` with a bound known only in the next stage."""

    def __init__(self, start: object, stop: object, step: object) -> None:
        self.start = start
        self.stop = stop
        self.step = step

    def __iter__(self) -> object:
        refuse(
            "iteration over a range known only in the next stage, outside a for statement; write a for statement",
            code="SNK0201",
        )


def stage_for(
    first: object,
    stop: object,
    step: int,
    item: Callable[[object], object],
    test: Callable[..., object] | None,
    body: Callable[..., State],
    state: State,
    names: tuple[str, ...],
    and_: Callable[[object, Callable[[], object]], object],
    once: bool = False,
) -> State:
    """Stage a loop that counts from `first` towards `stop`; `item` makes of the counter what the body takes.

    `once` is as in `stage_while`.
    """

    def counting(at: object, *rest: object) -> object:
        more = at < stop if step > 0 else at > stop  # type: ignore[operator]
        return more if test is None else and_(more, lambda: test(*rest))

    def trip(at: object, *rest: object) -> State:
        return (at + step, *body(unwatched(lambda: item(at)), *rest))  # type: ignore[operator]

    start = first if isinstance(first, Rep) else constant(first)
    counter = start if start.type == Scalar("int") else emit("int", start)
    before, code = builder().mark(), getattr(body, "__code__", None)
    after = stage_while(counting, trip, (counter, *state), ("<counter>", *names), 1, code, once)[1:]
    if test is None and isinstance(first, int) and isinstance(stop, int) and builder().mark() > before:
        from snek_strategies.staging.list_loops import note_lengths_after

        note_lengths_after(len(range(first, stop, step)))
    return after


def unwatched(make: Callable[[], object]) -> object:
    """Return an item that is there: no handler takes anything, and the variables do not hold this trip's values yet."""
    apart = ATTEMPTS.set(())
    try:
        return make()
    finally:
        ATTEMPTS.reset(apart)


def rows(value: Rep) -> Any:
    """Return the number of rows of an array that a loop runs over; it is of the next stage for a symbol."""
    if not isinstance(value.type, Array) or not value.type.dims:
        refuse(f"a for statement over {value!r}, which has no rows", code="SNK0203")
    return value.shape[0]
