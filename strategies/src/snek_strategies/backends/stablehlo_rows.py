"""How StableHLO says the core primitives that are not elementwise: one row for each."""

from __future__ import annotations

from collections.abc import Callable
from math import gcd, prod
from typing import TYPE_CHECKING, Any

import numpy as np

from snek_strategies.backends import jax_functions
from snek_strategies.backends.arithmetic import dims_of, dtype_of
from snek_strategies.backends.stablehlo_index import stored, taken
from snek_strategies.backends.stablehlo_text import BOOL, DType, Tensor, Text, full, listed, type_of
from snek_strategies.ir.interpretations import LINEAR
from snek_strategies.ir.syntax import Node

if TYPE_CHECKING:  # the system has these rows
    from snek_strategies.backends.stablehlo_system import StableHlo

Compute = Callable[..., Tensor]
Make = Callable[["StableHlo", Node], Compute]
WIDE = np.dtype("int64")

REDUCED = {"sum": "add", "prod": "multiply", "max": "maximum", "min": "minimum", "any": "or", "all": "and"}


def _converted(system: StableHlo, node: Node) -> Compute:
    dims = dims_of(node.results[0].type)
    return lambda x: system.text.reshape(x, dims)


def _not(system: StableHlo, node: Node) -> Compute:  # noqa: ARG001
    text = system.text
    return lambda x: text.same("not", [text.convert(text.reshape(x, ()), BOOL)])


def _reduction(system: StableHlo, node: Node) -> Compute:
    name, axis = node.primitive, dict(node.params).get("axis")
    given, wanted = node.operands[0].type, dtype_of(node.results[0].type)
    rank = len(dims_of(given))
    if not rank:
        return lambda x: x
    if name in ("max", "min") and dtype_of(given).kind == "c":
        return _ordered(system, node)
    assert isinstance(axis, tuple)
    axes = tuple(sorted(one % rank for one in axes_of(axis)))
    # A truth is asked of truths, halves are summed as wider numbers, and the greatest keeps its dtype.
    inner = BOOL if name in ("any", "all") else wanted if name in ("sum", "prod") else dtype_of(given)
    inner = np.dtype(np.float32) if inner == np.float16 and name in ("sum", "prod") else inner
    operation = {"max": "or", "min": "and"}.get(name, REDUCED[name]) if inner == BOOL else REDUCED[name]
    first = _first(name, inner)
    if name in ("max", "min") and len(axes) == rank:
        return lambda x: _extreme(system.text, operation, system.text.convert(x, inner), first)
    return lambda x: system.text.reduce(operation, system.text.convert(x, inner), first, axes)


MANY = 64
"""From so many elements on an extreme is taken in two steps."""


