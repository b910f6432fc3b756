"""The first statement at which a staged program and plain Python part: both run, and every value is compared."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Callable
from itertools import zip_longest
from typing import Any

import numpy as np

from snek_core_transform.errors import Place
from snek_core_transform.virtualize import virtualize
from snek_strategies.ir.interpretations import FOLLOWER
from snek_strategies.ir.syntax import Program
from snek_strategies.staging.following_operators import Event, FollowingPython, FollowingStaging, copied
from snek_strategies.staging.pytrees import arrays_in
from snek_strategies.staging.trace import stage_call

TOLERANCE = {"float16": 1e-2, "float32": 1e-5, "complex64": 1e-5}
"""How far results may differ, relative to the larger: back-ends add up in other orders. 1e-6 for wider numbers."""

Arguments = tuple[tuple[Any, ...], dict[str, Any]]
Compile = Callable[[Program], Callable[..., object]]
"""Makes the callable of a program that a back-end would run."""
Same = Callable[[object, object], bool]
"""Tells whether two numbers or arrays of one shape hold the same."""


def close(expected: object, got: object) -> bool:
    """Tell whether two numbers or arrays of one shape hold the same, but for rounding, also at the largest's scale."""
    known: Any = np.asarray(expected)
    relative, least = TOLERANCE.get(known.dtype.name, 1e-6), 0.0
    if known.dtype.kind in "fc" and known.size:
        largest = np.max(np.abs(known), initial=0.0, where=np.isfinite(known))
        least = float(8 * np.finfo(known.dtype).eps * largest)
    return bool(np.allclose(got, known, rtol=relative, atol=least, equal_nan=True))  # type: ignore[arg-type]


def close_in_size(expected: object, got: object) -> bool:
    """Tell whether two numbers or arrays of one shape hold the same but for rounding and signs, or complex units."""
    return close(np.abs(expected), np.abs(got))  # type: ignore[call-overload]


def in_plain_python(function: Callable[..., object], plain: Arguments) -> list[Event]:
    """Return what happens while plain Python runs, up to its end or an exception."""
    operators = FollowingPython()
    try:
        virtualize(function, operators)(*plain[0], **plain[1])
    except Exception:  # noqa: BLE001 - what it raises has been compared
        return operators.events
    return operators.events


def when_staged(function: Callable[..., object], given: Arguments, unroll: int, compiled: Compile) -> list[Event]:
    """Return what happens while the staged program runs. Raises StagingError where it cannot show its values."""
    operators = FollowingStaging(unroll)
    staged = stage_call(function, *given, operators)
    run = compiled(staged.program)
    events: list[Event] = []

    def take(texts: Any, values: tuple[object, ...]) -> None:
        place, name = operators.sites[int(texts[0][0])]
        events.append(Event(place, name, copied(values)))

    token = FOLLOWER.set(take)
    try:
        staged.answer(run(*arrays_in(given)), given)  # type: ignore[arg-type]
    except Exception:  # noqa: BLE001 - what it raises has been compared
        return events
    finally:
        FOLLOWER.reset(token)
    return events


def first_difference(plain: list[Event], staged: list[Event]) -> tuple[Place, str] | None:
    """Return where two runs part, and what is different there, or None where all that they show is the same."""
    before: Event | None = None
    for at, (mine, theirs) in enumerate(zip_longest(plain, staged)):
        if mine is None or theirs is None or _key(mine) != _key(theirs):
            parting = f"plain Python {_next(mine)}, the staged program {_next(theirs)}"
            return None if before is None else (before.place, parting)
        if not _same(mine.values, theirs.values):
            return mine.place, _told(plain[at:], staged[at:])
        before = mine
    return None


def _next(event: Event | None) -> str:
    return "ends after it" if event is None else f"goes on at line {event.place.line}"


def _key(event: Event) -> tuple[str, int, str]:
    return event.place.filename, event.place.line, event.name


def _same(mine: tuple[object, ...], theirs: tuple[object, ...]) -> bool:
    """Tell whether values are the same; what one side cannot show says nothing."""
    if len(mine) != len(theirs):
        return True
    pairs = [(np.asarray(a), np.asarray(b)) for a, b in zip(mine, theirs, strict=True)]
    return all(a.shape == b.shape and close(a, b) for a, b in pairs)


def _told(plain: list[Event], staged: list[Event]) -> str:
    """Say what differs at the first events, by the name of the variable that the statement gives the value to."""
    line, name = plain[0].place.line, ""
    mine, theirs = plain[0], staged[0]
    for one, other in zip(plain, staged, strict=False):
        if _key(one) != _key(other) or one.place.line != line:
            break
        if one.name and not _same(one.values, other.values):
            mine, theirs, name = one, other, one.name
            break
    name = name or _augmented(mine.place) or "its value"
    return f"{name} is {_shown(mine)} in plain Python and {_shown(theirs)} in the staged program"


def _shown(event: Event) -> str:
    return f"{(event.values[0] if len(event.values) == 1 else event.values)!r:.120}"


def statement_at(place: Place) -> str:
    """Return the line of the user's text at a place."""
    return linecache.getline(place.filename, place.line).strip()


def _augmented(place: Place) -> str:
    """Return the target of the augmented assignment that a line is, or nothing."""
    try:
        (statement,) = ast.parse(statement_at(place)).body
    except (SyntaxError, ValueError):
        return ""
    return ast.unparse(statement.target) if isinstance(statement, ast.AugAssign) else ""
