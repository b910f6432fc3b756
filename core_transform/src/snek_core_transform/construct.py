"""The run-time end of one construct: virtualized code calls it, and it calls the operator set."""

from __future__ import annotations

import builtins
import functools
from collections.abc import Callable, Iterable
from types import FunctionType, MethodDescriptorType, WrapperDescriptorType
from typing import Any

from .callee import callee_for
from .errors import Place, UnsupportedSyntax
from .fragments import Cells, Fragment, refuse
from .live_state import LiveState
from .operators import Operators, Unbound
from .tracebacks import drop_operator_frames, without_operator_frames


class _End:
    """Equal to nothing: the end that no iterator gives."""

    def __eq__(self, other: object) -> bool:
        return False

    __hash__ = None  # type: ignore[assignment]


END = _End()

Thunk = Callable[..., object]


class Construct:
    """One construct of the user's text; its methods are named after the operators that they call."""

    names: tuple[str, ...] = ()
    cell_names: tuple[str, ...] = ()
    caught: frozenset[str] = frozenset()
    fragment: Fragment | None = None
    arms: list[Construct]

    def __init__(self, operators: Operators, where: Callable[[], Place], word: str) -> None:
        self.operators, self.where, self.word = operators, where, word

    @property
    def place(self) -> Place:
        """The construct's place in the user's text."""
        return self.where()

    def __repr__(self) -> str:
        return f"<{self.word} at {self.place}>"

    @without_operator_frames
    def if_stmt(self, test: object, body: Thunk, orelse: Thunk, cells: FunctionType) -> None:
        """Run an `if`."""
        state = LiveState(self.names, self.cell_names, cells)
        values = state.read()
        state.write(self.operators.if_stmt(test, state.branch(body), state.branch(orelse), values, self.names))

    @without_operator_frames
    def if_chain(self, test: object, body: Thunk, arms: tuple[Thunk, ...], orelse: Thunk, cells: FunctionType) -> None:
        """Run an `if` with its `elif`s: `arms` holds a test and a body in turn."""
        for index in range(0, len(arms), 2):
            rest = arms[index:]
            if self.operators.stages(test):
                further = functools.partial(self._further, rest, orelse, cells)
                self.if_stmt(test, body, further, cells)
                return
            # A test of this stage takes one branch, so the chain goes on here and not inside that branch.
            going_on: list[None] = []
            self.if_stmt(test, body, functools.partial(going_on.append, None), cells)
            if not going_on:
                return
            test, body = rest[0](), rest[1]
        self.if_stmt(test, body, orelse, cells)

    def _further(self, arms: tuple[Thunk, ...], orelse: Thunk, cells: FunctionType) -> None:
        self.if_chain(arms[0](), arms[1], arms[2:], orelse, cells)

    @without_operator_frames
    def while_stmt(self, test: Thunk, body: Thunk, cells: FunctionType) -> None:
        """Run a `while`."""
        state = LiveState(self.names, self.cell_names, cells)
        values = state.read()
        state.write(self.operators.while_stmt(state.question(test), state.branch(body), values, self.names))

    @without_operator_frames
    def for_stmt(self, iterable: Iterable[object], test: Thunk | None, body: Thunk, cells: FunctionType) -> None:
        """Run a `for`."""
        state = LiveState(self.names, self.cell_names, cells)
        values = state.read()
        question = None if test is None else state.question(test)
        state.write(self.operators.for_stmt(iterable, question, state.step(body), values, self.names))

    @without_operator_frames
    def try_stmt(
        self,
        body: Thunk,
        handlers: tuple[tuple[Thunk | None, Thunk], ...],
        orelse: Thunk | None,
        final: Thunk | None,
        cells: FunctionType,
    ) -> None:
        """Run a `try`."""
        state = LiveState(self.names, self.cell_names, cells)
        staged = tuple((types, state.step(handler)) for types, handler in handlers)
        after, last = (None if end is None else state.branch(end) for end in (orelse, final))
        run = self.operators.try_stmt
        state.write(run(state.branch(body), staged, after, last, state.now, self.names, self.caught))

    def callee(self, function: Any) -> Any:
        """Return what the user's call expression calls in place of `function`."""
        try:
            return callee_for(function, self.operators)
        except BaseException as error:
            drop_operator_frames(error)
            raise

    @without_operator_frames
    def plain(self, value: object) -> Any:
        """Give back `value`, which a construct in Python's own form is about to use; refuse it where it is staged."""
        if self.operators.stages(value):
            raise UnsupportedSyntax(
                f"a staged value reaches this {self.word}, which keeps Python's own form here: "
                f"{self.operators.shown(value, self.place)}; "
                "move it out of the code that suspends, looks at its frame, leaves a `finally` block, binds names "
                "inside the expression, or stands in a class or comprehension",
                self.place,
            )
        return value

    @without_operator_frames
    def leave(self, given: object, namespace: dict[str, object], cells: Cells, _: None = None) -> Any:
        """Go on in operator form from the user's frame with a staged value."""
        if self.fragment is None:
            raise refuse(self.word, self.place, given)
        return self.fragment.run(given, namespace, cells)

    def parent(self, function: Any, owner: object, instance: object) -> Any:
        """Do what `super()` does in a method of `owner`, unless the user calls something else by that name."""
        return function(owner, instance) if function is builtins.super else function()

    def missing(self, value: object) -> bool:
        """Tell whether a variable of a frame that was left had no value."""
        return isinstance(value, Unbound)

    def steady(self, iterator: Any) -> Iterable[object]:
        """Return an iterator that a `for` may take again, as `iter` gives it for most: asking it changes nothing."""
        kind = type(iterator)
        if isinstance(getattr(kind, "__iter__", None), WrapperDescriptorType | MethodDescriptorType):
            return iterator  # type: ignore[no-any-return]
        return iter(functools.partial(kind.__next__, iterator), END)

    @without_operator_frames
    def leave_arm(self, arm: int, given: object, namespace: dict[str, object], cells: Cells, _: None = None) -> Any:
        """Go on in operator form from the test of one arm of an `if` with `elif`s."""
        return self.arms[arm - 1].leave(given, namespace, cells)

    def holds(self, name: str, variables: dict[str, object]) -> bool:
        """Tell whether a variable of a thunk has a value; `variables` are what `locals()` gives there."""
        found = name in variables
        # Before Python 3.13 the frame keeps them, and with them what its variables no longer hold.
        variables.clear()
        return found

    def unbound(self, name: str) -> None:
        """Raise what a function raises where it reads a variable that has no value."""
        raise UnboundLocalError(f"cannot access local variable {name!r} where it is not associated with a value")

    @without_operator_frames
    def and_(self, left: Any, *rights: Thunk) -> Any:
        """Give the first of the operands that is false, or the last."""
        return self._short_circuit(self.operators.and_, left, rights)

    @without_operator_frames
    def or_(self, left: Any, *rights: Thunk) -> Any:
        """Give the first of the operands that is true, or the last."""
        return self._short_circuit(self.operators.or_, left, rights)

    def _short_circuit(self, operator: Callable[[object, Thunk], object], left: Any, rights: tuple[Thunk, ...]) -> Any:
        for index, right in enumerate(rights[:-1]):
            if self.operators.stages(left):
                return operator(left, functools.partial(self._go_on, operator, right, rights[index + 1 :]))
            # An operand of this stage decides alone, so the chain goes on here and not inside the thunk.
            going_on: list[None] = []
            value = operator(left, functools.partial(going_on.append, None))
            if not going_on:
                return value
            left = right()
        return operator(left, rights[-1])

    def _go_on(self, operator: Callable[[object, Thunk], object], right: Thunk, rights: tuple[Thunk, ...]) -> Any:
        return self._short_circuit(operator, right(), rights)
