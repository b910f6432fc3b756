"""Values that are None on some paths: a flag tells in the next stage whether there is a value.

Such a value goes wherever any value goes. What is done to it is done to the value, or to None where there is none, and
that raises what Python raises.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from snek_strategies.ir.types import Array, Scalar, Tensor, concrete
from snek_strategies.staging.facts import known, note
from snek_strategies.staging.rep import BINARY, COMPARING, Rep, emit, lift
from snek_strategies.staging.tensors import tensor_of

NUMBERS = {"bool": True, "int": 1, "float": 1.0, "complex": 1j}
"""A number of each kind."""

Operation = Callable[..., object]


@dataclass(frozen=True, eq=False, repr=False)
class Maybe:
    """Stands in a variable for a value where the flag holds, and for None elsewhere.

    Its own attributes have names that no user gives an attribute.
    """

    snek_flag: object
    snek_value: object

    def __repr__(self) -> str:
        return f"<{self.snek_value!r}, or None>"

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        return apply(lambda value: getattr(value, name), self)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: object, **kwargs: object) -> object:
        return apply(lambda *values: getattr(ufunc, method)(*values, **kwargs), *inputs)

    def __array_function__(
        self, function: Operation, types: object, args: tuple[object, ...], kwargs: dict[str, object]
    ) -> object:
        return apply(lambda *values: function(*values, **kwargs), *args)

    def __iter__(self) -> Iterator[object]:
        return iter(required(self, iter))  # type: ignore[call-overload, no-any-return]


def _method(operation: Operation, backwards: bool = False) -> Operation:
    def method(self: Maybe, *others: object) -> object:
        if backwards:
            return apply(lambda value, other: operation(other, value), self, *others)
        return apply(operation, self, *others)

    return method


_NAMED = {name: getattr(operator, f"{name}_" if name in ("and", "or") else name) for name in (*BINARY, "pow")}
for _name, _operation in _NAMED.items():
    setattr(Maybe, f"__{_name}__", _method(_operation))
    setattr(Maybe, f"__r{_name}__", _method(_operation, backwards=True))
for _name in (*COMPARING, "neg", "pos", "abs", "invert", "getitem", "setitem"):
    setattr(Maybe, f"__{_name}__", _method(getattr(operator, _name)))
Maybe.__setattr__ = lambda self, name, value: apply(lambda one: setattr(one, name, value), self)  # type: ignore[method-assign, assignment]
Maybe.__call__ = _method(lambda value, *args: value(*args))  # type: ignore[method-assign]
Maybe.__hash__ = _method(hash)  # type: ignore[method-assign, assignment]
Maybe.__len__ = _method(len)  # type: ignore[attr-defined]


def resolved(value: object) -> object:
    """Return a value, or None, where a test around the point being staged tells which it is."""
    while isinstance(value, Maybe):
        there = known(lift(value.snek_flag))
        if there is None:
            return value
        value = value.snek_value if there else None
    return value


def is_there(value: object) -> object:
    """Return whether a value is not None: now, or in the next stage."""
    value = resolved(value)
    return value.snek_flag if isinstance(value, Maybe) else value is not None


def required(value: Maybe, operation: Operation) -> object:
    """Return the value; where there is none, what `operation` raises for None is raised."""
    error = raised_by(operation, (None,))
    assert error is not None, "an operation that takes None needs no value"
    _raise_where_none(value, error)
    return resolved(value.snek_value)


def apply(operation: Operation, *args: object) -> object:
    """Return what an operation gives for arguments that are None where data decide."""
    args = tuple(map(resolved, args))
    at = [position for position, one in enumerate(args) if isinstance(one, Maybe)]
    if len(at) == 1:
        maybe = args[at[0]]
        assert isinstance(maybe, Maybe)
        error = raised_by(operation, (*args[: at[0]], None, *args[at[0] + 1 :]))
        if error is not None:
            _raise_where_none(maybe, error)
            return operation(*map(resolved, args))
    return each_way(lambda *given: _with_none(operation, given), *args)


def each_way(operation: Operation, *args: object) -> object:
    """Stage an operation for each choice of which arguments are None."""
    from snek_strategies.staging.branches import stage_if

    args = tuple(map(resolved, args))
    maybe = next((one for one in args if isinstance(one, Maybe)), None)
    if maybe is None:
        return operation(*args)
    # On either side the flag is known, and the argument with it.
    (result,) = stage_if(
        Rep(lift(maybe.snek_flag)),
        lambda: (each_way(operation, *args),),
        lambda: (each_way(operation, *args),),
        ("<value or None>",),
    )
    return result


def _with_none(operation: Operation, args: tuple[object, ...]) -> object:
    from snek_strategies.staging.raises import Diverged, stage_raise

    if all(one is not None for one in args):
        return operation(*args)
    error = raised_by(operation, args)
    if error is not None:
        stage_raise(error)
        raise Diverged
    if operation in (operator.eq, operator.ne):
        # Of None and an array NumPy makes an array.
        return operation(*map(example, args))
    return operation(*args)


def raised_by(operation: Operation, args: tuple[object, ...]) -> Exception | None:
    """Return what Python raises for arguments like these, or None."""
    try:
        operation(*map(example, args))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what is asked for
        return error.with_traceback(None)
    return None


def _raise_where_none(maybe: Maybe, error: Exception) -> None:
    from snek_strategies.staging.raised_by_operations import leave_where

    leave_where(emit("not", maybe.snek_flag), error)
    note(lift(maybe.snek_flag), True)


def example(value: object) -> Any:
    """Return a value of this stage that is like one of the next."""
    if isinstance(value, Maybe):
        return example(value.snek_value)
    if isinstance(value, list):
        return [example(one) for one in list.__iter__(value)]
    if type(value) is tuple:
        return tuple(map(example, value))
    if not isinstance(value, Rep):
        return value
    if isinstance(value.type, Scalar):
        return NUMBERS[value.type.kind]
    assert isinstance(value.type, Array)
    one = value.type.dtype.type(1)
    made = np.broadcast_to(one, concrete(value.type.dims)) if value.type.dims else one
    return tensor_of(made) if isinstance(value.type, Tensor) else made
