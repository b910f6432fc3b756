"""What is remembered of the loops inside a loop, so that tracing that one again does not find their types again.

A loop is traced until its state has stable types, twice as a rule. Were the loops inside to begin anew each time, a
nest would be traced twice as often with every level.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace

from snek_core_transform.operators import State
from snek_strategies.staging.join import Slot, alike, parts, rebuild, type_now
from snek_strategies.staging.joined_lists import JoinedList, is_list, items_of, origins_of
from snek_strategies.staging.rep import liftable


@dataclass
class FoundLoop:
    """A loop that has been traced: its body's code, the templates of its state, and the loops inside it in order."""

    code: object
    templates: State
    inside: list[FoundLoop]


@dataclass
class Region:
    """A trace of a loop's test and body: the loops met so far, and those that the trace before it met."""

    before: list[FoundLoop] = field(default_factory=list)
    found: list[FoundLoop] = field(default_factory=list)
    guesses: bool = False
    """Whether the types of its state, or of that of a loop around it, are guessed: a refusal may be the guess's."""

    def next(self, code: object) -> FoundLoop | None:
        """Return what the trace before knew of the loop that is met now, or None where it met another."""
        at = len(self.found)
        known = self.before[at] if at < len(self.before) else None
        return known if known is not None and known.code is code else None


_REGION: ContextVar[Region | None] = ContextVar("snek_loop_region", default=None)


def remembered(code: object) -> FoundLoop | None:
    """Return what is known of a loop that begins now, or None."""
    region = _REGION.get()
    return None if region is None else region.next(code)


def remember(loop: FoundLoop) -> None:
    """Keep a loop whose types are stable for the next trace of the loop around it."""
    region = _REGION.get()
    if region is not None:
        region.found.append(replace(loop, templates=tuple(map(_without_origins, loop.templates))))


def inside_guesses() -> bool:
    """Tell whether a loop around the point that is being staged has a state of guessed types."""
    region = _REGION.get()
    return region is not None and region.guesses


@contextmanager
def loops_inside(before: list[FoundLoop], guesses: bool) -> Iterator[Region]:
    """Trace a loop's test and body, knowing the loops that the trace before met; `guesses`: with guessed types."""
    region = Region(before, guesses=guesses or inside_guesses())
    token = _REGION.set(region)
    try:
        yield region
    finally:
        _REGION.reset(token)


def with_types(state: State, known: State) -> State:
    """Return the templates that a loop begins with: a slot where one was found before for a value of its type."""
    if len(state) != len(known):
        return state
    return tuple(_with_type(value, template) for value, template in zip(state, known, strict=True))


def _without_origins(template: object) -> object:
    """Return a template that keeps no list alive."""
    if isinstance(template, JoinedList):
        return JoinedList(tuple(map(_without_origins, template.items)))
    inside = parts(template)
    return template if inside is None else rebuild(template, [_without_origins(one) for one in inside])


def _with_type(value: object, template: object) -> object:
    if isinstance(template, Slot):
        return template if liftable(value) and type_now(value) == template.type else value
    if isinstance(template, JoinedList):
        if not is_list(value) or len(items_of(value)) != len(template.items):
            return value
        pairs = zip(items_of(value), template.items, strict=True)
        return JoinedList(tuple(_with_type(one, known) for one, known in pairs), origins_of(value))
    if alike(value, template):
        pairs = zip(parts(value) or (), parts(template) or (), strict=True)
        return rebuild(value, [_with_type(one, known) for one, known in pairs])
    return value
