"""The operators that virtualized code calls; `Operators` gives them Python's own meaning."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from .callee import converted
from .errors import Place
from .groups import CONTROL
from .value_operators import ValueOperators

if TYPE_CHECKING:
    from .kept_code import CodeKeeper

State = tuple[object, ...]
"""The values of the names that a construct assigns, in the order of `names`; `Unbound` where a name has no value."""


Handler = tuple[Callable[[], Any] | None, Callable[..., State]]
"""What an `except` matches with, where it says so, and its body: it takes the exception and the state."""


Step = Callable[[object], tuple[Callable[[], object] | None, Callable[[], Any]]]
"""What a loop of a comprehension does with an item."""


class Unbound:
    """Stands in a `State` for a name that has no value yet."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"<unbound {self.name}>"


class Operators(ValueOperators):
    """An operator set: what each construct means. A strategy overrides only what it stages.

    Branches and loop bodies come as functions over the state: they take the values of `names` and return the new
    ones. `break`, `continue` and `return` never reach an operator: they are lowered to conditions on names such as
    `<broken>` and `<value>`, which stand in the state like any other name.
    """

    groups: frozenset[str] = CONTROL
    """The construct groups that become operators; `groups.GROUPS` holds all. The others stay as they are."""
    inline: ClassVar[bool] = True
    """Whether values that are not staged take Python's own path in the same frame; False: operators for everything."""
    stages_exceptions: ClassVar[bool] = False
    """Whether `assert` becomes an `if` that raises, `with` a `try`, `try` calls `try_stmt`; needs `inline` false."""

    stages_comprehensions: ClassVar[bool] = False
    """Whether a comprehension calls `comprehend`, its conditions and elements being functions; needs `inline` false."""
    stages_matches: ClassVar[bool] = False
    """Whether `match` becomes `if`s that test the subject; needs `inline` false."""

    @property
    def keeper(self) -> CodeKeeper | None:
        """What keeps code virtualized for this set between processes, or None; asked where `inline` is false."""
        return None

    def stages(self, value: object) -> bool:  # noqa: ARG002 - nothing is staged in Python
        """Tell whether `value` belongs to the next stage, so that a construct it reaches must call its operator."""
        return False

    def shown(self, value: object, place: Place) -> str:  # noqa: ARG002 - for operator sets that know more
        """Return what the refusal of a staged value at `place` says about it."""
        return repr(value)

    def if_stmt(
        self,
        test: object,
        body: Callable[..., State],
        orelse: Callable[..., State],
        state: State,
        names: tuple[str, ...],  # noqa: ARG002 - for operator sets that name what they carry
    ) -> State:
        """`if test: body else: orelse`."""
        return body(*state) if test else orelse(*state)

    def while_stmt(
        self,
        test: Callable[..., object],
        body: Callable[..., State],
        state: State,
        names: tuple[str, ...],  # noqa: ARG002 - for operator sets that name what they carry
    ) -> State:
        """`while test: body`; `test` takes the state too."""
        while test(*state):
            state = body(*state)
        return state

    def for_stmt(
        self,
        iterable: Iterable[object],
        test: Callable[..., object] | None,
        body: Callable[..., State],
        state: State,
        names: tuple[str, ...],  # noqa: ARG002 - for operator sets that name what they carry
    ) -> State:
        """`for item in iterable: body`; `body` takes the item and the state.

        `test`, where there is one, is asked before each further item is fetched (a lowered `break`): false ends it.
        """
        iterator = iter(iterable)
        while test is None or test(*state):
            try:
                item = next(iterator)
            except StopIteration:
                break
            state = body(item, *state)
        return state

    def comprehend(self, kind: str, iterable: Iterable[object], step: Step, depth: int) -> object:
        """A comprehension of `depth` loops; `kind` is `list`, `set`, `dict` or `generator`.

        `step(item)` gives a function for the condition, or None, and one for what follows: an element (of a `dict` a
        name with its value), or the next iterable with its step.
        """
        found = elements(iter(iterable), step, depth)
        return found if kind == "generator" else {"list": list, "set": set, "dict": dict}[kind](found)

    def try_stmt(
        self,
        body: Callable[..., State],
        handlers: tuple[Handler, ...],
        orelse: Callable[..., State] | None,
        final: Callable[..., State] | None,
        now: Callable[[], State],
        names: tuple[str, ...],  # noqa: ARG002 - for operator sets that name what they carry
        caught: frozenset[str],  # noqa: ARG002 - for operator sets that carry it
    ) -> State:
        """`try: body except …: … else: orelse finally: final`; `now` gives the state at the moment when it is asked.

        `caught` are the names that may be read where an exception has ended the body.
        """
        try:
            try:
                state = body(*now())
            except BaseException as error:
                handler = matching(handlers, error)
                if handler is None:
                    raise
                state = handler(error, *now())
            else:
                state = state if orelse is None else orelse(*state)
        finally:
            left = now()
            ended = None if final is None else final(*left)
        return state if ended is None else ended

    def if_exp(self, test: object, body: Callable[[], object], orelse: Callable[[], object]) -> object:
        """`body if test else orelse`."""
        return body() if test else orelse()

    def and_(self, left: object, right: Callable[[], object]) -> object:
        """`left and right`: an operand, not a boolean."""
        return left and right()

    def or_(self, left: object, right: Callable[[], object]) -> object:
        """`left or right`: an operand, not a boolean."""
        return left or right()

    def not_(self, operand: object) -> object:
        """`not operand`."""
        return not operand

    def compare(self, symbol: str, left: object, right: object) -> object:
        """`left symbol right`, with `symbol` such as `<` or `not in`; chains come as `and_` over single comparisons."""
        return COMPARISONS[symbol](left, right)

    def aug_assign(self, symbol: str, target: object, value: object) -> object:
        """`target symbol= value`, with `symbol` such as `+`: the new value of the target."""
        return IN_PLACE[symbol](target, value)

    def call(self, function: Callable[..., object], /, *args: object, **kwargs: object) -> object:
        """`function(*args, **kwargs)`: user code is virtualized with this operator set on the way in."""
        return converted(function, self)(*args, **kwargs)


