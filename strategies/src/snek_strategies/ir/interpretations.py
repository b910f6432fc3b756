"""What each primitive means: one row each, a function over Python scalars and NumPy values."""

from __future__ import annotations

import math
import operator
import sys
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import numpy as np

from snek_strategies.ir.symbols import Symbol
from snek_strategies.ir.types import PYTHON_TYPES, Array, Items, ListOf, Scalar, Tape, Type, concrete

Meaning = Callable[..., object]

PYTHON_OF: dict[str, Callable[[int], object]] = {kind: python for python, kind in PYTHON_TYPES.items()}


def _names(text: str) -> list[str]:
    return text.split()


OPERATORS: dict[str, Meaning] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "floor_divide": operator.floordiv,
    "remainder": operator.mod,
    "negative": operator.neg,
    "positive": operator.pos,
    "absolute": abs,
    "invert": operator.inv,
    "bitwise_and": operator.and_,
    "bitwise_or": operator.or_,
    "bitwise_xor": operator.xor,
    "left_shift": operator.lshift,
    "right_shift": operator.rshift,
    "less": operator.lt,
    "less_equal": operator.le,
    "equal": operator.eq,
    "not_equal": operator.ne,
    "greater": operator.gt,
    "greater_equal": operator.ge,
}
"""Primitives with an operator of Python's: on two Python scalars they are Python's, on anything else NumPy's."""

FUNCTIONS: dict[str, Meaning] = {
    name: getattr(np, name)
    for name in _names(
        "exp exp2 expm1 log log2 log10 log1p sqrt cbrt square reciprocal sign fabs sin cos tan arcsin arccos arctan "
        "sinh cosh tanh arcsinh arccosh arctanh floor ceil trunc rint isnan isinf isfinite signbit conjugate "
        "maximum minimum fmax fmin arctan2 hypot logaddexp logaddexp2 copysign nextafter fmod "
        "logical_and logical_or logical_xor logical_not"
    )
}
"""Elementwise primitives that are a NumPy function; a Python scalar becomes a NumPy one on the way."""

REDUCTIONS: dict[str, Meaning] = {
    name: getattr(np, name) for name in _names("sum prod mean max min any all argmax argmin std var count_nonzero")
}
"""Reductions take one array and `axis`, `keepdims`, and what their NumPy function takes besides."""

STRUCTURAL: dict[str, Meaning] = {
    name: getattr(np, name)
    for name in _names(
        "reshape transpose expand_dims squeeze broadcast_to flip roll tile repeat take take_along_axis cumsum cumprod "
        "diff tril triu trace diagonal sort argsort clip outer dot tensordot vdot swapaxes moveaxis ravel searchsorted "
        "round real imag matrix_transpose cumulative_sum cumulative_prod vecdot"
    )
}
"""Array functions whose result shape follows from the operands' shapes and the parameters."""


LINEAR: dict[str, Meaning] = {
    name: getattr(np.linalg, name) for name in _names("cholesky det slogdet inv solve qr svd svdvals eigh eigvalsh")
}
"""Linear algebra over stacks of matrices; some have several results."""


def power(base: Any, exponent: Any) -> object:
    """Answer `base ** exponent`; a float that would become complex (Python's rule for scalars) is refused."""
    result: object = base**exponent
    if type(result) is complex and type(base) is not complex and type(exponent) is not complex:
        raise ValueError(f"negative number to a fractional power: {base!r} ** {exponent!r}; use np.power or cmath")
    if type(result) is float and type(base) is int and type(exponent) is int:
        raise ValueError(f"integer to a negative power: {base!r} ** {exponent!r}; make the base a float")
    return result


def asarray(value: object) -> object:
    """Turn a Python scalar into the NumPy scalar that NumPy makes of it; NumPy values stay."""
    if isinstance(value, (np.ndarray, np.generic)):
        return value
    made = np.asarray(value)[()]
    if isinstance(made, int):
        # NumPy would keep it as an object, which no array of numbers holds.
        raise OverflowError("Python int too large to convert to C long")
    return made


def astype(value: object, *, dtype: str) -> object:
    """Convert to a dtype, always to a new value."""
    return np.asarray(value).astype(dtype)[()]


def getitem(array: Any, *dynamic: object, index: tuple[object, ...]) -> object:
    """Index an array; `Hole` stands in `index` for the next dynamic operand."""
    values = iter(dynamic)
    return array[tuple(next(values) if part is HOLE else part for part in index)]


