"""What staging found static and what dynamic, expression by expression."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import CodeType
from typing import Any

from snek_core_transform.errors import Place
from snek_strategies.ir.syntax import Block, Program
from snek_strategies.staging.noting_operators import STREAM, NotingOperators
from snek_strategies.staging.trace import stage_call

Range = tuple[int, int, int, int]
"""Where an expression stands: line and column of its start and of its end, as Python counts them."""
Spot = tuple[Range, str]
"""What a note is about: an expression, and the variable that its value is bound to, or no name."""


@dataclass
class BindingTimes:
    """The functions of the user's that a staging ran, and what it found at each place: dynamic, static or both."""

    functions: list[CodeType]
    parameters: dict[tuple[CodeType, str], set[bool]] = field(default_factory=dict)
    places: dict[str, dict[Spot, set[bool]]] = field(default_factory=dict)


def binding_times(
    function: Callable[..., object], args: tuple[object, ...], kwargs: dict[str, object], unroll: int = 16
) -> BindingTimes:
    """Stage a call once more and return what was static in it. Raises StagingError where it cannot be staged."""
    operators = NotingOperators(unroll)
    staged = stage_call(function, args, kwargs, operators)
    times = BindingTimes(operators.functions)
    for state, name, called, place in _notes(staged.program):
        if called:
            found = times.parameters.setdefault((operators.functions[int(called)], name), set())
        else:
            where = (place.line, place.column, place.end_line or place.line, place.end_column or place.column)
            found = times.places.setdefault(place.filename, {}).setdefault((where, name), set())
        found.add(state == "dynamic")
    return times


def _notes(program: Program) -> Iterator[tuple[str, str, str, Place]]:
    pending: list[Block] = [program.body]
    while pending:
        for node in pending.pop().nodes:
            params: dict[str, Any] = dict(node.params)
            if params.get("stream") == STREAM and node.place is not None:
                (state,), (name,), (called,) = params["texts"]
                yield state, name, called, node.place
            pending.extend(node.blocks)
