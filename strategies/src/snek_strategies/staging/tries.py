"""Staged `try`: its body is a region, and what comes after it depends on how the region was left.

A region yields the number of its end (0: by its last statement; else that of what was thrown), what the variables,
containers and arrays hold then, and the values in the exception. Where nothing in the body raises as data decide, the
body stays in line and Python's own rules hold.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import NamedTuple

from snek_core_transform.errors import SnekError
from snek_core_transform.operators import Handler, State, matching
from snek_strategies.staging.attempts import ATTEMPTS, HANDLED, Attempt
from snek_strategies.staging.branches import stage_if
from snek_strategies.staging.builder import OpenBlock, builder
from snek_strategies.staging.host_state import carries, restore
from snek_strategies.staging.join import ABSENT, RAISES, Absent
from snek_strategies.staging.left_regions import Ended, Way, ended, exits_in
from snek_strategies.staging.raises import Diverged, is_users_raise, stage_raise
from snek_strategies.staging.refusal import FIRST, StagingStopped, refuse, user_place
from snek_strategies.staging.regions import WATCHES, Unfounded, refuse_raise, refused_before, taken_back
from snek_strategies.staging.rep import emit
from snek_strategies.staging.watch import Watch, roots_of


class Variables(NamedTuple):
    """The variables that a `try` carries: their values at any moment, their names, those that handlers may read."""

    now: Callable[[], State]
    names: tuple[str, ...]
    caught: frozenset[str]

    def at_an_exception(self) -> State:
        """Return the values that count where an exception ends the body."""
        pairs = zip(self.names, self.now(), strict=True)
        return tuple(value if name in self.caught else RAISES for name, value in pairs)


def stage_try(
    body: Callable[..., State],
    handlers: Sequence[Handler],
    orelse: Callable[..., State] | None,
    final: Callable[..., State] | None,
    variables: Variables,
) -> State:
    """Stage `try: body except …: … else: orelse finally: final`."""

    def guarded(*state: object) -> State:
        return _excepting(lambda: body(*state), tuple(handlers), orelse, variables)

    if final is None:
        return guarded(*variables.now())
    inner = guarded if handlers else body
    return _finishing(lambda: inner(*variables.now()), final, variables)


def _excepting(
    body: Callable[[], State],
    handlers: tuple[Handler, ...],
    orelse: Callable[..., State] | None,
    variables: Variables,
) -> State:
    left = region(body, lambda error: matching(handlers, error) is not None, variables)
    if left.error is not None:
        return _handled(handlers, left.error, variables.now(), by_data=False)

    def after(way: Way) -> State:
        if way.error is not None:
            return _handled(handlers, way.error, way.state, by_data=True)
        return way.state if orelse is None else orelse(*way.state)

    return _each(left, after, variables)


def _finishing(body: Callable[[], State], final: Callable[..., State], variables: Variables) -> State:
    left = region(body, lambda _: True, variables)
    if left.error is not None:
        final(*variables.now())
        raise left.error
    after = final(*left.state)

    def again(way: Way) -> State:
        if way.error is not None:
            stage_raise(way.error)
            raise Diverged
        return ()

    _each(left, again, Variables(tuple, (), frozenset()))
    # Who comes here has left the body by its end: what that alone leaves, and `final` did not touch, is known.
    normal = left.ways[0].state
    return tuple(known if one is joined else one for one, joined, known in zip(after, left.state, normal, strict=True))


def _each(left: Ended, after: Callable[[Way], State], variables: Variables) -> State:
    """Stage what follows each way by which a region ends, and join what they give."""

    def choose(ways: tuple[Way, ...]) -> State:
        if len(ways) == 1:
            return after(ways[0])
        flag = emit("equal", left.code, ways[0].number)
        return stage_if(flag, lambda: after(ways[0]), lambda: choose(ways[1:]), variables.names, left.state)

    return choose(left.ways)


def _handled(handlers: tuple[Handler, ...], error: BaseException, state: State, *, by_data: bool) -> State:
    """Run the handler that takes an exception while that is being handled, as a bare `raise` in it needs."""
    handler = matching(handlers, error)
    if handler is None:
        raise error
    HANDLED.get().append((error, by_data))
    try:
        raise error
    except BaseException:  # noqa: BLE001 - it is the one just raised
        return handler(error, *state)


def refuse_generator_manager(function: object, args: tuple[object, ...]) -> None:
    """Refuse to leave a context manager made of a generator by an exception that data decide about."""
    is_exit = getattr(function, "__func__", None) is contextlib._GeneratorContextManager.__exit__
    if is_exit and any(one is error and by_data for one in args for error, by_data in HANDLED.get()):
        refuse(
            "data decide how the body of this with ends, and a generator runs once only; write the context manager as "
            "a class",
            code="SNK0214",
        )


def region(body: Callable[[], State], takes: Callable[[BaseException], bool], variables: Variables) -> Ended:
    """Trace a body whose exceptions are taken, and return how it ends."""
    watching = Watch(cells=False)
    watching.add(*roots_of(body), *variables.now())
    entered, place = frozenset(watching.seen), user_place()
    attempt = Attempt(builder().label(), takes, variables.at_an_exception, len(builder().open), watching)
    tokens = WATCHES.set((*WATCHES.get(), watching)), ATTEMPTS.set((*ATTEMPTS.get(), attempt))
    result: object
    error: BaseException | None = None
    try:
        with builder().block() as block:
            result, error = _traced(body, attempt, block)
    except BaseException:
        for value, before in list(watching.changes()):
            if id(value) in entered and carries(value):
                restore(value, before)
        raise
    finally:
        WATCHES.reset(tokens[0])
        ATTEMPTS.reset(tokens[1])
    used = exits_in(block.nodes, attempt.label)
    if not used:
        _splice(block)
        if isinstance(result, Absent):
            raise Diverged if result is RAISES else Unfounded(None)
        return Ended((Way(0, result),), result, error=error)  # type: ignore[arg-type]
    block.hosts = taken_back(watching, entered, "try", place)
    return ended(attempt, used, block, result, entered, variables)


def _traced(body: Callable[[], State], attempt: Attempt, block: OpenBlock) -> tuple[object, BaseException | None]:
    """Run a body; return what it gives, and the exception that ends it where no data decide about it."""
    try:
        return body(), None
    except Diverged:
        return RAISES, None
    except Unfounded:
        if not exits_in(block.nodes, attempt.label):
            raise
        return ABSENT, None
    except (SnekError, StagingStopped, RecursionError):
        raise
    except BaseException as error:
        if type(error).__module__.startswith("snek_strategies.") or FIRST.get() is not None:
            refused_before(error)
            raise
        if not exits_in(block.nodes, attempt.label):
            if not attempt.takes(error):
                raise
            return (), error
        if not is_users_raise(error):
            refuse_raise(error, "try")  # type: ignore[arg-type]
        stage_raise(error)
        return RAISES, None


def _splice(block: OpenBlock) -> None:
    """Let a block's nodes stand in the block around it, its stores done."""
    here = builder().open[-1]
    here.nodes.extend(block.nodes)
    here.bound.update(block.bound)
    for rep, atom in block.written:
        builder().write(rep, atom)