def setitem(array: Any, value: object, *dynamic: object, index: tuple[object, ...]) -> object:
    """Return a copy of the array with the elements at the index replaced, cast to its dtype as a store casts them."""
    values = iter(dynamic)
    made = array.copy()
    made[tuple(next(values) if part is HOLE else part for part in index)] = value
    return made


def additem(array: Any, value: Any, *dynamic: object, index: tuple[object, ...]) -> object:
    """Return a copy of the array with `value` added to the elements at the index; what an index repeats adds up."""
    values = iter(dynamic)
    made = array.copy()
    at: Any = tuple(next(values) if part is HOLE else part for part in index)
    np.add.at(made, at, value)
    return made


def extent(array: Any, *, axis: int) -> int:
    """Return the length of an axis."""
    return int(array.shape[axis])


def reshape(array: Any, *extents: int, shape: Any, order: Any = "C") -> object:
    """Return the elements in another shape; the numbers of its symbols follow the array."""
    return np.reshape(array, with_numbers(shape, extents), order=order)


def broadcast_to(array: Any, *extents: int, shape: Any) -> object:
    """Return the array widened to a shape; the numbers of its symbols follow the array."""
    return np.broadcast_to(array, with_numbers(shape, extents))


def with_numbers(shape: Any, extents: tuple[int, ...]) -> Any:
    """Return a shape with numbers in place of its symbols."""
    if not extents:
        return shape
    numbers = iter(extents)
    return tuple(next(numbers) if isinstance(dim, Symbol) else dim for dim in shape)


Row = tuple[object, ...]


def tape_new() -> tuple[()]:
    """Return the empty tape."""
    return ()


def tape_push(tape: Row, *values: object) -> Row:
    """Return the tape with one row on top."""
    return (values, tape)


def tape_pop(tape: Any, *extents: int, types: tuple[Type, ...]) -> Row:
    """Return the tape without its top row, and that row's values; the empty tape holds rows of zeros without end.

    The numbers of the symbols in `types` follow the tape.
    """
    if not tape:
        numbers = iter(extents)
        return ((), *(zero(_sized(one, numbers)) for one in types))
    values, below = tape
    assert len(values) == len(types), f"a row of {len(values)} values is popped as one of {len(types)}"
    return (below, *values)


def tape_product(tape: Any, *, types: tuple[Array]) -> np.ndarray:
    """Return the sum of the gathered products: each row's left matrix turned round, times its right one."""
    made = np.zeros(concrete(types[0].dims), types[0].dtype)
    while tape:
        (left, right), tape = tape
        made += left.T @ right
    return made


def _sized(type_: Type, numbers: Iterator[int]) -> Type:
    if not isinstance(type_, Array):
        return type_
    return Array(type_.dtype, tuple(next(numbers) if isinstance(dim, Symbol) else dim for dim in type_.dims))


def list_new(*, item: Scalar | Array) -> Items:
    """Return the empty list."""
    return Items(item, [], 0)


def list_append(items: Items, value: object) -> Items:
    """Return the list with one more item."""
    return items.appended(value)


def list_pop(items: Items) -> tuple[object, ...]:
    """Return the list without its last item, and that item."""
    return items.popped()


def list_get(items: Items, index: Any) -> object:
    """Return an item; a negative index counts from the end."""
    return items[index]


def list_set(items: Items, index: Any, value: object) -> Items:
    """Return the list with another item there."""
    return items.replaced(index, value)


def list_len(items: Items) -> int:
    """Return the number of items."""
    return len(items)


def zero(type_: Type) -> object:
    """Return the zero of a type: what adds nothing."""
    if isinstance(type_, Scalar):
        return PYTHON_OF[type_.kind](0)
    if isinstance(type_, Array):
        return np.broadcast_to(type_.dtype.type(0), concrete(type_.dims)) if type_.dims else type_.dtype.type(0)
    if isinstance(type_, ListOf):
        return Items(type_.item, [], 0)
    assert isinstance(type_, Tape), f"{type_} has no zero"
    return ()


class Hole:
    """Stands in an index for a value known only in the next stage."""

    def __repr__(self) -> str:
        return "_"


HOLE = Hole()


def item(value: np.ndarray | np.generic) -> object:
    """Return the one element as a Python scalar."""
    return value.item()


def require(flag: object, *, name: str) -> tuple[()]:
    """Raise UnboundLocalError, as Python does, unless the variable has been bound."""
    if not flag:
        raise UnboundLocalError(f"cannot access local variable {name!r} where it is not associated with a value")
    return ()


