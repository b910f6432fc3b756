"""Snek's operator set: what a construct means when a value of the next stage reaches it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Iterable
from types import BuiltinFunctionType, FunctionType, GeneratorType, MethodType
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from snek_core_transform.callee import converted
from snek_core_transform.errors import Place
from snek_core_transform.groups import CONTROL
from snek_core_transform.operators import COMPARISONS, IN_PLACE, Handler, Operators, State, Step
from snek_core_transform.virtualize import is_virtualized
from snek_strategies.ir.types import Array, Tensor
from snek_strategies.staging.branches import stage_if
from snek_strategies.staging.builder import builder
from snek_strategies.staging.builtin_calls import refuse_effects, rule_of, takes_anything
from snek_strategies.staging.comprehensions import StagedGenerator, comprehend
from snek_strategies.staging.consuming_calls import consumer_of
from snek_strategies.staging.functions import call_function
from snek_strategies.staging.guessed_types import NotAsGuessed
from snek_strategies.staging.in_place import assign_in_place
from snek_strategies.staging.iterators import Walk
from snek_strategies.staging.lists import StagedList, value_of
from snek_strategies.staging.loops import StagedRange, rows, stage_for, stage_while, unwatched
from snek_strategies.staging.mapping_calls import MAPPING
from snek_strategies.staging.modules import called_module, is_torch
from snek_strategies.staging.new_arrays import is_new_array, new_array
from snek_strategies.staging.numpy_calls import call_function as call_numpy
from snek_strategies.staging.operands import array, has_rep
from snek_strategies.staging.optional import Maybe, apply, each_way, is_there, required
from snek_strategies.staging.partly_bound import settle, settle_all
from snek_strategies.staging.protocols import (
    COMPARING,
    compared,
    contains,
    in_place,
    made,
    may_have_methods,
    method_of,
    of_builtin,
    of_items,
    truth_of,
    walked,
    walked_by,
)
from snek_strategies.staging.refusal import FIRST, refuse
from snek_strategies.staging.regions import made_here, watch
from snek_strategies.staging.rep import Rep, constant
from snek_strategies.staging.text import joined, stage_print, text_of
from snek_strategies.staging.through_libraries import through
from snek_strategies.staging.tree_nodes import forest_in, is_node, same_node
from snek_strategies.staging.tries import Variables, refuse_generator_manager, stage_try
from snek_strategies.staging.truth import negated, truth
from snek_strategies.staging.walks import Indexed, StagedWalk, left_by_data, of_list, refuse_left

if TYPE_CHECKING:
    from snek_core_transform.kept_code import CodeKeeper


class StagingOperators(Operators):
    """Builds IR for what depends on data, and lets Python run the rest. `unroll` bounds the trips of a static loop.

    `keeper` gives what keeps virtualized code between processes, when code is virtualized first.
    """

    groups = CONTROL | {"literal", "unpack"}
    inline: ClassVar[bool] = False
    stages_exceptions: ClassVar[bool] = True
    stages_comprehensions: ClassVar[bool] = True
    stages_matches: ClassVar[bool] = True

    def __init__(self, unroll: int = 16, keeper: Callable[[], CodeKeeper | None] = lambda: None) -> None:
        self.unroll = unroll
        self._keeper = keeper

    @functools.cached_property
    def keeper(self) -> CodeKeeper | None:
        return self._keeper()

    @functools.cached_property
    def for_objects(self) -> StagingOperators:
        """The operators for programs with classes of the user's."""
        from snek_strategies.staging.object_operators import ObjectOperators

        return ObjectOperators(self.unroll, self._keeper)

    def stages(self, value: object) -> bool:
        """Tell whether the value is a Rep."""
        value = settle(value)
        return isinstance(value, (Rep, StagedRange, Maybe)) or is_node(value)

    def shown(self, value: object, place: Place) -> str:
        from snek_strategies.staging.origins import origin_of

        return f"{value!r}, {origin_of(value, place)}"

    def truth(self, value: object) -> bool | Rep:
        """Return the truth of a value of either stage; an object's is what its own method says."""
        value = settle(value)
        return truth(truth_of(self, value) if may_have_methods(value) else value)

    def if_stmt(
        self,
        test: object,
        body: Callable[..., State],
        orelse: Callable[..., State],
        state: State,
        names: tuple[str, ...],
    ) -> State:
        flag = self.truth(test)
        if not isinstance(flag, Rep):
            return body(*state) if flag else orelse(*state)
        return stage_if(flag, _on(body, state), _on(orelse, state), names, state)

    def while_stmt(
        self, test: Callable[..., object], body: Callable[..., State], state: State, names: tuple[str, ...]
    ) -> State:
        entry, start = state, builder().mark()
        for trip in range(self.unroll + 1):
            before = builder().mark()
            flag = self.truth(test(*state))
            if isinstance(flag, Rep):
                # What the test has emitted is emitted again inside the loop.
                builder().rewind(before)
                return stage_while(lambda *at: self.truth(test(*at)), body, state, names)
            if not flag:
                return state
            if trip < self.unroll:
                state = body(*state)
        builder().rewind(start)
        return stage_while(lambda *at: self.truth(test(*at)), body, entry, names)

    def for_stmt(
        self,
        iterable: Iterable[object],
        test: Callable[..., object] | None,
        body: Callable[..., State],
        state: State,
        names: tuple[str, ...],
    ) -> State:
        return self.loop_over(walked(self, settle(iterable)), test, body, state, names, self.unroll)

    def loop_over(
        self,
        source: Any,
        test: Callable[..., object] | None,
        body: Callable[..., State],
        state: State,
        names: tuple[str, ...],
        most: int | None,
    ) -> State:
        """Stage a loop; over what is known now it is unrolled, `most` items at most."""
        if isinstance(source, StagedGenerator):
            return source.fold(body, state, names, test)
        if isinstance(source, StagedRange):
            return stage_for(source.start, source.stop, source.step, _same, test, body, state, names, self.and_)  # type: ignore[arg-type]
        if most is not None and isinstance(source, np.ndarray) and source.ndim and len(source) > most:
            source = constant(source)
        if isinstance(source, Rep) and (isinstance(rows(source), Rep) or rows(source) > self.unroll):
            return stage_for(0, rows(source), 1, source.__getitem__, test, body, state, names, self.and_)
        if most is not None and type(source) is range and len(source) > most:
            return stage_for(source.start, source.stop, source.step, _same, test, body, state, names, self.and_)
        if isinstance(source, StagedList) and value_of(source) is not None:
            return self._by_position(of_list(source), 0, test, body, state, names)
        forest = forest_in(source)
        if forest is not None:
            return stage_for(0, len(source), 1, forest.tree, test, body, state, names, self.and_)
        if isinstance(source, StagedWalk):
            return self._walked(source, test, body, state, names, most)
        if isinstance(source, Rep):
            return self._over_rows(StagedWalk.over(source, self.unroll), test, body, state, names, most)
        return self._unrolled(source, test, body, state, names, most)

    def _over_rows(
        self,
        source: StagedWalk,
        test: Callable[..., object] | None,
        body: Callable[..., State],
        state: State,
        names: tuple[str, ...],
        most: int | None,
    ) -> State:
        """Unroll a loop over few rows; where a trip has a loop in it, the trips after the first are a loop too.

        To write such a loop out would gain nothing, and tracing and compiling would take as often as long.
        """
        of = source.rest()
        if test is None and of.count() > 2 and FIRST.get() is None:
            before = builder().mark()
            state = body(next(source), *state)
            begin, of = builder().mark(), source.rest()
            if any(node.primitive == "while" for node in builder().open[-1].nodes[before:]):
                try:
                    after = stage_for(0, of.count(), 1, of.item, None, body, state, names, self.and_, once=True)
                except NotAsGuessed:
                    builder().rewind(begin)
                else:
                    source.end()
                    return after
        return self._unrolled(source, test, body, state, names, most)

    def _walked(
        self,
        source: StagedWalk,
        test: Callable[..., object] | None,
        body: Callable[..., State],
        state: State,
        names: tuple[str, ...],
        most: int | None,
    ) -> State:
        of = source.rest()
        count = of.count()
        if not isinstance(count, Rep) and count <= self.unroll and not source.walks_trees():
            return self._unrolled(source, test, body, state, names, most)
        if isinstance(count, Rep):
            after = self._by_position(of, 0, test, body, state, names)
        else:
            after = stage_for(0, count, 1, of.item, test, body, state, names, self.and_)
        if test is None:
            source.end()
        else:
            left_by_data(source)
        return after

    def _by_position(
        self,
        of: Indexed,
        first: int,
        test: Callable[..., object] | None,
        body: Callable[..., State],
        state: State,
        names: tuple[str, ...],
    ) -> State:
        """Stage a loop from an item on; a list may grow meanwhile, so the length is asked before each trip."""

        def more(at: object, *rest: object) -> object:
            going = at < of.count()
            return going if test is None else self.and_(going, lambda: test(*rest))

        def trip(at: object, *rest: object) -> State:
            return (at + 1, *body(unwatched(lambda: of.item(at)), *rest))  # type: ignore[operator]

        return stage_while(more, trip, (constant(first), *state), ("<counter>", *names), 1)[1:]

    def _unrolled(
        self,
        iterable: Iterable[object],
        test: Callable[..., object] | None,
        body: Callable[..., State],
        state: State,
        names: tuple[str, ...],
        most: int | None,
    ) -> State:
        refuse_left(iterable)
        iterator, trips, by_data = iter(iterable), 0, False
        while True:
            flag = True if test is None else self.truth(test(*state))
            by_data = by_data or isinstance(flag, Rep)
            if flag is False:
                break
            if isinstance(iterable, StagedList) and value_of(iterable) is not None:
                # The body has made its length depend on data.
                return self._by_position(of_list(iterable), trips, test, body, state, names)
            try:
                item = next(iterator)
            except StopIteration:
                break
            trips += 1
            if most is not None and trips > most:
                refuse(
                    f"a for statement over a {type(iterable).__name__} with more than {most} items; a range or "
                    "an array becomes a staged loop, or stage with a larger unroll=",
                    code="SNK0213",
                )
            if isinstance(flag, Rep):
                state = stage_if(flag, _on(functools.partial(body, item), state), _on(_unchanged, state), names, state)
            else:
                state = body(item, *state)
        if by_data and iterator is iterable:
            left_by_data(iterator)
        return state

    def comprehend(self, kind: str, iterable: Iterable[object], step: Step, depth: int) -> object:
        refuse_left(iterable)
        return made_here(comprehend(self, kind, walked(self, settle(iterable)), step, depth))

    def try_stmt(
        self,
        body: Callable[..., State],
        handlers: tuple[Handler, ...],
        orelse: Callable[..., State] | None,
        final: Callable[..., State] | None,
        now: Callable[[], State],
        names: tuple[str, ...],
        caught: frozenset[str],
    ) -> State:
        return stage_try(body, handlers, orelse, final, Variables(now, names, caught))

    def unpack(self, value: Any, before: int, star: bool, after: int) -> Iterable[object]:
        value = walked(self, settle(value))
        refuse_left(value)
        if isinstance(value, Maybe):
            value = required(value, lambda one: Operators.unpack(self, one, before, star, after))
        if isinstance(value, Rep):
            if star and rows(value) > self.unroll:
                refuse(
                    f"unpacking of an array of {rows(value)} rows known only in the next stage; index or slice it, or "
                    "stage with a larger unroll=",
                    code="SNK0213",
                )
            value = [value[at] for at in range(rows(value) if star else min(rows(value), before + 1))]
        found: list[Any] = [*super().unpack(value, before, star, after)]
        if star:
            found[before] = made_here(StagedList(found[before]))
        return found

    def list_(self, value: list[object]) -> object:
        return made_here(StagedList(map(settle, value)))

    def tuple_(self, value: tuple[object, ...]) -> object:
        return tuple(map(settle, value))

    def dict_(self, value: dict[object, object]) -> object:
        return made_here({name: settle(one) for name, one in value.items()})

    def if_exp(self, test: object, body: Callable[[], object], orelse: Callable[[], object]) -> object:
        flag = self.truth(test)
        if not isinstance(flag, Rep):
            return body() if flag else orelse()
        (result,) = stage_if(flag, lambda: (body(),), lambda: (orelse(),), ("<choice>",))
        return result

    def and_(self, left: object, right: Callable[[], object]) -> object:
        left = settle(left)
        flag = self.truth(left)
        if not isinstance(flag, Rep):
            return right() if flag else left
        (result,) = stage_if(flag, lambda: (right(),), lambda: (left,), ("<and>",))
        return result

    def or_(self, left: object, right: Callable[[], object]) -> object:
        left = settle(left)
        flag = self.truth(left)
        if not isinstance(flag, Rep):
            return left if flag else right()
        (result,) = stage_if(flag, lambda: (left,), lambda: (right(),), ("<or>",))
        return result

    def not_(self, operand: object) -> object:
        return negated(self.truth(operand))

    def compare(self, symbol: str, left: object, right: object) -> object:
        left, right = settle(left), settle(right)
        if symbol in ("is", "is not") and (isinstance(left, Maybe) or isinstance(right, Maybe)):
            return self._is_none(symbol, left, right)
        if symbol in ("is", "is not") and (is_node(left) or is_node(right)):
            same = same_node(left, right)
            return same if symbol == "is" else self.not_(same)
        if symbol in ("is", "is not") and (isinstance(left, Rep) or isinstance(right, Rep)):
            if left is None or right is None:
                return symbol == "is not"
            refuse("identity of a value known only in the next stage; compare with ==", code="SNK0201")
        if symbol in COMPARING and (may_have_methods(left) or may_have_methods(right)):
            found = compared(self, symbol, left, right)
            if found is not NotImplemented:
                return found
        if symbol in ("in", "not in") and may_have_methods(right):
            found = contains(self, left, right)
            if found is not NotImplemented:
                return self.not_(found) if symbol == "not in" else found
        # A dict is asked for its keys, which are static.
        asks = has_rep(left) or (has_rep(right) and not isinstance(right, dict))
        if symbol in ("in", "not in") and asks:
            found = self._contains(left, right)
            return self.not_(found) if symbol == "not in" else found
        return COMPARISONS[symbol](left, right)

    def _is_none(self, symbol: str, left: object, right: object) -> object:
        if left is not None and right is not None:
            refuse("identity of a value that is None where data decide; compare it with None", code="SNK0201")
        there = is_there(left if right is None else right)
        return there if symbol == "is not" else self.not_(there)

    def _contains(self, item: object, container: object) -> object:
        refuse_left(container)
        if isinstance(container, Rep):
            return truth((container == item).any())  # type: ignore[attr-defined]
        if value_of(container) is not None:
            body = functools.partial(_is_item, item)
            return self.loop_over(container, self.not_, body, (False,), ("<in>",), most=None)[0]
        if not isinstance(container, (tuple, list, range)) or len(container) > self.unroll:
            refuse(
                f"in a {type(container).__name__}: membership of a staged value needs a tuple, a list or an array",
                code="SNK0204",
            )
        found: object = False
        for one in container:
            found = self.or_(found, lambda one=one: truth(one == item))  # type: ignore[misc]
        return found

    def aug_assign(self, symbol: str, target: object, value: object) -> object:
        target, value = settle(target), settle(value)
        if isinstance(target, Rep) and isinstance(target.type, Array):
            if target.type.dims or isinstance(target.type, Tensor):
                return assign_in_place(symbol, target, value)
            if builder().writable_scalars:
                refuse(
                    f"{symbol}= changes an array of rank 0 in place, and a NumPy scalar not; in a staged program write "
                    f"x = x {symbol} value",
                    code="SNK0212",
                )
        if may_have_methods(target) or may_have_methods(value):
            found = in_place(self, symbol, target, value)
            if found is not NotImplemented:
                return found
        return IN_PLACE[symbol](target, value)

    def call(self, function: Callable[..., object], /, *args: object, **kwargs: object) -> object:
        function = called_module(settle(function))
        if isinstance(function, MethodType) and is_node(function.__self__):
            # A node is an argument like any other: a recursion goes on with another one.
            function, args = function.__func__, (function.__self__, *args)  # type: ignore[attr-defined]
        settled: tuple[object, ...] = settle_all(args)  # type: ignore[assignment]
        refuse_left(*settled)
        named = {name: settle_all(value) for name, value in kwargs.items()}
        if isinstance(getattr(function, "__self__", None), StagedList):
            return function(*settled, **named)
        if type(function) is functools.partial:
            return self.call(function.func, *function.args, *settled, **{**function.keywords, **named})
        if function is print:
            settled = tuple(self.call(str, one) if method_of(one, "__str__", "__repr__") else one for one in settled)
            each_way(lambda *texts: stage_print(*texts, **named), *settled)  # type: ignore[arg-type]
            return None
        refuse_effects(function)
        refuse_generator_manager(function, args)
        function = through(function, self)
        if isinstance(function, (type, BuiltinFunctionType)):
            found = self._by_methods(function, settled, named)
            if found is not NotImplemented:
                return found
            settled = walked_by(self, function, settled)
        staged = has_rep(settled) or has_rep(named)
        consumer = consumer_of(function, settled)
        if consumer is not None:
            return _made_by(function, settled, consumer(self, *settled, **named))
        if isinstance(function, Hashable) and function in MAPPING:
            return _made_by(function, settled, MAPPING[function](self, *settled, **named))
        if staged and any(isinstance(one, Maybe) for one in (*settled, *named.values())) and looks_inside(function):
            return self._apply(function, settled, named)
        if staged:
            rule = rule_of(function)
            if rule is not None:
                return _made_by(function, settled, rule(self, *settled, **named))
            if is_numpy(function) and not isinstance(function, np.ufunc):
                made = call_numpy(function, settled, named)
                return new_array(made) if is_new_array(function) else made
        if staged and is_torch(function):
            return function(*settled, **named)
        if is_new_array(function):
            return new_array(function(*settled, **named))
        if isinstance(function, np.ufunc):
            return function(*(array(one) if has_rep(one) else one for one in settled), **named)
        if isinstance(getattr(function, "__self__", None), Rep):
            return function(*settled, **named)
        target = converted(function, self)
        if is_user_function(function, target, self):
            watch(function, *settled, *named.values())
            return _made_by(function, settled, call_function(function, target, settled, named))
        if staged and not _may_hold(function):
            refuse(
                f"{_name_of(function)}() has no rule for values known only in the next stage; use a NumPy function, or "
                "call it outside the staged program",
                code="SNK0204",
            )
        return _made_by(function, settled, target(*settled, **named))

    def _by_methods(self, function: Any, args: tuple[object, ...], kwargs: dict[str, object]) -> object:
        """Return what a class or a built-in function gives by the user's own methods; NotImplemented without such."""
        if function is bool and len(args) == 1 and may_have_methods(args[0]):
            return self.truth(args[0])
        given = of_builtin(self, function, args) if not kwargs and any(map(may_have_methods, args)) else None
        if given is not None:
            return given[0]
        if function in (min, max, any, all) and any(map(may_have_methods, _items_in(args))):
            return rule_of(function)(self, *args, **kwargs)  # type: ignore[misc]
        found = of_items(self, function, args, kwargs)
        if found is not NotImplemented or not isinstance(function, type):
            return found
        return made(self, function, args, kwargs)

    def _apply(self, function: Callable[..., object], args: tuple[object, ...], kwargs: dict[str, object]) -> object:
        """Call a function of Python's or NumPy's on arguments that are None where data decide."""
        count = len(args)

        def run(*given: object) -> object:
            call = self.call if any(map(has_rep, given)) else _plain
            return call(function, *given[:count], **dict(zip(kwargs, given[count:], strict=True)))

        return apply(run, *args, *kwargs.values())

    def format_value(self, value: object, conversion: str | None, format_spec: object) -> object:
        form = method_of(value, "__format__") if conversion is None else None
        if form is not None:
            return text_of(self.call(form, format_spec), None)
        if conversion != "a" and method_of(value, "__str__", "__repr__"):
            value, conversion = self.call(repr if conversion == "r" else str, value), None
        return text_of(value, conversion, format_spec)

    def join_str(self, *values: object) -> object:
        return joined(*values)


