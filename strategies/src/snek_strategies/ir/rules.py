"""What each primitive accepts and gives: one row each, from operand types and parameters to result types.

Dtypes are never computed here: NumPy itself is asked, on values of one element, so that its promotion (NEP 50) holds
by construction.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from snek_strategies.ir import interpretations as meaning
from snek_strategies.ir.shape_rules import (
    Rule,
    additem,
    ask,
    by_example,
    concatenate,
    dims_of,
    example,
    extent,
    getitem,
    setitem,
    shaped,
    stack,
)
from snek_strategies.ir.symbolic_rules import UNIFORM, Dims, reshaped, widened
from snek_strategies.ir.symbols import Symbol, as_shape, symbols_in
from snek_strategies.ir.syntax import Atom, Const
from snek_strategies.ir.types import (
    BOOL,
    INT,
    TAPE,
    Array,
    Fn,
    ListOf,
    Scalar,
    Type,
    broadcast,
    concrete,
    type_of,
)

INTEGER_MATH = frozenset({"floor", "ceil", "trunc", "gcd", "lcm", "comb", "perm", "factorial", "isqrt"})
BOOLEAN_MATH = frozenset({"isnan", "isinf", "isfinite", "isclose"})


def _elementwise(function: Callable[..., object]) -> Rule:
    def rule(*types: Type) -> tuple[Type, ...]:
        result = type_of(ask(function, *map(example, types)))
        return (Array(result.dtype, broadcast(tuple(map(dims_of, types)))) if isinstance(result, Array) else result,)

    return rule


def _reduction(function: Callable[..., object]) -> Rule:
    def rule(operand: Type, *, axis: object = None, keepdims: bool = False, **rest: object) -> tuple[Type, ...]:
        dims = dims_of(operand)
        result = type_of(ask(function, example(operand), axis=axis, keepdims=keepdims, **rest))
        assert isinstance(result, Array)
        axes = _axes(axis, len(dims))
        kept = tuple(1 if at in axes else dim for at, dim in enumerate(dims) if keepdims or at not in axes)
        return (Array(result.dtype, kept),)

    return rule


def _axes(axis: object, rank: int) -> frozenset[int]:
    if axis is None:
        return frozenset(range(rank))
    chosen = axis if isinstance(axis, tuple) else (axis,)
    return frozenset(int(one) % rank for one in chosen)


def _tape(*types: Type) -> None:
    if types[:1] != (TAPE,) or any(isinstance(one, Fn) for one in types):
        raise TypeError("a tape first, then numbers and arrays")


def _tape_push(*types: Type) -> tuple[Type, ...]:
    _tape(*types)
    return (TAPE,)


def _tape_pop(tape: Type, *extents: Type, types: tuple[Type, ...]) -> tuple[Type, ...]:
    _tape(tape, *types)
    if extents != (Scalar("int"),) * len(_symbols({"types": types})):
        raise TypeError(f"the symbols of ({', '.join(map(str, types))}) need their numbers")
    return (TAPE, *types)


def _tape_gather(*operands: Type) -> tuple[Type, ...]:
    _tape(*operands)
    _, left, right = operands
    both = isinstance(left, Array) and isinstance(right, Array) and left.dtype == right.dtype and left.dtype.kind == "f"
    if not both or len(left.dims) != 2 or len(right.dims) != 2 or left.dims[0] != right.dims[0]:  # type: ignore[union-attr]
        raise TypeError(f"{left} and {right} have no product; give matrices of floats with as many rows")
    return (TAPE,)


def _tape_product(*operands: Type, types: tuple[Array]) -> tuple[Type, ...]:
    if operands != (TAPE,) or [len(one.dims) for one in types] != [2]:
        raise TypeError("a tape, and the type of a matrix")
    return types


def _list(given: Type) -> Scalar | Array:
    if not isinstance(given, ListOf):
        raise TypeError(f"{given} is no list")
    return given.item


def _list_append(given: Type, value: Type) -> tuple[Type, ...]:
    if value != _list(given):
        raise TypeError(f"{value} cannot be an item of a {given}; give its items one type")
    return (given,)


def _index(index: Type) -> None:
    whole = index == Scalar("int") or (isinstance(index, Array) and not index.dims and index.dtype.kind in "iu")
    if not whole:
        raise TypeError(f"list indices must be integers, not {index}")


def _list_get(given: Type, index: Type) -> tuple[Type, ...]:
    _index(index)
    return (_list(given),)


def _list_set(given: Type, index: Type, value: Type) -> tuple[Type, ...]:
    _index(index)
    return _list_append(given, value)


def _list_len(given: Type) -> tuple[Type, ...]:
    _list(given)
    return (Scalar("int"),)


def _matmul(left: Type, right: Type) -> tuple[Type, ...]:
    a, b = dims_of(left), dims_of(right)
    if not a or not b:
        raise ValueError(f"matmul needs arrays of rank 1 or more: {left} @ {right}")
    inner = b[-2] if len(b) > 1 else b[0]
    if a[-1] != inner:
        raise ValueError(f"matmul: extents differ: {left} @ {right}")
    result = type_of(ask(np.matmul, example(left), example(right)))
    assert isinstance(result, Array)
    batch = broadcast((a[:-2], b[:-2]))
    return (Array(result.dtype, batch + (a[-2:-1] if len(a) > 1 else ()) + (b[-1:] if len(b) > 1 else ())),)


def _linear(name: str) -> Rule:
    def rule(*types: Type, **params: object) -> tuple[Type, ...]:
        dims = dims_of(types[0])
        if len(dims) < 2:
            raise ValueError(f"{name} needs matrices: {types[0]} has rank {len(dims)}")
        if name not in ("qr", "svd", "svdvals") and dims[-1] != dims[-2]:
            raise ValueError(f"{name} needs square matrices: {types[0]}")
        small = [np.ones((1, 1), one.dtype) for one in types if isinstance(one, Array)]
        made = ask(meaning.LINEAR[name], *small, **params)
        dtypes = [one.dtype for one in (made if isinstance(made, tuple) else (made,))]
        shapes = LINEAR_SHAPES[name](*map(dims_of, types), **params)
        return tuple(Array(dtype, shape) for dtype, shape in zip(dtypes, shapes, strict=True))

    return rule


def _qr(a: Dims, *, mode: str = "reduced") -> tuple[Dims, ...]:
    rows, columns = concrete(a[-2:])
    if mode not in ("reduced", "complete"):
        raise ValueError(f"qr with mode {mode!r}; there is reduced and complete")
    inner = min(rows, columns) if mode == "reduced" else rows
    return (*a[:-1], inner), (*a[:-2], inner, columns)


def _svd(a: Dims, *, full_matrices: bool = True) -> tuple[Dims, ...]:
    rows, columns = concrete(a[-2:])
    inner = min(rows, columns)
    left, right = (rows, columns) if full_matrices else (inner, inner)
    return (*a[:-1], left), (*a[:-2], inner), (*a[:-2], right, columns)


def _solve(a: Dims, b: Dims) -> tuple[Dims, ...]:
    rows = b[-1:] if len(b) == 1 else b[-2:-1]
    if rows != a[-1:]:
        raise ValueError(f"solve: extents differ: {a} and {b}")
    return ((*a[:-1],) if len(b) == 1 else (*broadcast((a[:-2], b[:-2])), *b[-2:]),)


LINEAR_SHAPES: dict[str, Callable[..., tuple[Dims, ...]]] = {
    "cholesky": lambda a, upper=False: (a,),  # noqa: ARG005 - either triangle has the matrix's shape
    "det": lambda a: (a[:-2],),
    "slogdet": lambda a: (a[:-2], a[:-2]),
    "inv": lambda a: (a,),
    "solve": _solve,
    "qr": _qr,
    "svd": _svd,
    "svdvals": lambda a: ((*a[:-2], min(concrete(a[-2:]))),),
    "eigh": lambda a, UPLO="L": (a[:-1], a),  # noqa: ARG005, N803 - either triangle has the same values
    "eigvalsh": lambda a, UPLO="L": (a[:-1],),  # noqa: ARG005, N803 - as eigh
}
"""The extents of each result of linear algebra."""


def _conversion(kind: str) -> Rule:
    def rule(operand: Type) -> tuple[Type, ...]:
        if any(dim != 1 for dim in dims_of(operand)) or (kind != "bool" and len(dims_of(operand)) > 0):
            raise ValueError(f"{kind}() of a value of type {operand} is ambiguous; reduce it first (any, all, sum)")
        is_complex = operand == Scalar("complex") or (isinstance(operand, Array) and operand.dtype.kind == "c")
        if kind != "bool" and is_complex:
            raise TypeError(f"{kind}() does not take {operand}; take its real part")
        example(operand)
        return (Scalar(kind),)  # type: ignore[arg-type]

    return rule


def _not(operand: Type) -> tuple[Type, ...]:
    return _conversion("bool")(operand)


def _require(flag: Type, *, name: str) -> tuple[Type, ...]:
    if flag != BOOL:
        raise TypeError(f"require of {name!r} needs a bool, not {flag}")
    return ()


def _math(*types: Type, function: str) -> tuple[Type, ...]:
    for one in types:
        _conversion("float")(one)
    if function in INTEGER_MATH:
        return (Scalar("int"),)
    return (Scalar("bool" if function in BOOLEAN_MATH else "float"),)


def _at_first(function: Callable[..., object]) -> Callable[..., object]:
    """Return a function of an array and an index that takes the first elements: an axis may have no second one."""
    return lambda array, index, **params: function(array, np.zeros_like(index), **params)


RULES: dict[str, Rule] = {
    **{name: _elementwise(function) for name, function in meaning.OPERATORS.items()},
    **{name: _elementwise(function) for name, function in meaning.FUNCTIONS.items()},
    **{name: _reduction(function) for name, function in meaning.REDUCTIONS.items()},
    **{name: by_example(function, name in UNIFORM) for name, function in meaning.STRUCTURAL.items()},
    **{name: by_example(_at_first(meaning.STRUCTURAL[name]), name in UNIFORM) for name in ("take", "take_along_axis")},
    "reshape": shaped("reshape", reshaped),
    "broadcast_to": shaped("broadcast_to", widened),
    "extent": extent,
    **{name: _linear(name) for name in meaning.LINEAR},
    **{name: _conversion(name) for name in ("bool", "int", "float")},
    "not": _not,
    "power": _elementwise(meaning.power),
    "matmul": _matmul,
    "where": _elementwise(np.where),
    "asarray": _elementwise(meaning.asarray),
    "astype": lambda operand, *, dtype: (Array(np.dtype(dtype), dims_of(operand)),),
    "copy": _elementwise(meaning.copy),
    "getitem": getitem,
    "setitem": setitem,
    "additem": additem,
    "concatenate": concatenate,
    "stack": stack,
    "item": lambda operand: (type_of(meaning.item(np.asarray(example(operand)).reshape(()))),),
    "require": _require,
    "raise": lambda *_, exception, arguments, cause=None: (),  # noqa: ARG005 - any value can be what an exception holds
    "print": lambda *_, texts, sep, end, stream: (),  # noqa: ARG005 - any value has a text
    "math": _math,
    "list_new": lambda *, item: (ListOf(item),),
    "list_append": _list_append,
    "list_pop": lambda given: (given, _list(given)),
    "list_get": _list_get,
    "list_set": _list_set,
    "list_len": _list_len,
    "tape_new": lambda: (TAPE,),
    "tape_push": _tape_push,
    "tape_pop": _tape_pop,
    "tape_gather": _tape_gather,
    "tape_product": _tape_product,
}
"""Every primitive without blocks. A row raises TypeError or ValueError where the operands do not fit."""


def results_of(primitive: str, types: tuple[Type, ...], params: dict[str, object]) -> tuple[Type, ...]:
    """Return the types of a primitive's results. Raises TypeError or ValueError where the operands do not fit."""
    return RULES[primitive](*types, **params) if params else _without_params(primitive, types)


