"""Operators for programs with classes of the user's: their operators, items and properties are staged code too."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from types import MethodType
from typing import Any

import numpy as np

from snek_core_transform.value_operators import UNARY
from snek_strategies.staging.operands import has_rep
from snek_strategies.staging.operators import StagingOperators
from snek_strategies.staging.protocols import (
    OF_OBJECTS,
    binary,
    is_users_function,
    may_have_methods,
    method_of,
)
from snek_strategies.staging.pytrees import steps
from snek_strategies.staging.regions import WATCHES
from snek_strategies.staging.rep import constant
from snek_strategies.staging.users_classes import MADE_IN_PYTHON

_UNARY = {"-": "__neg__", "+": "__pos__", "~": "__invert__"}


class ObjectOperators(StagingOperators):
    """`StagingOperators` that call the user's special methods and properties where Python would.

    Every attribute and every sum is an operator call here, which makes staging a tenth slower: only programs that know
    such a class are staged with these.
    """

    groups = StagingOperators.groups | {"arithmetic", "attribute", "subscript"}

    def binary(self, symbol: str, left: object, right: object) -> object:
        if may_have_methods(left) or may_have_methods(right):
            return binary(self, symbol, left, right)
        return super().binary(symbol, left, right)

    def unary(self, symbol: str, operand: object) -> object:
        method = method_of(operand, _UNARY[symbol])
        return UNARY[symbol](operand) if method is None else self.call(method)

    def getattr_(self, value: Any, attr: str) -> object:
        if not may_have_methods(value) and type(value) is not super:
            return getattr(value, attr)
        give = _getter(self, value, attr)
        if give is not None:
            return give()
        missing = method_of(value, "__getattr__")
        if missing is None:
            return getattr(value, attr)
        try:
            return object.__getattribute__(value, attr)
        except AttributeError:
            return self.call(missing, attr)

    def call(self, function: Any, /, *args: Any, **kwargs: object) -> object:
        if function is getattr and len(args) == 2 and isinstance(args[1], str):
            return self.getattr_(*args)
        if function is setattr and len(args) == 3 and isinstance(args[1], str):
            self.setattr_(*args)
            return None
        return super().call(function, *args, **kwargs)

    def setattr_(self, target: Any, attr: str, value: object) -> None:
        store = _setter(target, attr) if may_have_methods(target) else None
        if store is None:
            setattr(target, attr, value)
        else:
            self.call(store, value)

    def getitem(self, value: Any, index: object) -> object:
        method = method_of(value, "__getitem__")
        return value[index] if method is None else self.call(method, index)

    def setitem(self, target: Any, index: object, value: object) -> None:
        method = method_of(target, "__setitem__")
        if method is not None:
            self.call(method, index, value)
        elif isinstance(target, np.ndarray) and has_rep((index, value)):
            # What refuses it says so.
            constant(target)[index] = value
        else:
            target[index] = value

    def delitem(self, target: Any, index: object) -> None:
        method = method_of(target, "__delitem__")
        if method is None:
            del target[index]
        else:
            self.call(method, index)


def _getter(operators: StagingOperators, value: Any, attr: str) -> Callable[[], object] | None:
    """Return what gives an attribute by the user's code, a property's or a descriptor's; None where Python does."""
    found = _class_attribute(value, attr)
    owner: Any = value
    if isinstance(value, super):
        owner = value.__self__  # type: ignore[attr-defined]
    if isinstance(found, property):
        return _call(operators, found.fget, owner)
    if isinstance(found, functools.cached_property) and is_users_function(found.func):
        return lambda: _kept(operators, owner, attr, found.func)
    get = method_of(found, "__get__")
    if get is None or (attr in getattr(owner, "__dict__", ()) and not hasattr(type(found), "__set__")):
        return None
    return lambda: operators.call(get, owner, type(owner))


def _call(operators: StagingOperators, function: Any, owner: object) -> Callable[[], object] | None:
    return (lambda: operators.call(MethodType(function, owner))) if is_users_function(function) else None


def _kept(operators: StagingOperators, owner: Any, attr: str, function: Any) -> object:
    if attr not in vars(owner):
        vars(owner)[attr] = operators.call(MethodType(function, owner))
    return vars(owner)[attr]


def _setter(target: Any, attr: str) -> Callable[..., object] | None:
    """Return the user's code that takes a store of an attribute, but for its value; None where Python stores."""
    whole = method_of(target, "__setattr__")
    if whole is not None:
        return functools.partial(whole, attr)
    found = _class_attribute(target, attr)
    if isinstance(found, property):
        return MethodType(found.fset, target) if is_users_function(found.fset) else None  # type: ignore[arg-type]
    store = method_of(found, "__set__")
    return None if store is None else functools.partial(store, target)


def _class_attribute(value: Any, attr: str) -> object:
    """Return what the class of an object holds under a name; of `super()`, what the classes behind its own hold."""
    order = type(value).__mro__
    if type(value) is super:
        bound: Any = value
        order = bound.__self_class__.__mro__
        order = order[order.index(bound.__thisclass__) + 1 :]
    return next((vars(one)[attr] for one in order if attr in vars(one)), None)


def call_program(
    operators: StagingOperators, function: Callable[..., object], args: tuple[object, ...], kwargs: dict[str, object]
) -> object:
    """Call the function that is being staged, by the operators that its staging needs.

    It takes those for objects where it knows a class whose operators, items or attributes are the user's code: from
    outside, for those of a class that it makes itself are virtualized with it.
    """
    if not isinstance(operators, ObjectOperators):
        outside = {one for one, _ in WATCHES.get()[0].seen.values() if isinstance(one, type)}
        if any(map(_has_methods, outside.union(_classes((args, kwargs), set())))):
            operators = operators.for_objects
    return operators.call(function, *args, **kwargs)


def _classes(value: object, seen: set[int]) -> Iterator[type]:
    """Walk the classes of arguments and of what they hold; an object may hold itself."""
    if id(value) in seen:
        return
    seen.add(id(value))
    yield type(value)
    for _, one in steps(value):
        yield from _classes(one, seen)


def _has_methods(kind: type) -> bool:
    return any(
        (name in OF_OBJECTS and is_users_function(held)) or _is_users_descriptor(held)
        for one in kind.__mro__[:-1]
        if one.__flags__ & MADE_IN_PYTHON
        for name, held in vars(one).items()
    )


def _is_users_descriptor(held: object) -> bool:
    if isinstance(held, property):
        return is_users_function(held.fget) or is_users_function(held.fset)
    if isinstance(held, functools.cached_property):
        return is_users_function(held.func)
    return method_of(held, "__get__", "__set__") is not None