def _items_in(args: tuple[object, ...]) -> Iterable[object]:
    """Walk what `min` or `any` compares or asks, where it is known now."""
    if len(args) != 1:
        return args
    return args[0] if type(args[0]) in (list, tuple) or isinstance(args[0], StagedList) else ()  # type: ignore[return-value]


def is_user_function(function: object, target: object, operators: Operators) -> bool:
    """Tell whether a callable is Python of the user's that has been virtualized, on the way in or with its parent."""
    inner = function.__func__ if isinstance(function, MethodType) else function
    return isinstance(inner, FunctionType) and (target is not function or is_virtualized(inner.__code__, operators))


def _made_by(function: object, args: tuple[object, ...], made: object) -> object:
    """Return what a call has given, noted where it was not there before: what a class makes, a list, an iterator."""
    is_new = isinstance(made, (StagedList, GeneratorType, Walk)) or function is iter
    if isinstance(function, type):
        is_new = is_new or (type(made) is function and isinstance(function.__new__, BuiltinFunctionType))
    is_new = is_new and all(made is not one for one in args)
    return made_here(made) if is_new else made


def _may_hold(function: object) -> bool:
    """Tell whether a callable that is not the user's Python may be given a Rep: it must not look inside."""
    if isinstance(function, type):
        return takes_anything(function) or function.__module__ != "builtins"
    return takes_anything(function) or not isinstance(function, BuiltinFunctionType)


def looks_inside(function: object) -> bool:
    """Tell whether a callable that is not the user's does something with its arguments, beyond holding them."""
    if takes_anything(function):
        return False
    owned = isinstance(getattr(function, "__self__", None), Rep)
    framework = isinstance(function, np.ufunc) or is_numpy(function) or is_torch(function)
    return owned or framework or rule_of(function) is not None or isinstance(function, BuiltinFunctionType)


def _plain(function: Callable[..., object], *args: object, **kwargs: object) -> object:
    return function(*args, **kwargs)


def is_numpy(function: object) -> bool:
    """Tell whether a callable is a function or scalar type of NumPy's, and not a method of an array."""
    owner = getattr(function, "__self__", None)
    return (getattr(function, "__module__", None) or "").split(".")[0] == "numpy" and not isinstance(owner, np.ndarray)


def _name_of(function: object) -> str:
    return getattr(function, "__qualname__", None) or repr(function)


def _on(function: Callable[..., State], state: State) -> Callable[[], State]:
    return lambda: function(*state)


def _is_item(item: object, one: object, _: object) -> State:
    return (truth(one == item),)


def _same(value: object) -> object:
    return value


def _unchanged(*state: object) -> State:
    return state
