"""Fewer primitives: what follows from others is written in them, so that a back-end has a row for the core only.

The core is: elementwise primitives, `where`, `astype`, `asarray`, `copy`, conversions, `sum prod max min any all argmax
argmin` over a tuple of axes (one axis for the last two), `cumsum` and `cumprod` along one, `sort` and `argsort` along
the last, `matmul`, `reshape`, `transpose`, `broadcast_to`, `concatenate`, `getitem`, `setitem`, `additem`, `math`,
and linear algebra.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np

from snek_strategies.backends.complex_numbers import complex_row
from snek_strategies.backends.rewriting import Emitter, Names
from snek_strategies.backends.weak_numbers import weak_row
from snek_strategies.backends.whole_numbers import whole_row
from snek_strategies.ir.interpretations import FUNCTIONS, HOLE, INTERPRETATIONS, LINEAR, OPERATORS
from snek_strategies.ir.rules import results_of
from snek_strategies.ir.symbolic_rules import places_of
from snek_strategies.ir.symbols import Symbol, as_shape, symbols_in
from snek_strategies.ir.syntax import Atom, Block, Const, Node, Program, Sym
from snek_strategies.ir.types import INT, Array, Dim, Scalar, concrete

Row = Callable[..., Atom]

_CORE = """
power where astype asarray copy bool int float not item sum prod max min any all argmax argmin cumsum cumprod sort
argsort matmul reshape transpose broadcast_to concatenate getitem setitem additem math real imag require raise
extent tape_new tape_push tape_pop if while function call
"""
CORE = frozenset(OPERATORS) | frozenset(FUNCTIONS) | frozenset(LINEAR) | frozenset(_CORE.split())
"""What may be left after the pass."""


def core_primitives(program: Program) -> Program:
    """Return the program in core primitives; a primitive without a row stays as it is."""
    names = _Names(program.body)
    head: list[Node] = []
    for symbol, (at, axis) in places_of(tuple(sym.type for sym in program.body.parameters)).items():
        names.extents[symbol] = Emitter(names, head)("extent", program.body.parameters[at], axis=axis)
    body = _block(program.body, names)
    return Program(program.name, replace(body, nodes=(*head, *body.nodes)))


class _Names(Names):
    """Fresh names, and those of the numbers of the program's symbols."""

    def __init__(self, block: Block) -> None:
        super().__init__(block)
        self.extents: dict[Symbol, Atom] = {}


class _Emitter(Emitter):
    """Emits shapes with the numbers of their symbols."""

    names: _Names

    def __call__(self, primitive: str, *operands: Atom | object, **params: object) -> Sym:
        symbols = symbols_in(as_shape(params["shape"])) if "shape" in params else ()
        return super().__call__(primitive, *operands, *(self.names.extents[one] for one in symbols), **params)

    def count(self, dims: tuple[Dim, ...], dtype: np.dtype[np.generic], less: float = 0) -> object:
        """Return how many elements arrays of that shape have, and so many less, but not below 0, as a number."""
        known = prod(dim for dim in dims if not isinstance(dim, Symbol))
        symbols = symbols_in(dims)
        if not symbols:
            return dtype.type(max(known - less, 0))
        made: Atom = self("asarray", known)
        for symbol in symbols:
            made = self("multiply", made, self.names.extents[symbol])
        return self("astype", self("maximum", self("subtract", made, less), 0), dtype=dtype.name)


def _block(block: Block, names: _Names) -> Block:
    nodes: list[Node] = []
    renamed: dict[int, Atom] = {}

    def current(atom: Atom) -> Atom:
        return renamed.get(atom.index, atom) if not isinstance(atom, Const) else atom

    for node in block.nodes:
        operands = tuple(map(current, node.operands))
        blocks = tuple(_block(one, names) for one in node.blocks)
        row = _row_of(node)
        if row is None:
            nodes.append(node.over(operands, blocks))
            continue
        emit = _Emitter(names, nodes, node.place)
        made = row(emit, *operands, **dict(node.params))
        (result,) = node.results
        assert made.type == result.type, f"{node.primitive} becomes {made.type}, not {result.type}"
        # The result keeps its name: blocks further in may use it.
        if nodes and not isinstance(made, Const) and nodes[-1].results == (made,):
            nodes[-1] = replace(nodes[-1], results=(result,))
        else:
            nodes.append(Node((result,), "positive" if _numeric(result.type) else "copy", (made,), place=node.place))
    return replace(block, nodes=tuple(nodes), results=tuple(map(current, block.results)))