Piece = str | tuple[str | None, str]
"""A part of a text: itself, or the conversion (`s`, `r`, `a` or none) and format of the next dynamic operand."""


@dataclass(frozen=True)
class Text:
    """Stands among arguments for a text with dynamic operands in it."""

    pieces: tuple[Piece, ...]


CONVERTING: dict[str, Callable[[object], str]] = {"s": str, "r": repr, "a": ascii}


def text(pieces: tuple[Piece, ...], values: Iterator[object]) -> str:
    """Return the text of its pieces, as an f-string makes it."""
    return "".join(one if isinstance(one, str) else _formatted(next(values), *one) for one in pieces)


def _formatted(value: object, conversion: str | None, spec: str) -> str:
    return format(CONVERTING[conversion](value) if conversion else value, spec)


def filled(arguments: tuple[object, ...], values: Iterator[object]) -> tuple[object, ...]:
    """Return arguments with their holes and texts filled."""
    return tuple(
        next(values) if one is HOLE else text(one.pieces, values) if isinstance(one, Text) else one for one in arguments
    )


HANDLED = "handled"
"""As the cause of a `raise`: the exception that is being handled there."""


def raise_(
    *dynamic: object,
    exception: type[BaseException],
    arguments: tuple[object, ...],
    cause: tuple[type[BaseException], tuple[object, ...]] | str | None = None,
) -> tuple[()]:
    """Raise an exception of that class, made of `arguments`; a `Hole` stands for the next dynamic operand.

    `cause` is the class and the arguments of the one that it is raised from; the interpreter sets the one HANDLED.
    """
    values = iter(dynamic)
    error = exception(*filled(arguments, values))
    if isinstance(cause, tuple):
        raise error from cause[0](*filled(cause[1], values))
    raise error


FOLLOWED = "followed"
"""The stream of values that a program shows to whoever follows it, as they are, and not as text."""
FOLLOWER: ContextVar[Callable[[tuple[tuple[Piece, ...], ...], tuple[object, ...]], None]] = ContextVar("snek_follower")
"""Takes what a program shows on the stream FOLLOWED."""


def print_(*dynamic: object, texts: tuple[tuple[Piece, ...], ...], sep: str, end: str, stream: str) -> tuple[()]:
    """Write texts to `sys.stdout` or `sys.stderr`, as `print` does; what is FOLLOWED goes to who follows."""
    if stream == FOLLOWED:
        FOLLOWER.get()(texts, dynamic)
        return ()
    values = iter(dynamic)
    getattr(sys, stream).write(sep.join(text(pieces, values) for pieces in texts) + end)
    return ()


def math_function(*values: object, function: str) -> object:
    """Call the function of that name of the module `math`."""
    return getattr(math, function)(*values)


def concatenate(*arrays: object, axis: int | None) -> object:
    """Join arrays along an axis."""
    return np.concatenate(arrays, axis=axis)  # type: ignore[arg-type]


def stack(*arrays: object, axis: int) -> object:
    """Join arrays along a new axis."""
    return np.stack(arrays, axis=axis)  # type: ignore[arg-type]


def copy(value: object) -> object:
    """Return a new array of the same elements."""
    return np.array(value)[()]


CONVERSIONS: dict[str, Meaning] = {"bool": bool, "int": int, "float": float, "not": operator.not_}
"""To Python scalars: the truth of a value, `int()`, `float()`, `not`."""

INTERPRETATIONS: dict[str, Meaning] = {
    **OPERATORS,
    **FUNCTIONS,
    **REDUCTIONS,
    **STRUCTURAL,
    **LINEAR,
    **CONVERSIONS,
    "extent": extent,
    "reshape": reshape,
    "broadcast_to": broadcast_to,
    "power": power,
    "matmul": operator.matmul,
    "where": np.where,
    "asarray": asarray,
    "astype": astype,
    "copy": copy,
    "getitem": getitem,
    "setitem": setitem,
    "additem": additem,
    "concatenate": concatenate,
    "stack": stack,
    "item": item,
    "require": require,
    "raise": raise_,
    "print": print_,
    "math": math_function,
    "list_new": list_new,
    "list_append": list_append,
    "list_pop": list_pop,
    "list_get": list_get,
    "list_set": list_set,
    "list_len": list_len,
    "tape_new": tape_new,
    "tape_push": tape_push,
    "tape_pop": tape_pop,
    "tape_gather": tape_push,
    "tape_product": tape_product,
}
"""Every primitive without blocks; `if`, `while`, `function` and `call` are the interpreter's own."""