@lru_cache(maxsize=4096)
def _without_params(primitive: str, types: tuple[Type, ...]) -> tuple[Type, ...]:
    return RULES[primitive](*types)


_RAISING = "floor_divide remainder divide power getitem setitem additem take int float item require raise math "
_RAISING += "left_shift right_shift cholesky inv solve svd svdvals eigh eigvalsh"
_RAISING += " list_get list_set list_pop"
RAISING = frozenset(_RAISING.split())
"""Primitives that can raise for some values, so that they must not move out of their branch."""


def may_raise(primitive: str, operands: tuple[Type, ...]) -> bool:
    """Tell whether a primitive can raise for some values of these types; NumPy's arithmetic only warns."""
    if primitive == "call":
        return True
    if primitive not in RAISING or primitive == "item":
        return False
    if primitive == "getitem":
        return len(operands) > 1
    if primitive in ("setitem", "additem"):
        return len(operands) > 2
    if primitive in ("floor_divide", "remainder", "divide", "left_shift", "right_shift"):
        return all(isinstance(one, Scalar) for one in operands)
    if primitive == "power":
        # NumPy raises for integers to negative integer powers, in arrays too.
        return all(isinstance(one, Scalar) or _is_whole(one) for one in operands)
    return True


def _is_whole(type_: Type) -> bool:
    return isinstance(type_, Array) and type_.dtype.kind in "biu"