def _row_of(node: Node) -> Row | None:
    parts = dict(node.params).get("index")
    if isinstance(parts, tuple) and not any(isinstance(one, np.ndarray) for one in parts):
        return None  # an index without arrays is in the core as it is
    return ROWS.get(node.primitive) or whole_row(node) or weak_row(node) or complex_row(node)


def _numeric(type_: object) -> bool:
    return isinstance(type_, Scalar) and type_.kind != "bool"


def _dims(atom: Atom) -> tuple[Dim, ...]:
    return atom.type.dims if isinstance(atom.type, Array) else ()


def _elements(dims: tuple[Dim, ...]) -> Dim:
    """Return the number of elements; of one extent, that extent. Raises NeedsNumber for products of symbols."""
    return dims[0] if len(dims) == 1 else prod(concrete(dims))


def _dtype(atom: Atom) -> np.dtype[Any]:
    return atom.type.dtype if isinstance(atom.type, Array) else np.asarray(INTERPRETATIONS["asarray"](_one(atom))).dtype


def _one(atom: Atom) -> object:
    return {"bool": True, "int": 1, "float": 1.0, "complex": 1j}[atom.type.kind]  # type: ignore[union-attr]


def _axes(axis: object, rank: int) -> tuple[int, ...]:
    chosen = range(rank) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return tuple(sorted(int(one) % rank for one in chosen))


def _reduction(name: str) -> Row:
    def row(emit: _Emitter, x: Atom, *, axis: object = None, keepdims: bool = False, dtype: str | None = None) -> Atom:
        dims = _dims(x)
        axes = _axes(axis, len(dims)) if dims else ()
        if dtype is not None:
            x = emit("astype", x, dtype=dtype)
        elif name == "count_nonzero":
            x = emit("astype", emit("not_equal", x, 0), dtype="int64")
        elif name == "mean" and _dtype(x).kind in "biu":
            x = emit("astype", x, dtype="float64")
        base = {"mean": "sum", "count_nonzero": "sum"}.get(name, name)
        made: Atom = emit(base, x, axis=axes) if dims else emit(base, x)
        if name == "mean":
            made = emit("divide", made, emit.count(tuple(dims[one] for one in axes), _dtype(made)))
        if keepdims:
            made = emit("reshape", made, shape=tuple(1 if at in axes else dim for at, dim in enumerate(dims)))
        return made

    return row


def _variance(root: bool) -> Row:
    def row(
        emit: _Emitter,
        x: Atom,
        *,
        axis: object = None,
        keepdims: bool = False,
        ddof: float = 0,
        dtype: str | None = None,
    ) -> Atom:
        dims = _dims(x)
        axes = _axes(axis, len(dims)) if dims else ()
        if dtype is not None or _dtype(x).kind in "biu":
            x = emit("astype", x, dtype=dtype or "float64")
        mean = _reduction("mean")(emit, x, axis=axes, keepdims=True) if dims else x
        off = emit("subtract", x, mean)
        squared = emit("multiply", off, off)
        if _dtype(x).kind == "c":
            squared = emit("square", emit("absolute", off))
        total = _reduction("sum")(emit, squared, axis=axes if dims else None, keepdims=keepdims)
        made = emit("divide", total, emit.count(tuple(dims[one] for one in axes), _dtype(total), ddof))
        return emit("sqrt", made) if root else made

    return row


def _argument(name: str) -> Row:
    def row(emit: _Emitter, x: Atom, *, axis: int | None = None, keepdims: bool = False) -> Atom:
        dims = _dims(x)
        flat = x if axis is not None and dims else emit("reshape", x, shape=(_elements(dims),))
        at = 0 if axis is None or not dims else axis % len(dims)
        made: Atom = emit(name, flat, axis=at)
        if keepdims:
            axes = _axes(axis, len(dims))
            made = emit("reshape", made, shape=tuple(1 if one in axes else dim for one, dim in enumerate(dims)))
        return made

    return row


def _same_elements(name: str) -> Row:
    """Make the row of a function that only gives the elements, in their order, another shape."""

    def row(emit: _Emitter, x: Atom, *extents: Atom, **params: object) -> Atom:
        if params.get("order", "C") not in ("C", None):
            return _gathered(name)(emit, x, **params)
        (made,) = results_of(name, (x.type, *(one.type for one in extents)), params)
        return emit("reshape", x, shape=made.dims)  # type: ignore[union-attr]

    return row


