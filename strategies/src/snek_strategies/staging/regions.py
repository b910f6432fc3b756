"""Tracing a region: the Python of a branch, a loop body or a function runs once, and becomes a block.

Nothing that happens while it runs may be lost: an exception that a path would raise, or a store into a host object,
refuses the program.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import Any, NoReturn, TypeVar

from snek_core_transform.errors import Place, SnekError
from snek_strategies.ir.syntax import Atom, Sym
from snek_strategies.ir.types import Type
from snek_strategies.staging.builder import OpenBlock, builder
from snek_strategies.staging.facts import note
from snek_strategies.staging.host_state import carries, let_go, now, restore
from snek_strategies.staging.iterators import is_iterator
from snek_strategies.staging.join import ABSENT, RAISES
from snek_strategies.staging.joined_nodes import is_joined, refuse_changed_node
from snek_strategies.staging.raises import Diverged, is_users_raise, stage_raise
from snek_strategies.staging.refusal import FIRST, StagingStopped, place_of_error, refusal_of, refuse, user_place
from snek_strategies.staging.rep import Rep
from snek_strategies.staging.watch import Watch, describe, line_of_globals, roots_of, written_cells

Made = TypeVar("Made")

WATCHES: ContextVar[tuple[Watch, ...]] = ContextVar("snek_watches", default=())


class Unfounded(BaseException):
    """A path calls a function whose result is not known yet: the path gives nothing to a first look at the results."""

    def __init__(self, key: object) -> None:
        super().__init__(key)
        self.key = key


def watch(function: object, *arguments: object) -> None:
    """Let every region that is being traced watch what a call may change, from now on."""
    _refuse_globals(function)
    guards, *regions = WATCHES.get()
    if "<locals>" not in getattr(function, "__qualname__", ""):
        # The object of a method may be the program's own; one from outside is reached from there.
        guards.add(*roots_of(getattr(function, "__func__", function)))
    written = tuple(written_cells(function))
    for one in regions:
        one.add(*roots_of(function), *arguments)
        for cell in written:
            one.confirm(cell)


def made_here(value: Made) -> Made:
    """Note that an object has just been made, so that the regions that are being traced may change it; return it."""
    watches = WATCHES.get()
    for one in watches[1:]:
        if id(value) not in one.seen and id(value) not in watches[0].seen:
            one.own[id(value)] = value
    return value


def _refuse_globals(function: object) -> None:
    """Refuse a function that asks for the dict of its globals: what it reads and writes there cannot be followed."""
    own: Any = getattr(function, "__func__", function)
    line = line_of_globals(own.__code__)
    if line is not None and "globals" not in own.__globals__:
        refuse(
            "globals() in a staged program gives names that staging cannot follow; write the global by its name",
            Place(own.__code__.co_filename, line),
            code="SNK0206",
        )


def trace(
    function: Callable[..., object],
    types: tuple[Type, ...] = (),
    watched: Iterable[object] = (),
    also: tuple[Sym, ...] = (),
    what: str = "branch",
    knowing: Iterable[tuple[Atom, bool]] = (),
    given: Callable[[], Iterable[Atom | None]] = tuple,
    decided_by: OpenBlock | None = None,
) -> tuple[OpenBlock, object]:
    """Run a function on Reps of these types in a block of its own; return the block and what the function gave.

    The result is `ABSENT` where every path of the function waits for a result that is not known yet, and `RAISES` where
    every path raises. `knowing` are flags that hold, or do not, inside; `given` and `decided_by` are as in `OpenBlock`.
    """
    watching = Watch(cells=False)
    watching.add(*roots_of(function), *watched)
    entered = frozenset(watching.seen)
    token = WATCHES.set((*WATCHES.get(), watching))
    place = user_place()
    try:
        with builder().block(types, also) as block:
            block.place, block.given, block.decided_by = place, given, decided_by
            for flag, holds in knowing:
                note(flag, holds)
            try:
                result = function(*map(Rep, block.parameters))
            except Unfounded:
                result = ABSENT
            except Diverged:
                result = RAISES
            except SnekError:
                raise
            except Exception as error:  # noqa: BLE001 - it is staged, or becomes the refusal's reason
                if FIRST.get() is not None or isinstance(error, RecursionError) or not is_users_raise(error):
                    refuse_raise(error, what)
                stage_raise(error)
                result = RAISES
    except BaseException:
        let_go(watching)  # the region may be traced again
        raise
    finally:
        WATCHES.reset(token)
    try:
        block.hosts = taken_back(watching, entered, what, place)
    except StagingStopped:
        let_go(watching)
        raise
    return block, result


def taken_back(
    watching: Watch, entered: frozenset[int], what: str, place: Place | None
) -> list[tuple[object, tuple[object, ...]]]:
    """Let the containers that a region changes hold again what they held, and return them with what it left in them.

    Refuses a change of what is no container, or of what the region did not know when it began.
    """
    changed = []
    for value, before in list(watching.changes()):
        if id(value) in watching.own:
            continue
        if id(value) not in entered or not carries(value):
            remedy = (
                "make it a list first" if is_iterator(value) else "build a new value and assign it to a local variable"
            )
            refuse(
                f"a staged {what} changes {describe(value, before)}; that would happen once, while staging, and not "
                f"when the data says so: {remedy}",
                place,
                code="SNK0210",
            )
        if is_joined(value):
            refuse_changed_node(value)
        changed.append((value, now(value)))
        restore(value, before)
    return changed


def refused_before(error: BaseException) -> None:
    """Raise the refusal that an exception stands for: C code turns what passes through it into its own exceptions."""
    first = FIRST.get()
    if first is not None:
        raise StagingStopped(first) from error


def refuse_raise(error: Exception, what: str) -> NoReturn:
    """Refuse a region whose tracing raised: whether Python comes there depends on data."""
    refused_before(error)
    if isinstance(error, RecursionError):
        raise error
    refusal = refusal_of(
        f"a staged {what} raises {type(error).__name__}: {error}; what a call raises where data "
        "decides is not staged: test before the call, and raise by a raise statement",
        place_of_error(error),
        "SNK0216",
    )
    raise StagingStopped(refusal) from error
