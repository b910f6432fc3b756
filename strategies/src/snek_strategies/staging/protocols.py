"""Special methods of the user's classes: Python calls them from within, staged code through its call operator.

So what data decide in an `__eq__`, an `__init__` or a `__bool__` is staged, and what they print is printed at every
call.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import TYPE_CHECKING, Any

from snek_core_transform.callee import is_user_code
from snek_core_transform.value_operators import BINARY
from snek_strategies.ir.types import BOOL
from snek_strategies.staging.lists import value_of
from snek_strategies.staging.raises import note_made
from snek_strategies.staging.refusal import refuse
from snek_strategies.staging.regions import made_here
from snek_strategies.staging.rep import Rep
from snek_strategies.staging.sorting import in_order
from snek_strategies.staging.users_classes import MADE_IN_PYTHON

if TYPE_CHECKING:
    from snek_strategies.staging.operators import StagingOperators

REFLECTED = {"<": "__gt__", "<=": "__ge__", "==": "__eq__", "!=": "__ne__", ">": "__lt__", ">=": "__le__"}
COMPARING = {"<": "__lt__", "<=": "__le__", "==": "__eq__", "!=": "__ne__", ">": "__gt__", ">=": "__ge__"}

_WORDS = {
    "+": "add", "-": "sub", "*": "mul", "/": "truediv", "//": "floordiv", "%": "mod", "**": "pow", "@": "matmul",
    "&": "and", "|": "or", "^": "xor", "<<": "lshift", ">>": "rshift",
}  # fmt: skip
"""What the methods of binary operators are named after."""

OF_OBJECTS = frozenset(
    {f"__{one}{word}__" for word in _WORDS.values() for one in ("", "r", "i")}
    | {f"__{one}__" for one in ("neg", "pos", "invert", "getitem", "setitem", "delitem", "getattr", "setattr")}
)
"""The methods behind operators, items and attributes."""

OF_BUILTIN: dict[object, tuple[str, ...]] = {
    len: ("__len__",),
    float: ("__float__",),
    int: ("__int__",),
    complex: ("__complex__",),
    abs: ("__abs__",),
    round: ("__round__",),
    iter: ("__iter__",),
    str: ("__str__", "__repr__"),
    repr: ("__repr__",),
    reversed: ("__reversed__",),
}
"""The special methods that a built-in function of one argument calls, the first that there is."""

MEASURING: frozenset[object] = frozenset({list, tuple, sorted})
"""Built-in functions that ask what they walk for its length first."""
WALKING: frozenset[object] = frozenset({list, tuple, set, sum, any, all, min, max, sorted, enumerate, zip, map, filter})
"""Built-in functions that walk their arguments."""

Method = Callable[..., object]


def may_have_methods(value: object) -> bool:
    """Tell whether a value's class was made by a `class` statement, and not by one of Snek's for staged values."""
    return bool(type(value).__flags__ & MADE_IN_PYTHON) and not isinstance(value, Rep)


def method_of(value: object, *names: str) -> MethodType | None:
    """Return the first of these special methods that the user has written for a value's class, bound to the value."""
    if not may_have_methods(value):
        return None
    kind = type(value)
    found = ((getattr(kind, name, None), getattr(object, name, None)) for name in names)
    function = next((one for one, default in found if one is not None and one is not default), None)
    return MethodType(function, value) if is_users_function(function) else None  # type: ignore[arg-type]


def is_users_function(function: object) -> bool:
    """Tell whether a function is Python of the user's."""
    return type(function) is FunctionType and is_user_code(function.__code__, function.__globals__)


def truth_of(operators: StagingOperators, value: object) -> object:
    """Return what stands for a value where its truth is asked: what its own `__bool__` or `__len__` gives."""
    method = method_of(value, "__bool__", "__len__")
    if method is None:
        return value
    found = operators.call(method)
    if method.__name__ == "__bool__" and not (
        isinstance(found, bool) or (isinstance(found, Rep) and found.type == BOOL)
    ):
        kind = "numpy.bool" if isinstance(found, Rep) else type(found).__name__
        raise TypeError(f"__bool__ should return bool, returned {kind}")
    return found