def _permuted(name: str) -> Row:
    def row(emit: _Emitter, x: Atom, **params: object) -> Atom:
        rank = len(_dims(x))
        probe = np.broadcast_to(np.int8(0), tuple(range(1, rank + 1)))
        shape = np.asarray(INTERPRETATIONS[name](probe, **params)).shape
        return emit("transpose", x, axes=tuple(one - 1 for one in shape))

    return row


def _gathered(name: str) -> Row:
    """Make the row of a function that only chooses elements: which ones, it is asked on their numbers."""

    def row(emit: _Emitter, x: Atom, **params: object) -> Atom:
        dims = _dims(x)
        numbers = np.arange(prod(concrete(dims))).reshape(concrete(dims))
        chosen = np.asarray(INTERPRETATIONS[name](numbers, **params))
        flat = emit("reshape", x, shape=(_elements(dims),))
        return emit("getitem", flat, np.ascontiguousarray(chosen), index=(HOLE,))

    return row


def _triangle(name: str) -> Row:
    def row(emit: _Emitter, x: Atom, **params: object) -> Atom:
        kept = np.asarray(INTERPRETATIONS[name](np.ones(concrete(_dims(x)), bool), **params))
        return emit("where", kept, x, _dtype(x).type(0))

    return row


def _trace(emit: _Emitter, x: Atom, **params: Any) -> Atom:
    line = _gathered("diagonal")(emit, x, **params)
    return emit("sum", line, axis=(len(_dims(line)) - 1,))


def _stack(emit: _Emitter, *arrays: Atom, axis: int) -> Atom:
    rank = len(_dims(arrays[0])) + 1
    at = axis % rank
    wide = [emit("reshape", one, shape=(*_dims(one)[:at], 1, *_dims(one)[at:])) for one in arrays]
    return emit("concatenate", *wide, axis=at)


def _concatenate(emit: _Emitter, *arrays: Atom, axis: int | None) -> Atom:
    dtype = np.result_type(*map(_dtype, arrays))
    given = [one if _dtype(one) == dtype else emit("astype", one, dtype=dtype.name) for one in arrays]
    if axis is None:
        given = [emit("reshape", one, shape=(_elements(_dims(one)),)) for one in given]
    return emit("concatenate", *given, axis=0 if axis is None else axis % len(_dims(given[0])))


def _take(emit: _Emitter, x: Atom, at: Atom, *, axis: int | None = None, mode: str = "raise") -> Atom:
    assert mode == "raise"
    if axis is None:
        return emit("getitem", emit("reshape", x, shape=(_elements(_dims(x)),)), at, index=(HOLE,))
    before = axis % len(_dims(x))
    return emit("getitem", x, at, index=(*(slice(None),) * before, HOLE))


def _take_along_axis(emit: _Emitter, x: Atom, at: Atom, *, axis: int | None = -1) -> Atom:
    if axis is None:
        return emit("getitem", emit("reshape", x, shape=(_elements(_dims(x)),)), at, index=(HOLE,))
    dims, rank = _dims(at), len(_dims(at))
    places: list[Atom | object] = []
    for one, size in enumerate(concrete(dims)):
        line = np.arange(size) if _dims(x)[one] != 1 else np.zeros(size, np.int64)
        places.append(at if one == axis % rank else line.reshape([-1 if k == one else 1 for k in range(rank)]))
    return emit("getitem", x, *places, index=(HOLE,) * rank)


def _clip(emit: _Emitter, x: Atom, low: Atom, high: Atom) -> Atom:
    if _dtype(x).kind in "iu":
        # As NumPy does it: an int of Python's at or past the dtype's own end bounds nothing.
        limits = np.iinfo(_dtype(x).name)
        if _is_int(low) and low.value <= limits.min:  # type: ignore[union-attr, operator]
            low = Const(_dtype(x).type(limits.min), Array(_dtype(x), ()))
        if _is_int(high) and high.value >= limits.max:  # type: ignore[union-attr, operator]
            high = Const(_dtype(x).type(limits.max), Array(_dtype(x), ()))
    return emit("minimum", emit("maximum", x, low), high)


def _is_int(atom: Atom) -> bool:
    return isinstance(atom, Const) and atom.type == INT


