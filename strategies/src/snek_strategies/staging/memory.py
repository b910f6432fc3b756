"""Which arrays of the next stage may lie in one memory: views, and values that are one array on some path.

A store into an array is seen under every name that shares its memory. One Rep under several names is one array, and
its store is staged, as is one into what it is an item or slice of. Any other Rep that may share the memory is out of
date after the store: using it again is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from snek_strategies.ir.types import Array
from snek_strategies.staging.builder import Outdated
from snek_strategies.staging.join import parts
from snek_strategies.staging.joined_lists import may_be_one, memory_of_list
from snek_strategies.staging.lists import StagedList
from snek_strategies.staging.partly_bound import PartlyBound
from snek_strategies.staging.refusal import refuse
from snek_strategies.staging.rep import Memory, Rep, memory_of
from snek_strategies.staging.watch import Watch


def may_be(results: object, *origins: object) -> None:
    """Note that the arrays in `results` may be, or be views of, the arrays in `origins`."""
    sources = list(_arrays(origins))
    for result in _arrays((results,)):
        if not isinstance(result, Rep):
            continue
        memory = memory_of(result)
        for source in sources:
            if isinstance(source, Rep):
                memory = memory.join(memory_of(source))
            else:
                memory.seal("it may be an array from outside the program")


def may_be_of(result: object, arguments: Iterable[object]) -> None:
    """Note that what a staged function gives may be, or be part of, what it was given."""
    may_be(result, *arguments)
    for made in _lists((result,)):
        reached = Watch(cells=False)
        reached.add(*arguments)
        for one, _ in reached.seen.values():
            if isinstance(one, list):
                may_be_one(made, one)


def seal(values: Iterable[object], reason: str) -> None:
    """Refuse changes of these arrays and lists from now on."""
    for one in _lists(values):
        memory_of_list(one).seal(reason)
    for value in _arrays(values):
        if isinstance(value, Rep):
            memory_of(value).seal(reason)


def _lists(values: Iterable[object]) -> Iterator[StagedList]:
    for value in values:
        if isinstance(value, StagedList):
            yield value
        elif isinstance(value, PartlyBound):
            yield from _lists((value.snek_value,))
        else:
            yield from _lists(parts(value) or ())


def check_writable(rep: Rep, what: str) -> None:
    """Refuse a store into an array where another one that is alive may share its memory."""
    memory = memory_of(rep)
    if memory.sealed is not None:
        refuse(
            f"{what} changes an array in place, and {memory.sealed}; build a new array instead: x = x + value",
            code="SNK0212",
        )


def outdate(rep: Rep) -> None:
    """Let an array that a store into another one may have changed be used no more."""
    memory_of(rep).remove(rep)
    rep.atom = Outdated(0, rep.atom.type, was=rep.atom)


def _arrays(values: Iterable[object]) -> Iterable[Rep | np.ndarray]:
    for value in values:
        if isinstance(value, Rep):
            if isinstance(value.type, Array) and value.type.dims:
                yield value
        elif isinstance(value, np.ndarray):
            yield value
        elif isinstance(value, PartlyBound):
            yield from _arrays((value.snek_value,))
        else:
            yield from _arrays(parts(value) or ())


__all__ = ["Memory", "check_writable", "may_be", "memory_of", "seal"]