def compared(operators: StagingOperators, symbol: str, left: object, right: object) -> object:
    """Return `left symbol right` where one of them has the user's methods for it; else NotImplemented."""
    tries = _tries(operators, COMPARING[symbol], REFLECTED[symbol], left, right, _comparing)
    if tries is None:
        return NotImplemented
    for ask in tries:
        found = ask()
        if found is not NotImplemented:
            return found
    if symbol in ("==", "!="):
        return (left is right) == (symbol == "==")
    raise TypeError(
        f"'{symbol}' not supported between instances of '{type(left).__name__}' and '{type(right).__name__}'"
    )


def _comparing(operators: StagingOperators, value: object, name: str) -> Method | None:
    method = method_of(value, name)
    if method is not None:
        return lambda other: operators.call(method, other)
    equal = method_of(value, "__eq__") if name == "__ne__" and type(value).__ne__ is object.__ne__ else None
    if equal is None:
        return None

    def differs(other: object) -> object:
        found = operators.call(equal, other)
        return found if found is NotImplemented else operators.not_(found)

    return differs


def binary(operators: StagingOperators, symbol: str, left: object, right: object) -> object:
    """Return `left symbol right`, by the user's methods where one of them has such."""
    word = _WORDS[symbol]
    tries = _tries(operators, f"__{word}__", f"__r{word}__", left, right, _calling)
    for ask in tries or ():
        found = ask()
        if found is not NotImplemented:
            return found
    if tries is None:
        return BINARY[symbol](left, right)
    raise TypeError(f"unsupported operand type(s) for {symbol}: '{type(left).__name__}' and '{type(right).__name__}'")


def in_place(operators: StagingOperators, symbol: str, target: object, value: object) -> object:
    """Return what the user's method for `target symbol= value` gives, or for the operator; else NotImplemented."""
    word = _WORDS[symbol]
    method = method_of(target, f"__i{word}__")
    found = NotImplemented if method is None else operators.call(method, value)
    if found is not NotImplemented:
        return found
    if method_of(target, f"__{word}__") is None and method_of(value, f"__r{word}__") is None:
        return NotImplemented
    return binary(operators, symbol, target, value)


def _calling(operators: StagingOperators, value: object, name: str) -> Method | None:
    method = method_of(value, name)
    return None if method is None else lambda other: operators.call(method, other)


def _tries(
    operators: StagingOperators,
    name: str,
    reflected: str,
    left: object,
    right: object,
    of: Callable[[StagingOperators, object, str], Method | None],
) -> list[Callable[[], object]] | None:
    """Return what Python asks for an operation, in its order; None where nothing of it is the user's."""
    mine, others = of(operators, left, name), of(operators, right, reflected)
    if mine is None and others is None:
        return None

    def ask(method: Method | None, value: object, name: str, other: object) -> object:
        if method is not None:
            return method(other)
        found = getattr(type(value), name, None)
        # What a sequence does by `+` and `*`, Python asks last, and nothing would come after it.
        return NotImplemented if found is None or isinstance(value, (list, tuple, str)) else found(value, other)

    first = functools.partial(ask, mine, left, name, right)
    second = functools.partial(ask, others, right, reflected, left)
    if type(left) is type(right) and name not in COMPARING.values():
        return [first]
    derived = type(right) is not type(left) and isinstance(right, type(left))
    return [second, first] if derived and others is not None else [first, second]


def contains(operators: StagingOperators, item: object, container: object) -> object:
    """Return what the user's `__contains__` of a container says of an item; NotImplemented where there is none."""
    method = method_of(container, "__contains__")
    return NotImplemented if method is None else operators.truth(operators.call(method, item))


def walked(operators: StagingOperators, value: Any) -> Any:
    """Return what a loop walks: what the user's `__iter__` gives, whose steps are the user's `__next__`."""
    method = method_of(value, "__iter__")
    found = value if method is None else operators.call(method)
    step = method_of(found, "__next__")
    return found if step is None else _steps(operators, step)