def _extreme(text: Text, operation: str, x: Tensor, first: object) -> Tensor:
    """Write the extreme of all elements: of many, those of columns, side by side as a vector's, and then of these.

    XLA compares one element after the other where it reduces to a number, and makes one reduction of two that it sees.
    """
    count = prod(x.shape)
    columns = gcd(count, 32)
    if count < MANY or columns < 8 or x.dtype == BOOL:
        return text.reduce(operation, x, first, tuple(range(x.ndim)))
    made = text.reduce(operation, text.reshape(x, (count // columns, columns)), first, (0,))
    type_ = type_of(made.dtype, made.shape)
    apart = text.emit(f"stablehlo.optimization_barrier {text.name(made)} : {type_}", made.dtype, made.shape)
    return text.reduce(operation, apart, first, (0,))


def axes_of(axis: tuple[object, ...]) -> list[int]:
    """Return axes as whole numbers."""
    return [int(one) for one in axis if isinstance(one, (int, np.integer))]


def _first(name: str, dtype: DType) -> object:
    """Return what a reduction begins with."""
    if name in ("sum", "any", "prod", "all"):
        return name in ("prod", "all")
    if dtype.kind in "bf":
        return (False if dtype == BOOL else -np.inf) if name == "max" else (True if dtype == BOOL else np.inf)
    limits = np.iinfo(dtype.name)
    return limits.min if name == "max" else limits.max


def _argument(system: StableHlo, node: Node) -> Compute:
    """Make the row of the place of an extreme: two passes that XLA computes in vectors, where its own goes in turn."""
    dims, dtype = dims_of(node.operands[0].type), dtype_of(node.operands[0].type)
    at = dict(node.params)["axis"]
    assert isinstance(at, (int, np.integer))
    axis, name = int(at) % len(dims), "max" if node.primitive == "argmax" else "min"
    others = tuple(one for one in range(len(dims)) if one != axis)
    numbers = np.dtype(np.int32 if dims[axis] < 1 << 31 else np.int64)
    text = system.text

    def over_axis(operation: str, x: Tensor, first: object) -> Tensor:
        whole = len(dims) == 1
        return _extreme(text, operation, x, first) if whole else text.reduce(operation, x, first, (axis,))

    def find(x: Tensor) -> Tensor:
        operation = {"max": "or", "min": "and"}[name] if dtype == BOOL else REDUCED[name]
        best = over_axis(operation, x, _first(name, dtype))
        hit = text.compare("EQ", x, text.placed(best, dims, others))
        if dtype.kind == "f":
            # The first that is not a number is the answer; `best` is none then, and equal to nothing.
            hit = text.same("or", [hit, text.compare("NE", x, x)])
        place = text.emit(f"stablehlo.iota dim = {axis} : {type_of(numbers, dims)}", numbers, dims)
        first = text.select(hit, place, full(dims[axis], numbers, dims))
        return text.convert(over_axis("minimum", first, dims[axis]), WIDE)

    return find


def _ordered(system: StableHlo, node: Node) -> Compute:
    """Make the row of what JAX writes by itself: running sums, and orders."""
    return lambda x: system.called((node.primitive, node.params), jax_functions.reduction(node), (x,))


def _part_of_complex(system: StableHlo, node: Node) -> Compute:
    return lambda x: system.called(node.primitive, jax_functions.part(node.primitive), (x,))


def _linear(system: StableHlo, node: Node) -> Callable[..., Any]:
    """Make the row of linear algebra, of which JAX writes each result by itself."""

    def made(at: int) -> Compute:
        return lambda *given: system.called((node.primitive, node.params, at), jax_functions.linear(node, at), given)

    if len(node.results) == 1:
        return made(0)
    return lambda *given: [made(at)(*given) for at in range(len(node.results))]


def _matmul(system: StableHlo, node: Node) -> Compute:
    dtype, dims = dtype_of(node.results[0].type), dims_of(node.results[0].type)
    left, right = (dims_of(atom.type) for atom in node.operands)
    batch = len(right) - 2 if len(right) > 2 else 0
    if dtype.kind not in "fi" or (batch and left[:-2] != right[:-2]):
        return lambda a, b: system.called(("matmul", dtype), jax_functions.product(dtype), (a, b))
    batches = f"batching_dims = {listed(range(batch))} x {listed(range(batch))}, " if batch else ""
    summed = f"contracting_dims = {listed([len(left) - 1])} x {listed([batch])}"

    def multiply(a: Tensor, b: Tensor) -> Tensor:
        text = system.text
        a, b = text.convert(a, dtype), text.convert(b, dtype)
        written = f"stablehlo.dot_general {text.names((a, b))}, {batches}{summed}, precision = [HIGHEST, HIGHEST]"
        return text.typed(written, (a, b), dtype, dims)

    return multiply


def _transposed(system: StableHlo, node: Node) -> Compute:
    axes = dict(node.params)["axes"]
    assert isinstance(axes, tuple)
    order = axes_of(axes)
    dims = dims_of(node.results[0].type)
    text = system.text
    return lambda x: text.typed(f"stablehlo.transpose {text.name(x)}, dims = {listed(order)}", (x,), x.dtype, dims)


def _joined(system: StableHlo, node: Node) -> Compute:
    dtype, dims = dtype_of(node.results[0].type), dims_of(node.results[0].type)
    axis = int(str(dict(node.params)["axis"])) % len(dims)

    def join(*given: Tensor) -> Tensor:
        parts = [system.text.convert(one, dtype) for one in given]
        return system.text.typed(f"stablehlo.concatenate {system.text.names(parts)}, dim = {axis}", parts, dtype, dims)

    return join


def _spread(system: StableHlo, node: Node) -> Compute:
    dims = dims_of(node.results[0].type)
    return lambda x: system.text.spread(x, dims)


def _where(system: StableHlo, node: Node) -> Compute:
    dtype, dims = dtype_of(node.results[0].type), dims_of(node.results[0].type)

    def choose(flag: Tensor, a: Tensor, b: Tensor) -> Tensor:
        text = system.text
        flag = text.convert(flag, BOOL)
        a, b = (text.spread(text.convert(one, dtype), dims) for one in (a, b))
        return text.select(text.spread(flag, dims) if flag.shape else flag, a, b)

    return choose


ROWS: dict[str, Make] = {
    **dict.fromkeys(("bool", "int", "float", "item", "asarray", "astype", "copy"), _converted),
    "not": _not,
    **dict.fromkeys(REDUCED, _reduction),
    **dict.fromkeys(("argmax", "argmin"), _argument),
    **dict.fromkeys(("cumsum", "cumprod", "sort", "argsort"), _ordered),
    "matmul": _matmul,
    **dict.fromkeys(LINEAR, _linear),
    "reshape": _converted,
    "broadcast_to": _spread,
    "transpose": _transposed,
    "concatenate": _joined,
    "where": _where,
    "getitem": taken,
    "setitem": stored,
    "additem": stored,
    **dict.fromkeys(("real", "imag"), _part_of_complex),
}
"""One row for each core primitive that is not elementwise."""
