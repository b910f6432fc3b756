"""`enumerate`, `zip` and `reversed` over values of the next stage: iterators that know what they give by position.

How far an iterator has come is static. Where data decide how far a loop walks one, nothing may walk it after that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from snek_strategies.ir.types import Array
from snek_strategies.staging.builder import CURRENT, builder
from snek_strategies.staging.iterators import Content, OverReps, Walk, word_of
from snek_strategies.staging.lists import StagedList, as_value, item_of, measured, value_of
from snek_strategies.staging.loops import StagedRange, rows
from snek_strategies.staging.refusal import refuse
from snek_strategies.staging.rep import Rep, constant
from snek_strategies.staging.tree_nodes import forest_in


@dataclass(frozen=True)
class Indexed:
    """Something that a loop can go over by position; its length is asked again before each trip."""

    count: Callable[[], Any]
    item: Callable[[Any], object]


def indexed(source: Any, unroll: int) -> Indexed | None:
    """Return what a value gives by position, or None where it has no length or only Python can walk it."""
    if isinstance(source, StagedWalk):
        return source.rest()
    if isinstance(source, Rep) and isinstance(source.type, Array) and source.type.dims:
        return Indexed(lambda: rows(source), source.__getitem__)
    if isinstance(source, StagedRange):
        return _range(source.start, source.stop, source.step)
    if isinstance(source, StagedList) and value_of(source) is not None:
        return of_list(source)
    forest = forest_in(source)
    if forest is not None:
        return Indexed(lambda: len(source), forest.tree)
    if type(source) is range:
        return _range(source.start, source.stop, source.step)
    if isinstance(source, np.ndarray) and source.ndim and len(source) > unroll:
        return Indexed(lambda: len(source), constant(source).__getitem__)
    if isinstance(source, (list, tuple, str, np.ndarray)):
        return Indexed(lambda: len(source), lambda at: _static_item(source, at, unroll))
    return None


def of_list(source: StagedList) -> Indexed:
    """Return what a list whose length depends on data gives by position."""
    return Indexed(lambda: measured(source), lambda at: item_of(as_value(source), at))


def is_indexed(source: object) -> bool:
    """Tell whether a value is of the next stage and a loop can go over it by position."""
    if forest_in(source) is not None:
        return True
    if isinstance(source, StagedList):
        return value_of(source) is not None
    return isinstance(source, (StagedRange, StagedWalk)) or (
        isinstance(source, Rep) and isinstance(source.type, Array) and bool(source.type.dims)
    )


def _range(start: Any, stop: Any, step: Any) -> Indexed:
    def count() -> object:
        length = (stop - start + (step - 1 if step > 0 else step + 1)) // step
        return length if isinstance(length, Rep) else max(length, 0)

    return Indexed(count, lambda at: start + at * step)


def _static_item(source: Any, at: Any, unroll: int) -> object:
    if not isinstance(at, Rep):
        return source[at]
    return refuse(
        f"a for statement over a {type(source).__name__} with more than {unroll} items; a range or an array becomes a "
        "staged loop, or stage with a larger unroll=",
        code="SNK0213",
    )


class StagedWalk(Walk, OverReps):
    """An iterator over values of the next stage; `sources` are what it walks."""

    def __init__(self, of: Indexed, sources: tuple[object, ...], word: str = "an iterator") -> None:
        self._of, self._sources, self.word = of, sources, word
        self._at = 0
        self._ended = False

    @classmethod
    def over(cls, source: Rep, unroll: int) -> StagedWalk:
        """Return an iterator over the rows of an array, which it reads when it comes to them."""
        of = indexed(source, unroll)
        assert of is not None
        return cls(of, (source,))

    def rest(self) -> Indexed:
        """Return what is left, for a loop that walks it by position."""
        refuse_left(self)
        if self._ended:
            return Indexed(lambda: 0, self._of.item)
        if not self._at:
            return self._of
        first = self._at
        return Indexed(lambda: self._of.count() - first, lambda at: self._of.item(at + first))

    def walks_trees(self) -> bool:
        """Tell whether a list of trees is among what it walks: a loop over trees is one loop, however few they are."""
        return any(
            one.walks_trees() if isinstance(one, StagedWalk) else forest_in(one) is not None for one in self._sources
        )

    def end(self) -> None:
        """Note that a loop has walked all of it."""
        self._ended = True

    def progress(self) -> Content:
        """Return how far it is, and what it walks."""
        return (self._at, self._ended, *self._sources)

    def __iter__(self) -> Iterator[object]:
        return self

    def __next__(self) -> object:
        refuse_left(self)
        count = self._of.count()
        if isinstance(count, Rep):
            refuse(
                "iteration over as many values as data decide, outside a for statement; write a for statement",
                code="SNK0201",
            )
        if self._ended or self._at >= count:
            self._ended = True
            raise StopIteration
        self._at += 1
        return self._of.item(self._at - 1)


def _taken(source: Any, unroll: int) -> Indexed | None:
    """Return what another iterator walks by position; a walk that it takes is not used beside it."""
    of = indexed(source, unroll)
    if isinstance(source, StagedWalk):
        left_by_data(source)
    return of


def iterated(unroll: int, iterable: Any, *sentinel: object) -> object:
    """Return `iter(iterable)`."""
    is_array = isinstance(iterable, Rep) and is_indexed(iterable) and not sentinel
    return StagedWalk.over(iterable, unroll) if is_array else iter(iterable, *sentinel)


def enumerated(unroll: int, iterable: Any, start: Any = 0) -> object:
    """Return `enumerate(iterable, start)`."""
    of = _taken(iterable, unroll) if is_indexed(iterable) else None
    if of is None:
        return enumerate(iterable, start)
    return StagedWalk(Indexed(of.count, lambda at: (at + start, of.item(at))), (iterable,), "an enumerate")


def zipped(unroll: int, *iterables: Any, strict: Any = False) -> object:
    """Return `zip(*iterables)`, which ends with the shortest."""
    if not any(map(is_indexed, iterables)):
        return zip(*iterables, strict=strict)
    parts = [_taken(one, unroll) for one in iterables]
    counts = [of and of.count() for of in parts]
    if None in parts or (strict and len({*counts}) > 1):
        if any(isinstance(one, Rep) for one in counts):
            refuse(
                "zip() of as many values as data decide and of an iterator, or with strict=; zip arrays and lists",
                code="SNK0213",
            )
        walked = (StagedWalk(of, ()) if of else one for of, one in zip(parts, iterables, strict=True))
        return zip(*walked, strict=strict)
    known: list[Indexed] = [of for of in parts if of is not None]

    def count() -> object:
        first, *others = (of.count() for of in known)
        for one in others:
            first = _least(first, one)
        return first

    return StagedWalk(Indexed(count, lambda at: tuple([of.item(at) for of in known])), iterables, "a zip")


def backwards(unroll: int, sequence: Any) -> object:
    """Return `reversed(sequence)`."""
    of = indexed(sequence, unroll) if is_indexed(sequence) and not isinstance(sequence, StagedWalk) else None
    if of is None:
        return reversed(sequence)
    count = of.count()
    return StagedWalk(Indexed(lambda: count, lambda at: of.item(count - 1 - at)), (sequence,), "a reversed")


def _least(a: Any, b: Any) -> object:
    if not isinstance(a, Rep) and not isinstance(b, Rep):
        return min(a, b)
    from snek_strategies.staging.branches import stage_if

    (least,) = stage_if(a < b, lambda: (a,), lambda: (b,), ("<length>",))
    return least


def left_by_data(iterator: object) -> None:
    """Note that data decide how far an iterator has come, or another one that walks it."""
    if not any(one is iterator for one in builder().left):
        builder().left.append(iterator)


def refuse_left(*values: object) -> None:
    """Refuse to go on with an iterator that has come as far as data, or another iterator, decide."""
    current = CURRENT.get()
    for one in current.left if current else ():
        if any(one is value for value in values):
            refuse(
                f"{word_of(one)} is used again after a loop over it that ends where data say, or beside an iterator "
                "that was made of it; make it a list first, and loop over that",
                code="SNK0213",
            )
