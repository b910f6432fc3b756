"""Attempts: what a `try` around the point being staged knows, and the ways by which its body may be left.

The body of a `try` becomes a region of the IR. Where data decide that an exception is raised inside it, a `leave` takes
with it what the variables, containers and arrays hold at that moment, as a handler of Python's finds them.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import CellType
from typing import Protocol

from snek_core_transform.operators import State
from snek_strategies.ir.interpretations import HOLE, Text
from snek_strategies.ir.syntax import Atom, Sym
from snek_strategies.ir.types import Array, Type
from snek_strategies.staging.builder import OpenBlock, builder
from snek_strategies.staging.host_state import carries
from snek_strategies.staging.join import parts, rebuild, same_static
from snek_strategies.staging.partly_bound import PartlyBound
from snek_strategies.staging.rep import Rep, memory_of
from snek_strategies.staging.text import StagedText
from snek_strategies.staging.watch import Content, Watch, content_of

Arguments = tuple[object, ...]


@dataclass(frozen=True)
class Thrown:
    """What an exception is made of: its class, its arguments with holes for `types`, and the same of its cause."""

    exception: type[BaseException]
    arguments: Arguments
    cause: tuple[type[BaseException], Arguments] | None
    types: tuple[Type, ...]

    def same(self, other: Thrown) -> bool:
        """Tell whether two are one but for the values in their holes."""
        return (
            self.exception is other.exception
            and self.types == other.types
            and same_parts((self.arguments, self.cause), (other.arguments, other.cause))
        )

    def made(self, reps: tuple[Rep, ...]) -> BaseException:
        """Return an exception like it, with these values in its holes."""
        values = iter(reps)
        error = self.exception(*_filled(self.arguments, values))
        if self.cause is not None:
            error.__cause__ = self.cause[0](*_filled(self.cause[1], values))
        return error


def same_parts(a: object, b: object) -> bool:
    """Tell whether two values known now, holes and texts among them, are one."""
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(map(same_parts, a, b))
    return (isinstance(a, Text) and a == b) or same_static(a, b)


def _filled(arguments: Arguments, values: object) -> list[object]:
    reps = iter(values)  # type: ignore[call-overload]
    filled: list[object] = []
    for one in arguments:
        if isinstance(one, Text):
            count = sum(not isinstance(piece, str) for piece in one.pieces)
            filled.append(StagedText(one.pieces, tuple(next(reps) for _ in range(count))))
        else:
            filled.append(next(reps) if one is HOLE else one)
    return filled


@dataclass(frozen=True)
class Exit:
    """One way by which a region is left: what was thrown, and what everything holds at that moment."""

    kind: int
    payload: tuple[Atom, ...]
    state: State
    origins: State
    """The values of the state themselves: arrays among them may be stored into later."""
    hosts: dict[int, tuple[object, Content]]
    """The containers that have been changed, and all that the state leads to."""
    arrays: dict[int, tuple[Rep, Atom]]


@dataclass(eq=False)
class Attempt:
    """A `try` whose body is being traced: `takes` tells what its handlers take, `now` gives the variables."""

    label: int
    takes: Callable[[BaseException], bool]
    now: Callable[[], State]
    depth: int
    watching: Watch
    kinds: list[Thrown] = field(default_factory=list)
    exits: list[Exit] = field(default_factory=list)
    operations: bool = True

    def leave(self, thrown: Thrown, reps: tuple[Rep, ...]) -> None:
        """Emit the way out of the region; what it takes with it is filled in when the region ends."""
        kind = next((at for at, one in enumerate(self.kinds) if one.same(thrown)), len(self.kinds))
        if kind == len(self.kinds):
            self.kinds.append(thrown)
        inside = builder().open[self.depth :]
        bound = frozenset().union(*(block.bound for block in inside))
        arrays = stored_in(inside)
        outer = _Outer(bound, frozenset(arrays))
        state = self.now()
        reached = Watch(cells=False)
        reached.add(*state)
        held_there = (host for host, _ in reached.seen.values() if not isinstance(host, CellType))
        hosts = [*(host for host, _ in self.watching.changes()), *held_there]
        contents = {
            id(host): (host, tuple(map(outer.snapshot, content_of(host) or ())))
            for host in hosts
            if content_of(host) is not None and _is_mutable(host)
        }
        held: State = tuple(map(outer.snapshot, state))
        self.exits.append(Exit(kind, tuple(rep.atom for rep in reps), held, state, contents, arrays))
        builder().reflect("leave", (), {"label": self.label, "exit": len(self.exits) - 1}, types=())


def _is_mutable(host: object) -> bool:
    return carries(host) or isinstance(host, (set, bytearray))


def stored_in(inside: list[OpenBlock]) -> dict[int, tuple[Rep, Atom]]:
    """Return the arrays of around a region that have been stored into in its blocks."""
    bound = frozenset().union(*(block.bound for block in inside))
    stores = (store for block in inside for store in block.journal)
    return {
        id(rep): (rep, rep.atom) for rep, before, _ in stores if not (isinstance(before, Sym) and before.index in bound)
    }


@dataclass(frozen=True)
class _Outer:
    """Tells the arrays of around a region, which stay what they are, from those made in it."""

    bound: frozenset[int]
    stored: frozenset[int]

    def snapshot(self, value: object) -> object:
        """Return a value whose own arrays keep what they hold now."""
        if isinstance(value, Rep):
            own = id(value) not in self.stored and isinstance(value.atom, Sym) and value.atom.index in self.bound
            if not own:
                return value
            made = Rep(value.atom, value.name)
            if isinstance(value.type, Array) and value.type.dims:
                made.memory = memory_of(value)
            return made
        if isinstance(value, PartlyBound):
            return PartlyBound(value.snek_name, self.snapshot(value.snek_flag), self.snapshot(value.snek_value))
        inside = parts(value)
        return value if inside is None else rebuild(value, list(map(self.snapshot, inside)))


class Taking(Protocol):
    """What stands around the point being staged and takes exceptions."""

    @property
    def operations(self) -> bool:
        """Whether it takes what operations raise by themselves too, which then needs a test before each."""

    def takes(self, error: BaseException) -> bool:
        """Tell whether it takes an exception like this one."""

    def leave(self, thrown: Thrown, reps: tuple[Rep, ...]) -> None:
        """Emit the way to where it is taken."""


ATTEMPTS: ContextVar[tuple[Taking, ...]] = ContextVar("snek_attempts", default=())
"""The `try`s around the point being staged, innermost last, up to the staged function that it is in."""

HANDLED: ContextVar[list[tuple[BaseException, bool]]] = ContextVar("snek_handled")
"""The exceptions that handlers of the program being staged were given, and whether data decide about each.

Raised again, they are the program's own.
"""


def taking(error: BaseException) -> Taking | None:
    """Return the innermost attempt that takes an exception, or None."""
    return next((one for one in reversed(ATTEMPTS.get()) if one.takes(error)), None)


def watched_operations() -> bool:
    """Tell whether an attempt takes what operations raise by themselves."""
    return any(one.operations for one in ATTEMPTS.get())


def takes_of_operation(error: BaseException) -> bool:
    """Tell whether an attempt takes an exception that an operation raises by itself."""
    attempt = taking(error)
    return attempt is not None and attempt.operations
