"""Comprehensions: a loop over values of the next stage is a staged loop, and so is a condition that data decide.

Over what is known now a comprehension is Python's, however long. A generator is walked by what consumes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from snek_core_transform.operators import State, Step
from snek_strategies.staging.iterators import Content, Walk
from snek_strategies.staging.lists import StagedList
from snek_strategies.staging.partly_bound import settle
from snek_strategies.staging.refusal import refuse
from snek_strategies.staging.rep import Rep
from snek_strategies.staging.truth import truth
from snek_strategies.staging.walks import StagedWalk, is_indexed, left_by_data, refuse_left

if TYPE_CHECKING:
    from snek_strategies.staging.operators import StagingOperators

Body = Callable[..., State]
Test = Callable[..., object]


class StagedGenerator(Walk):
    """A generator expression whose elements are values of the next stage, or as many as data decide."""

    word = "a generator"

    def __init__(self, operators: StagingOperators, source: object, step: Step, depth: int) -> None:
        self._operators = operators
        self._source = source if is_staged(source) else iter(source)  # type: ignore[call-overload]
        self._step = step
        self._depth = depth
        self._walking: Iterator[object] | None = None

    def fold(self, body: Body, state: State, names: tuple[str, ...], test: Test | None = None) -> State:
        """Stage `for element in self: state = body(element, *state)`, which ends where `test` of the state is false."""
        refuse_left(self)
        steps = self._walking is not None or not is_staged(self._source)

        def asked(*at: object) -> object:
            flag = truth(settle(test(*at)))  # type: ignore[misc]
            if isinstance(flag, Rep) or (flag is False and (self._depth > 1 or not steps)):
                left_by_data(self)
            return flag

        ends = None if test is None else asked
        if self._walking is not None:
            return self._operators.loop_over(self._walking, ends, body, state, names, most=None)
        source = self._source
        if not steps:
            self._source = iter(())
        return self._over(source, self._step, self._depth, body, state, names, ends)

    def collected(self, found: Any, add: Callable[..., None]) -> Any:
        """Return a container after `add(found, element)` for each element."""

        def body(element: object) -> State:
            add(found, element)
            return ()

        self.fold(body, (), ())
        return found

    def _over(
        self,
        source: object,
        step: Step,
        depth: int,
        body: Body,
        state: State,
        names: tuple[str, ...],
        test: Test | None,
    ) -> State:
        def trip(item: object, *at: object) -> State:
            condition, following = step(item)

            def then(*now: object) -> State:
                if depth == 1:
                    return body(following(), *now)
                inner, its_step = following()
                return self._over(settle(inner), its_step, depth - 1, body, now, names, test)

            if condition is None:
                return then(*at)
            return self._operators.if_stmt(condition(), then, _unchanged, at, names)

        return self._operators.loop_over(source, test, trip, state, names, most=None)

    def progress(self) -> Content:
        """Return what is left to walk."""
        return (self._source, self._walking)

    def __iter__(self) -> Iterator[object]:
        return self

    def __next__(self) -> object:
        refuse_left(self)
        if self._walking is None:
            source, self._source = self._source, iter(())
            source = StagedWalk.over(source, self._operators.unroll) if isinstance(source, Rep) else source
            self._walking = _elements(source, self._step, self._depth)
        return next(self._walking)


def comprehend(operators: StagingOperators, kind: str, source: object, step: Step, depth: int) -> object:
    """Return what a comprehension gives."""
    elements = StagedGenerator(operators, source, step, depth)
    if kind == "generator":
        return elements
    if kind == "list":
        return elements.collected(StagedList(), StagedList.append)
    if kind == "set":
        return elements.collected(set(), set.add)
    return elements.collected({}, lambda found, element: found.__setitem__(*element))


def is_staged(source: object) -> bool:
    """Tell whether a loop over a value is a staged one, or may be."""
    return isinstance(source, (Rep, StagedGenerator)) or is_indexed(source)


def _unchanged(*state: object) -> State:
    return state


def _elements(source: object, step: Step, depth: int) -> Iterator[object]:
    """Walk elements in Python, which needs to know how many there are."""
    for item in source:  # type: ignore[attr-defined]
        condition, following = step(item)
        flag = condition is None or truth(settle(condition()))
        if isinstance(flag, Rep):
            refuse(
                "a generator whose condition is known only in the next stage, outside of a for statement, sum, any, "
                "all, min, max or list; make it a list",
                code="SNK0201",
            )
        if not flag:
            continue
        if depth == 1:
            yield following()
        else:
            inner, its_step = following()
            yield from _elements(inner, its_step, depth - 1)
