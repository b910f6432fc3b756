"""Python's built-in functions on generator expressions: each walks all elements, in a staged loop where data decide."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any

from snek_core_transform.operators import State
from snek_strategies.staging.comprehensions import StagedGenerator
from snek_strategies.staging.lists import StagedList
from snek_strategies.staging.optional import Maybe, required
from snek_strategies.staging.partly_bound import settle
from snek_strategies.staging.refusal import refuse
from snek_strategies.staging.truth import truth

if TYPE_CHECKING:
    from snek_strategies.staging.operators import StagingOperators

Rule = Callable[..., object]


def _sum(_: StagingOperators, elements: StagedGenerator, /, start: Any = 0) -> object:
    (total,) = elements.fold(lambda element, total: (total + element,), (start,), ("<sum>",))
    return total


def _any(operators: StagingOperators, elements: StagedGenerator) -> object:
    (found,) = elements.fold(lambda one, _: (truth(settle(one)),), (False,), ("<any>",), operators.not_)
    return found


def _all(_: StagingOperators, elements: StagedGenerator) -> object:
    (found,) = elements.fold(lambda one, _: (truth(settle(one)),), (True,), ("<all>",), lambda found: found)
    return found


def _extreme(symbol: str, function: Callable[..., object]) -> Rule:
    def rule(operators: StagingOperators, elements: StagedGenerator, *, key: object = None, **default: Any) -> object:
        if key is not None:
            refuse("min and max with key= of a generator; compare the elements yourself", code="SNK0204")

        def better(one: object, best: Any) -> State:
            first = operators.compare("is", best, None)
            test = operators.or_(first, lambda: operators.compare(symbol, one, best))
            return (operators.if_exp(test, lambda: one, lambda: best),)

        (best,) = elements.fold(better, (None,), ("<best>",))
        none = operators.compare("is", best, None)
        if default:
            return operators.if_exp(none, lambda: default["default"], lambda: settle(best))
        if none is True:
            return function(())
        return required(best, lambda _: function(())) if isinstance(best, Maybe) else best

    return rule


def _list(_: StagingOperators, elements: StagedGenerator) -> object:
    return elements.collected(StagedList(), StagedList.append)


CONSUMERS: dict[object, Rule] = {
    sum: _sum,
    any: _any,
    all: _all,
    min: _extreme("<", min),
    max: _extreme(">", max),
    list: _list,
}
"""Built-in functions that take all elements of a generator."""


def consumer_of(function: object, args: tuple[object, ...]) -> Rule | None:
    """Return the rule of a built-in function whose first argument is a generator, or None."""
    is_one = bool(args) and isinstance(args[0], StagedGenerator) and isinstance(function, Hashable)
    return CONSUMERS.get(function) if is_one else None