def _difference(emit: _Emitter, x: Atom, *, n: int = 1, axis: int = -1) -> Atom:
    before = (slice(None),) * (axis % len(_dims(x)))
    for _ in range(n):
        later = emit("getitem", x, index=(*before, slice(1, None)))
        x = emit(
            "not_equal" if _dtype(x).kind == "b" else "subtract",
            later,
            emit("getitem", x, index=(*before, slice(None, -1))),
        )
    return x


def _cumulative(name: str) -> Row:
    def row(emit: _Emitter, x: Atom, *, axis: int | None = None, dtype: str | None = None, **rest: object) -> Atom:
        assert not rest, rest
        dims = _dims(x)
        if axis is None and len(dims) != 1:
            x, axis = emit("reshape", x, shape=(_elements(dims),)), 0
        wide = emit(name, x, axis=0 if axis is None else axis).type.dtype if dtype is None else np.dtype(dtype)  # type: ignore[union-attr]
        x = x if _dtype(x) == wide else emit("astype", x, dtype=wide.name)
        return emit(name, x, axis=(axis or 0) % len(_dims(x)))

    return row


def _cumulative_along(name: str) -> Row:
    def row(emit: _Emitter, x: Atom, *, axis: int | None = None, dtype: str | None = None, **rest: object) -> Atom:
        made = _cumulative({"cumulative_sum": "cumsum", "cumulative_prod": "cumprod"}[name])(
            emit, x, axis=axis, dtype=dtype
        )
        if not rest.get("include_initial"):
            return made
        at = 0 if axis is None else axis % len(_dims(made))
        dims = tuple(1 if one == at else dim for one, dim in enumerate(_dims(made)))
        first = np.full(concrete(dims), 0 if name == "cumulative_sum" else 1, _dtype(made))
        return emit("concatenate", first, made, axis=at)

    return row


def _searchsorted(emit: _Emitter, line: Atom, values: Atom, *, side: str = "left") -> Atom:
    """Count what stands before each value: the places are few where a line is short, and no branch depends on data."""
    dtype = np.result_type(_dtype(line), _dtype(values))
    line, values = (emit("astype", one, dtype=dtype.name) for one in (line, values))
    wide = emit("reshape", values, shape=(*_dims(values), 1))
    before: Atom = emit("less" if side == "left" else "less_equal", line, wide)
    if dtype.kind == "f":
        # NaN stands behind everything, and beside other NaNs.
        last = emit("isnan", wide)
        behind = last if side == "right" else emit("bitwise_and", last, emit("invert", emit("isnan", line)))
        before = emit("bitwise_or", before, behind)
    return emit("sum", emit("astype", before, dtype="int64"), axis=(len(_dims(values)),))


def _placed(primitive: str) -> Row:
    """Make the row of an index: an array that is known while staging becomes an operand as others are."""

    def row(emit: _Emitter, x: Atom, *operands: Atom, index: tuple[object, ...]) -> Atom:
        given = iter(operands[1:] if primitive != "getitem" else operands)
        parts: list[object] = []
        dynamic: list[object] = []
        for part in index:
            if part is HOLE:
                dynamic.append(next(given))
            elif isinstance(part, np.ndarray):
                chosen = np.nonzero(part) if part.dtype.kind == "b" else (part.astype(np.int64),)
                dynamic += chosen
                parts += [HOLE] * (len(chosen) - 1)
            else:
                parts.append(part)
                continue
            parts.append(HOLE)
        stored = operands[:1] if primitive != "getitem" else ()
        return emit(primitive, x, *stored, *dynamic, index=tuple(parts))

    return row


def _sorted(name: str) -> Row:
    def row(emit: _Emitter, x: Atom, *, axis: int | None = -1, **rest: object) -> Atom:
        dims = _dims(x)
        if axis is None:
            return emit(name, emit("reshape", x, shape=(_elements(dims),)), axis=-1, **rest)
        last, at = len(dims) - 1, axis % len(dims)
        if at == last:
            return emit(name, x, axis=-1, **rest)
        axes = tuple(last if k == at else at if k == last else k for k in range(len(dims)))
        return emit("transpose", emit(name, emit("transpose", x, axes=axes), axis=-1, **rest), axes=axes)

    return row


