"""The truth of a value, now or in the next stage."""

from __future__ import annotations

from snek_strategies.ir.syntax import Const
from snek_strategies.ir.types import BOOL, Array
from snek_strategies.staging.facts import implies
from snek_strategies.staging.lists import StagedList, measured, value_of
from snek_strategies.staging.optional import Maybe
from snek_strategies.staging.refusal import refuse
from snek_strategies.staging.rep import Rep, emit, lift


def truth(value: object) -> bool | Rep:
    """Return `bool(value)`: a Python bool, or a Rep of one."""
    if isinstance(value, StagedList) and value_of(value) is not None:
        return emit("greater", measured(value), 0)
    if isinstance(value, Maybe):
        return _truth_where_there(value)
    if not isinstance(value, Rep):
        return bool(value)
    if isinstance(value.atom, Const):
        return bool(value.atom.value)
    if value.type == BOOL:
        return value
    if isinstance(value.type, Array) and value.type.dims and value.size != 1:
        refuse(f"the truth of an array of shape {value.shape} is ambiguous; use np.any or np.all", code="SNK0203")
    return emit("bool", value)


def _truth_where_there(value: Maybe) -> bool | Rep:
    from snek_strategies.staging.branches import stage_if

    (result,) = stage_if(Rep(lift(value.snek_flag)), lambda: (truth(value.snek_value),), lambda: (False,), ("<truth>",))
    return result  # type: ignore[return-value]


def negated(value: bool | Rep) -> bool | Rep:
    """Return the opposite truth."""
    if not isinstance(value, Rep):
        return not value
    result = emit("not", value)
    for holds in (True, False):
        implies(result.atom, holds, value.atom, not holds)
        implies(value.atom, holds, result.atom, not holds)
    return result
