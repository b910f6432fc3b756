"""What a list whose length depends on data gives by a staged loop over its items: slices, sums of lists, arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from snek_core_transform.operators import State
from snek_strategies.ir.interpretations import HOLE
from snek_strategies.ir.syntax import Node, Sym
from snek_strategies.ir.types import Array, ListOf, Scalar, concrete
from snek_strategies.staging.branches import stage_if
from snek_strategies.staging.builder import builder
from snek_strategies.staging.lists import StagedList, as_value, item_of, known_length, measured, note_length, value_of
from snek_strategies.staging.loops import stage_for
from snek_strategies.staging.refusal import refuse
from snek_strategies.staging.rep import Rep, constant, emit
from snek_strategies.staging.truth import truth


def each(source: StagedList, take: Callable[[object], None]) -> None:
    """Do something with every item of a list."""
    held = value_of(source)
    if held is None:
        for one in list.__iter__(source):
            take(one)
        return
    _over(0, measured(source), 1, lambda at: take(item_of(held, at)))


def sliced(source: StagedList, index: slice) -> StagedList:
    """Return a slice of a list, whose bounds may be values of the next stage."""
    step = 1 if index.step is None else index.step
    if type(step) is not int or step == 0:
        refuse("a slice of a list with a step known only in the next stage, or of 0; make it static", code="SNK0205")
    held, result = as_value(source), StagedList()
    count = emit("list_len", held)
    least, most = (0, count) if step > 0 else (-1, count - 1)  # type: ignore[operator]
    ends = (least, most) if step > 0 else (most, least)
    start, stop = (
        end if bound is None else _within(bound, least, most, count)
        for bound, end in zip((index.start, index.stop), ends, strict=True)
    )
    _over(start, stop, step, lambda at: result.append(item_of(held, at)))
    return result


def stacked(source: StagedList) -> Rep:
    """Return the items of a list as an array; refuses one whose length is not known while staging."""
    held, count = as_value(source), known_length(source)
    if count is None:
        refuse(
            "an array of a list whose length depends on data: its shape would depend on data; store into an array of "
            "the largest size",
            code="SNK0205",
        )
    assert isinstance(held.type, ListOf)
    item = held.type.item
    names = {"bool": "bool", "int": "int64", "float": "float64", "complex": "complex128"}
    dtype = np.dtype(names[item.kind]) if isinstance(item, Scalar) else item.dtype
    dims = concrete(item.dims) if isinstance(item, Array) else ()
    empty = constant(np.zeros((count, *dims), dtype))

    def store(at: Any, made: object) -> State:
        return (emit("setitem", made, item_of(held, at), at, index=(HOLE,)),)

    (made,) = stage_for(0, count, 1, _same, None, store, (empty,), ("<array>",), _no_test)
    assert isinstance(made, Rep)
    return Rep(made.atom)


def note_lengths_after(trips: int) -> None:
    """Note how long lists are after the loop that was emitted last: it appends so many items to each in every trip."""
    node = builder().open[-1].nodes[-1]
    if node.primitive != "while":
        return
    body = node.blocks[1]
    made_by = {sym.index: one for one in body.nodes for sym in one.results}
    for result, first, parameter, last in zip(node.results, node.operands, body.parameters, body.results, strict=True):
        before = known_length(Rep(first)) if isinstance(result.type, ListOf) else None
        added = _appended(parameter, last, made_by)
        if before is not None and added is not None:
            note_length(result, before + trips * added)


def _appended(parameter: Sym, last: object, made_by: dict[int, Node]) -> int | None:
    """Return how many items a trip appends, or None where that depends on data."""
    count = 0
    while isinstance(last, Sym) and last.index != parameter.index:
        node = made_by.get(last.index)
        if node is None or node.primitive not in ("list_append", "list_set"):
            return None
        count += node.primitive == "list_append"
        last = node.operands[0]
    return count if isinstance(last, Sym) else None


def _over(start: object, stop: object, step: int, take: Callable[[Any], None]) -> None:
    def body(at: object) -> State:
        take(at)
        return ()

    stage_for(start, stop, step, _same, None, body, (), (), _no_test)


def _same(value: object) -> object:
    return value


def _no_test(*_: object) -> NoReturn:
    raise AssertionError("a loop without a test asks for none")


def _within(bound: Any, least: Any, most: Any, count: Any) -> object:
    """Return a slice's bound as `slice.indices` gives it."""

    def from_behind() -> object:
        at = bound + count
        return _either(at < least, lambda: least, lambda: at)

    forward = _either(bound < 0, from_behind, lambda: bound)
    return _either(forward > most, lambda: most, lambda: forward)


def _either(test: object, body: Callable[[], object], orelse: Callable[[], object]) -> Any:
    flag = truth(test)
    if not isinstance(flag, Rep):
        return body() if flag else orelse()
    (result,) = stage_if(flag, lambda: (body(),), lambda: (orelse(),), ("<bound>",))
    return result
