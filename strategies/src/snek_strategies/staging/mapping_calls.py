"""`map`, `filter` and `functools.reduce`, whose function is called as the user's call of it would be."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from snek_core_transform.operators import State
from snek_strategies.staging.comprehensions import StagedGenerator, is_staged
from snek_strategies.staging.iterators import Walk
from snek_strategies.staging.rep import Rep
from snek_strategies.staging.walks import iterated, zipped

if TYPE_CHECKING:
    from snek_strategies.staging.operators import StagingOperators

Rule = Callable[..., object]


def _map(operators: StagingOperators, function: Any, *iterables: Any) -> object:
    def called(*items: object) -> object:
        return operators.call(function, *items)

    if not any(map(is_staged, iterables)):
        return map(called, *iterables)
    if len(iterables) == 1:
        return StagedGenerator(operators, iterables[0], lambda item: (None, lambda: called(item)), 1)
    rows = zipped(operators.unroll, *iterables)
    return StagedGenerator(operators, rows, lambda items: (None, lambda: called(*items)), 1)  # type: ignore[misc]


def _filter(operators: StagingOperators, function: Any, iterable: Any) -> object:
    def step(item: object) -> tuple[Callable[[], object], Callable[[], object]]:
        return (lambda: item if function is None else operators.call(function, item)), (lambda: item)

    return StagedGenerator(operators, iterable, step, 1)


def _reduce(operators: StagingOperators, function: Any, iterable: Any, /, *initial: object) -> object:
    def body(item: object, *total: object) -> State:
        return (operators.call(function, *total, item) if total else item,)

    elements = iterable
    if not isinstance(iterable, Walk):
        is_array = isinstance(iterable, Rep)
        elements = iterated(operators.unroll, iterable) if is_array else StagedGenerator(operators, iterable, _whole, 1)
    try:
        start = initial[0] if initial else next(elements)
    except StopIteration:
        raise TypeError("reduce() of empty iterable with no initial value") from None
    (total,) = operators.loop_over(elements, None, body, (start,), ("<total>",), None)
    return total


def _whole(item: object) -> tuple[None, Callable[[], object]]:
    return None, lambda: item


MAPPING: dict[object, Rule] = {map: _map, filter: _filter, functools.reduce: _reduce}
"""Functions that call one of the user's for each element."""
