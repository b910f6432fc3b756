"""Guesses of a loop's types, so that most loops are traced once: what a loop assigns to changes, and keeps its type.

A loop is traced first with the values that its variables have before it, as far as they are known, and again with what
it has turned out to change. A variable of the next stage that a loop assigns to is changed by nearly every loop: with
that as a guess the first trace is the last. Where the guess is wrong, or the trace is refused, the loop is traced as it
would have been.
"""

from __future__ import annotations

from typing import Any

from snek_core_transform.operators import State
from snek_strategies.ir.syntax import Sym
from snek_strategies.ir.types import Array, Scalar
from snek_strategies.staging.join import Slot, same_static
from snek_strategies.staging.refusal import FIRST, StagingStopped
from snek_strategies.staging.rep import Rep


class NotAsGuessed(BaseException):
    """A loop that was to be traced once changes more than was guessed, or was refused."""


def guessed(state: State) -> State | None:
    """Return the templates that a loop's state will have, or None where there is nothing to guess."""
    found = tuple(map(_guess, state))
    return None if all(one is before for one, before in zip(found, state, strict=True)) else found


def _guess(value: object) -> object:
    # What is joined with a constant depends on its value, and a list has a length besides.
    if isinstance(value, Rep) and isinstance(value.atom, Sym) and isinstance(value.type, Array | Scalar):
        return Slot(value.type)
    if type(value) is tuple:
        found = guessed(value)
        return value if found is None else found
    return value


def confirmed(guess: object, found: object, plain: object, ends: tuple[Any, ...]) -> object:
    """Return the template that a trace has found, but what a variable was before the loop where a trip leaves it so.

    `ends` are the variable at the beginning of a trip and at its end.
    """
    before, after = ends
    if guess is plain:
        return found
    if isinstance(guess, Slot):
        return plain if same_static(before, after) or same_static(plain, after) else found
    if type(found) is not tuple or type(after) is not tuple:
        return found
    return tuple(map(confirmed, guess, found, plain, zip(before, after, strict=True)))  # type: ignore[call-overload]


def refuse_again(guesses: bool) -> None:
    """Stop where guesses were refused and a bare `except` of the user's has swallowed that."""
    first = FIRST.get()
    if guesses and first is not None:
        raise StagingStopped(first)