def _outer(emit: _Emitter, a: Atom, b: Atom) -> Atom:
    rows, columns = _elements(_dims(a)), _elements(_dims(b))
    return emit("multiply", emit("reshape", a, shape=(rows, 1)), emit("reshape", b, shape=(1, columns)))


def _tensordot(emit: _Emitter, a: Atom, b: Atom, *, axes: Any = 2) -> Atom:
    da, db = _dims(a), _dims(b)
    if isinstance(axes, int):
        left, right = tuple(range(len(da) - axes, len(da))), tuple(range(axes))
    else:
        left, right = (tuple(one) if isinstance(one, (tuple, list)) else (one,) for one in axes)
    left, right = tuple(one % len(da) for one in left), tuple(one % len(db) for one in right)
    free_a = tuple(one for one in range(len(da)) if one not in left)
    free_b = tuple(one for one in range(len(db)) if one not in right)
    inner = _elements(tuple(da[one] for one in left))
    flat_a = emit(
        "reshape", emit("transpose", a, axes=free_a + left), shape=(_elements(tuple(da[one] for one in free_a)), inner)
    )
    flat_b = emit(
        "reshape", emit("transpose", b, axes=right + free_b), shape=(inner, _elements(tuple(db[one] for one in free_b)))
    )
    return emit(
        "reshape", emit("matmul", flat_a, flat_b), shape=tuple(da[k] for k in free_a) + tuple(db[k] for k in free_b)
    )


def _dot(emit: _Emitter, a: Atom, b: Atom) -> Atom:
    da, db = _dims(a), _dims(b)
    if not da or not db:
        return emit("multiply", a, b)
    return _tensordot(emit, a, b, axes=((len(da) - 1,), (max(len(db) - 2, 0),)))


def _vdot(emit: _Emitter, a: Atom, b: Atom) -> Atom:
    left = emit("conjugate", a) if _dtype(a).kind == "c" else a
    return emit(
        "matmul", emit("reshape", left, shape=(_elements(_dims(a)),)), emit("reshape", b, shape=(_elements(_dims(b)),))
    )


def _vecdot(emit: _Emitter, a: Atom, b: Atom, *, axis: int = -1) -> Atom:
    a, b = (
        one if axis in (-1, len(_dims(one)) - 1) else _permuted("moveaxis")(emit, one, source=axis, destination=-1)
        for one in (a, b)
    )
    left = emit("conjugate", a) if _dtype(a).kind == "c" else a
    product = emit("multiply", left, b)
    return emit("sum", product, axis=(len(_dims(product)) - 1,))


def _round(emit: _Emitter, x: Atom, *, decimals: int = 0) -> Atom:
    if _dtype(x).kind in "iu" and decimals >= 0:
        return emit("asarray", x)
    scale = _dtype(x).type(10.0 ** abs(decimals))
    if decimals == 0:
        return emit("rint", x)
    before, after = ("multiply", "divide") if decimals > 0 else ("divide", "multiply")
    return emit(after, emit("rint", emit(before, x, scale)), scale)


ROWS: dict[str, Row] = {
    **{name: _reduction(name) for name in ("sum", "prod", "mean", "max", "min", "any", "all", "count_nonzero")},
    **{name: _argument(name) for name in ("argmax", "argmin")},
    **{name: _same_elements(name) for name in ("reshape", "expand_dims", "squeeze", "ravel")},
    **{name: _permuted(name) for name in ("transpose", "swapaxes", "moveaxis", "matrix_transpose")},
    **{name: _gathered(name) for name in ("flip", "roll", "tile", "repeat", "diagonal")},
    **{name: _triangle(name) for name in ("tril", "triu")},
    **{name: _cumulative(name) for name in ("cumsum", "cumprod")},
    **{name: _cumulative_along(name) for name in ("cumulative_sum", "cumulative_prod")},
    "searchsorted": _searchsorted,
    **{name: _placed(name) for name in ("getitem", "setitem", "additem")},
    **{name: _sorted(name) for name in ("sort", "argsort")},
    "std": _variance(root=True),
    "var": _variance(root=False),
    "trace": _trace,
    "stack": _stack,
    "concatenate": _concatenate,
    "take": _take,
    "take_along_axis": _take_along_axis,
    "clip": _clip,
    "diff": _difference,
    "outer": _outer,
    "dot": _dot,
    "tensordot": _tensordot,
    "vdot": _vdot,
    "vecdot": _vecdot,
    "round": _round,
}