def walked_by(operators: StagingOperators, function: Any, args: tuple[object, ...]) -> tuple[object, ...]:
    """Return the arguments of a built-in function, those that it walks as what it walks."""
    if function not in WALKING or (function in (min, max) and len(args) > 1):
        return args
    for one in args if function in MEASURING else ():
        length = method_of(one, "__len__")
        if length is not None:
            operators.call(length)
    return tuple(walked(operators, one) for one in args)


def _steps(operators: StagingOperators, step: MethodType) -> Iterator[object]:
    while True:
        try:
            yield operators.call(step)
        except StopIteration:
            return


def of_items(operators: StagingOperators, function: object, args: tuple[Any, ...], kwargs: dict[str, Any]) -> object:
    """Return what `sum` or `sorted` gives of a list of the user's objects, by their methods; else NotImplemented."""
    # A list whose length depends on data holds numbers and arrays.
    items = args[0] if args and isinstance(args[0], (list, tuple)) and value_of(args[0]) is None else ()
    if function is sum and any(method_of(one, "__add__", "__radd__") for one in items):
        start = args[1] if len(args) > 1 else kwargs.get("start", 0)
        return functools.reduce(lambda total, one: binary(operators, "+", total, one), items, start)
    order = kwargs.get("key")
    if function is sorted and items and (order is not None or any(method_of(one, "__lt__", "__gt__") for one in items)):
        keys = [one if order is None else operators.call(order, one) for one in items]
        has_methods = any(method_of(one, "__lt__", "__gt__") for one in keys)
        given = iter([_Ordered(operators, one) for one in keys] if has_methods else keys)
        found = in_order(list(items), lambda _: next(given), bool(kwargs.get("reverse", False)), "sorted()")
        return operators.list_(found)
    return NotImplemented


class _Ordered:
    """An object of the user's that `sorted` compares by the user's method."""

    def __init__(self, operators: StagingOperators, value: object) -> None:
        self.operators, self.value = operators, value

    def __lt__(self, other: _Ordered) -> bool:
        flag = self.operators.truth(self.operators.compare("<", self.value, other.value))
        if isinstance(flag, Rep):
            refuse(
                "sorted() by what the next stage says of its items; sort an array of numbers with np.sort, or take "
                "rows by np.argsort",
                code="SNK0204",
            )
        return flag


def of_builtin(operators: StagingOperators, function: object, args: tuple[object, ...]) -> tuple[object, ...] | None:
    """Return what a built-in function gives of an object of the user's, in a tuple; None where it asks no method."""
    if len(args) != 1 or function not in OF_BUILTIN:
        return None
    method = method_of(args[0], *OF_BUILTIN[function])
    return None if method is None else (operators.call(method),)


def made(operators: StagingOperators, kind: Any, args: tuple[object, ...], kwargs: dict[str, object]) -> object:
    """Return a new object of a class whose `__init__` or `__post_init__` is the user's; NotImplemented for others."""
    if type(kind).__call__ is not type.__call__ or not isinstance(kind.__new__, BuiltinFunctionType):
        return NotImplemented
    init, after = kind.__init__, getattr(kind, "__post_init__", None)
    own = is_users_function(init)
    if not own and not (type(init) is FunctionType and is_users_function(after) and kind.__dictoffset__):
        return NotImplemented
    new = made_here(kind.__new__(kind) if kind.__new__ is object.__new__ else kind.__new__(kind, *args, **kwargs))
    if own:
        given: object = operators.call(MethodType(init, new), *args, **kwargs)
        if given is not None:
            raise TypeError(f"__init__() should return None, not '{type(given).__name__}'")
        if isinstance(new, BaseException) and not kwargs:
            note_made(new, args)
        return new
    # What `dataclass` has written calls this of the object.
    vars(new)["__post_init__"] = functools.partial(operators.call, MethodType(after, new))  # type: ignore[arg-type]
    try:
        init(new, *args, **kwargs)
    finally:
        vars(new).pop("__post_init__", None)
    return new