def with_extents(operands: tuple[Atom, ...], params: dict[str, object]) -> tuple[Atom, ...]:
    """Return the operands of a node that is being staged, and the numbers of the symbols in its parameters."""
    return (*operands, *(symbol.extent for symbol in _symbols(params)))  # type: ignore[arg-type]


def _symbols(params: dict[str, object]) -> tuple[Symbol, ...]:
    types: tuple[Type, ...] = params.get("types", ())  # type: ignore[assignment]
    return symbols_in((*as_shape(params.get("shape")), *(dim for one in types for dim in dims_of(one))))


def effects_of(primitive: str, operands: tuple[Atom, ...] | None = None) -> frozenset[str]:
    """Return the effects that a primitive without blocks has: on these operands, or on any."""
    if primitive == "print":
        return frozenset({"print"})
    if primitive == "leave":
        return frozenset({"raise"})
    if operands is None:
        return frozenset({"raise"}) if primitive in RAISING else frozenset()
    raises = primitive == "raise" or may_raise(primitive, tuple(one.type for one in operands))
    return frozenset({"raise"}) if raises or _meets_large_int(primitive, operands) else frozenset()


_LARGE = frozenset({*meaning.OPERATORS, *meaning.FUNCTIONS, "power", "where", "asarray", "clip"})
_ANY_INT = frozenset({"less", "less_equal", "equal", "not_equal", "greater", "greater_equal"})


def _meets_large_int(primitive: str, operands: tuple[Atom, ...]) -> bool:
    """Tell whether a Python int may meet what cannot hold it: a dtype, a float, a function of NumPy's."""
    if primitive not in _LARGE or primitive in _ANY_INT:
        return False
    ints = [one for one in operands if isinstance(one.type, Scalar) and one.type.kind == "int"]
    if not ints or (primitive in meaning.OPERATORS and all(one.type in (INT, BOOL) for one in operands)):
        return False
    whole = [one.type.dtype for one in operands if isinstance(one.type, Array) and one.type.dtype.kind in "iu"]
    bounds = [(int(np.iinfo(one.name).min), int(np.iinfo(one.name).max)) for one in whole] or [(-(2**63), 2**63 - 1)]
    return any(
        not isinstance(one, Const) or any(not low <= one.value <= high for low, high in bounds)  # type: ignore[operator]
        for one in ints
    )
