"""Dispatching operators for TensorFlow: what a construct means when a tensor of a graph reaches it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import BuiltinFunctionType
from typing import Any, ClassVar, NoReturn

from snek_core_transform.callee import converted
from snek_core_transform.operators import Operators, State
from snek_strategies.staging.builtin_calls import refuse_effects, takes_anything
from snek_strategies.staging.operators import is_user_function
from snek_strategies.staging.refusal import beginning, refuse
from snek_strategies.staging.regions import watch
from snek_strategies.tensorflow_join import is_symbolic
from snek_strategies.tensorflow_regions import choose, loop, truth

LEVELS = 64
"""How often one function may stand on the stack of calls, with other static values each time."""


class TensorFlowOperators(Operators):
    """Makes graph control flow of what depends on a tensor, and lets Python run, and unroll, the rest."""

    inline: ClassVar[bool] = False

    def __init__(self) -> None:
        self.stack: list[tuple[object, ...]] = []

    def stages(self, value: object) -> bool:
        """Tell whether the value is a tensor of a graph."""
        return is_symbolic(value)

    def if_stmt(
        self,
        test: object,
        body: Callable[..., State],
        orelse: Callable[..., State],
        state: State,
        names: tuple[str, ...],
    ) -> State:
        if not is_symbolic(test):
            return body(*state) if test else orelse(*state)
        return choose(truth(test), lambda: body(*state), lambda: orelse(*state), names, state)

    def while_stmt(
        self, test: Callable[..., object], body: Callable[..., State], state: State, names: tuple[str, ...]
    ) -> State:
        while True:
            flag = test(*state)
            if is_symbolic(flag):
                return loop(test, body, state, names)
            if not flag:
                return state
            state = body(*state)

    def for_stmt(
        self,
        iterable: Iterable[object],
        test: Callable[..., object] | None,
        body: Callable[..., State],
        state: State,
        names: tuple[str, ...],
    ) -> State:
        if is_symbolic(iterable):
            return self._over_rows(iterable, test, body, state, names)
        iterator = iter(iterable)
        while True:
            flag = True if test is None else test(*state)
            if not is_symbolic(flag) and not flag:
                return state
            try:
                item = next(iterator)
            except StopIteration:
                return state
            state = self.if_stmt(flag, lambda *at, item=item: body(item, *at), lambda *at: at, state, names)

    def _over_rows(
        self,
        rows: Any,
        test: Callable[..., object] | None,
        body: Callable[..., State],
        state: State,
        names: tuple[str, ...],
    ) -> State:
        import tensorflow as tf

        if rows.shape.rank == 0:
            raise TypeError("iteration over a 0-d tensor")
        count = tf.shape(rows)[0]

        def more(at: Any, *rest: object) -> object:
            return at < count if test is None else tf.logical_and(at < count, truth(test(*rest)))

        def trip(at: Any, *rest: object) -> State:
            return (at + 1, *body(rows[at], *rest))

        return loop(more, trip, (tf.constant(0), *state), ("<counter>", *names))[1:]

    def if_exp(self, test: object, body: Callable[[], object], orelse: Callable[[], object]) -> object:
        if not is_symbolic(test):
            return body() if test else orelse()
        return choose(truth(test), lambda: (body(),), lambda: (orelse(),), ("<choice>",))[0]

    def and_(self, left: object, right: Callable[[], object]) -> object:
        if not is_symbolic(left):
            return left and right()
        return choose(truth(left), lambda: (right(),), lambda: (left,), ("<and>",))[0]

    def or_(self, left: object, right: Callable[[], object]) -> object:
        if not is_symbolic(left):
            return left or right()
        return choose(truth(left), lambda: (left,), lambda: (right(),), ("<or>",))[0]

    def not_(self, operand: object) -> object:
        import tensorflow as tf

        return tf.logical_not(truth(operand)) if is_symbolic(operand) else not operand

    def compare(self, symbol: str, left: object, right: object) -> object:
        symbolic = is_symbolic(left) or is_symbolic(right)
        if symbolic and symbol in ("in", "not in"):
            refuse(f"`{symbol}` with a tensor of a graph; compare elementwise and reduce with any")
        if symbolic and symbol in ("is", "is not") and left is not None and right is not None:
            refuse("identity of a tensor of a graph; compare with ==")
        return super().compare(symbol, left, right)

    def call(self, function: Callable[..., object], /, *args: object, **kwargs: object) -> object:
        refuse_effects(function)
        staged = any(map(_holds_symbolic, (*args, *kwargs.values())))
        if staged and type(function).__hash__ is not None and function in BUILTINS:
            return BUILTINS[function](self, *args, **kwargs)
        target = converted(function, self)
        if is_user_function(function, target, self):
            watch(function, *args, *kwargs.values())
            return self._enter(function, target, args, kwargs) if staged else target(*args, **kwargs)
        if (
            staged
            and isinstance(function, BuiltinFunctionType)
            and not takes_anything(function)
            and _is_builtin(function)
        ):
            refuse(f"{function.__name__}() of a tensor of a graph; use TensorFlow's function")
        return target(*args, **kwargs)

    def _enter(
        self, function: Any, target: Callable[..., object], args: tuple[object, ...], kwargs: dict[str, object]
    ) -> object:
        """Call a user function; one that calls itself with values of the same types would be traced without end."""
        code = getattr(function, "__func__", function).__code__
        key = (code, tuple(map(_abstract, args)), tuple((name, _abstract(one)) for name, one in kwargs.items()))
        if key in self.stack or self._levels(code) >= LEVELS:
            self._refuse_recursion(function)
        self.stack.append(key)
        try:
            return target(*args, **kwargs)
        except RecursionError:
            if self._levels(code) == 1:
                self._refuse_recursion(function)
            raise
        finally:
            self.stack.pop()

    def _levels(self, code: object) -> int:
        return sum(1 for one in self.stack if one[0] is code)

    def _refuse_recursion(self, function: Any) -> NoReturn:
        refuse(
            f"{function.__qualname__} calls itself where data decides how often; a TensorFlow graph holds no "
            "recursion: write a loop, or stage with snek/interpret",
            beginning(function),
        )


def _abstract(value: Any) -> object:
    if is_symbolic(value):
        return (value.dtype, str(value.shape))
    if isinstance(value, (tuple, list)):
        return (type(value), *map(_abstract, value))
    if isinstance(value, (bool, int, float, complex, str, type(None))):
        return (type(value), repr(value))
    return ("object", id(value))


def _holds_symbolic(value: object) -> bool:
    if isinstance(value, (tuple, list)):
        return any(map(_holds_symbolic, value))
    if isinstance(value, dict):
        return any(map(_holds_symbolic, value.values()))
    return is_symbolic(value)


def _is_builtin(function: Any) -> bool:
    return (function.__module__ or "") in ("builtins", "math", "operator", "_operator", "itertools")


def _length(_: TensorFlowOperators, value: Any) -> object:
    import tensorflow as tf

    return value.shape[0] if value.shape.rank and value.shape[0] is not None else tf.shape(value)[0]


def _cast(kind: str) -> Callable[..., object]:
    def rule(_: TensorFlowOperators, value: Any) -> object:
        import tensorflow as tf

        if value.shape.num_elements() != 1:
            refuse(f"{kind}() of a tensor of shape {value.shape}; reduce it first")
        return tf.cast(tf.reshape(value, []), kind)

    return rule


def _range(_: TensorFlowOperators, *bounds: Any) -> object:
    import tensorflow as tf

    return tf.range(*bounds)


def _extreme(symbol: str) -> Callable[..., object]:
    def rule(operators: TensorFlowOperators, *args: Any, **kwargs: object) -> object:
        if kwargs or len(args) == 1:
            refuse("min and max of one tensor, or with key=; use reduce_min, reduce_max")
        best = args[0]
        for one in args[1:]:
            test = operators.compare(symbol, one, best)
            best = operators.if_exp(test, lambda one=one: one, lambda best=best: best)  # type: ignore[misc]
        return best

    return rule


BUILTINS: dict[object, Callable[..., object]] = {
    bool: lambda _, value: truth(value),
    int: _cast("int64"),
    float: _cast("float64"),
    len: _length,
    range: _range,
    min: _extreme("<"),
    max: _extreme(">"),
    abs: lambda _, value: abs(value),
    isinstance: lambda _, value, kinds: isinstance(value, kinds),
}
"""Python's built-in functions on tensors of a graph."""