def elements(iterator: Iterator[object], step: Step, depth: int) -> Iterator[Any]:
    """Walk what a comprehension's loops give."""
    for item in iterator:
        test, following = step(item)
        if test is None or test():
            if depth == 1:
                yield following()
            else:
                inner, its_step = following()
                yield from elements(iter(inner), its_step, depth - 1)


def matching(handlers: tuple[Handler, ...], error: BaseException) -> Callable[..., State] | None:
    """Return the body of the first `except` that takes an exception, or None; later ones are not asked."""
    for types, body in handlers:
        if types is None or _is_one(error, types()):
            return body
    return None


def _is_one(error: BaseException, types: Any) -> bool:
    for one in types if isinstance(types, tuple) else (types,):
        if not (isinstance(one, type) and issubclass(one, BaseException)):
            raise TypeError("catching classes that do not inherit from BaseException is not allowed")
    return isinstance(error, types)


class PythonOperators(Operators):
    """Python's own meaning: what `virtualize` uses where nothing else is asked for."""


COMPARISONS: Mapping[str, Callable[[Any, Any], object]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "is": operator.is_,
    "is not": operator.is_not,
    "in": lambda left, right: left in right,
    "not in": lambda left, right: left not in right,
}
"""What each comparison symbol means."""

IN_PLACE: Mapping[str, Callable[[Any, Any], object]] = {
    "+": operator.iadd,
    "-": operator.isub,
    "*": operator.imul,
    "@": operator.imatmul,
    "/": operator.itruediv,
    "//": operator.ifloordiv,
    "%": operator.imod,
    "**": operator.ipow,
    "<<": operator.ilshift,
    ">>": operator.irshift,
    "&": operator.iand,
    "^": operator.ixor,
    "|": operator.ior,
}
"""What each augmented assignment does, by the symbol before its `=`."""
