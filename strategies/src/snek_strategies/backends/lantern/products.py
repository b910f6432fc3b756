"""Matrix products: which of the runtime's ways computes one, and factors that loops share packed before them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from snek_strategies.backends.arithmetic import dtype_of
from snek_strategies.backends.lantern.arrays import Dims, Lazy, View, at, loops, place, row_strides
from snek_strategies.backends.lantern.cpp_types import Dtype, cast, cpp, number
from snek_strategies.backends.lantern.extents import Extent, are_known, count_of, dims_of
from snek_strategies.backends.lantern.spreading import is_shared
from snek_strategies.ir.syntax import Atom, Block, Node, Sym
from snek_strategies.ir.types import Array

if TYPE_CHECKING:
    from snek_strategies.backends.lantern.writer import Writer

FEW = 16 * 16 * 16
"""Up to so many multiplications a product is plain loops."""
NEAR = 1 << 15
"""How many bytes of the right factor are at hand as they are; of more, rows lie too far apart."""
FAR = 1 << 22
"""Up to how many bytes of the right factor pass by faster as they are than packed, for fewer than `TALL` rows."""
TALL = 16
"""From so many rows on, a product pays for packing its right factor."""
DEEP = 1024
"""Down to where a packed column of the right factor stays near the processor."""
VECTOR = 64
"""How many bytes the runtime computes at once."""
Extents = tuple[Extent, Extent, Extent]


def matmul(w: Writer, node: Node) -> View | str:
    """Write a product of two arrays, each a vector, a matrix or a stack of matrices."""
    (result,) = node.results
    dtype = dtype_of(result.type)
    left, right = node.operands
    a, b = _side(w, left, dtype), _side(w, right, dtype)
    a = a if len(a.dims) > 1 else replace(a, dims=(1, *a.dims), strides=(0, *a.strides))
    b = b if len(b.dims) > 1 else replace(b, dims=(*b.dims, 1), strides=(*b.strides, 0))
    if len(b.dims) == 2 and a.together:
        # A stack of matrices times one matrix is one tall matrix times it.
        tall = (count_of(a.dims[:-1]), a.dims[-1])
        a = replace(a, dims=tall, strides=row_strides(tall))
    batch = _common(a.dims[:-2], b.dims[:-2])
    m, k, n = a.dims[-2], a.dims[-1], b.dims[-1]
    target = replace(w.place_for(result), dims=(*batch, m, n), strides=row_strides((*batch, m, n)))
    a, b = a.spread((*batch, m, k)), b.spread((*batch, k, n))
    heads = list(loops(batch, "n"))
    for _, head in heads:
        w.line(head)
        w.depth += 1
    names = [name for name, _ in heads]
    places = [f"{v.base} + {place(v.offset, v.strides[:-2], names)}".removesuffix(" + 0") for v in (a, b, target)]
    if 0 not in (*batch, m, n) and not are_known(m, n, k, *a.strides[-2:], *b.strides[-2:]):
        w.line(_of_any_size(a, b, (m, n, k), places))
    elif 0 not in (*batch, m, n):
        packed = w.packed.get((right.index, m)) if isinstance(right, Sym) and not batch else None
        if packed is None and m >= TALL and is_tileable(dtype, (m, n, k)) and not is_shared(w, (m, n, k)):
            packed = pack(w, b, places[1], (m, n, k))
        w.line(_product(a, b, (m, n, k), places, packed, w.shared.threads if is_shared(w, (m, n, k)) else 1))
    w.close(len(heads))
    dims = dims_of(result.type)
    return (
        replace(target, dims=dims, strides=row_strides(dims))
        if dims
        else at(target, target.strides, ["0"] * len(target.dims))
    )


def _common(a: Dims, b: Dims) -> Dims:
    """Return the extents of both stacks, broadcast."""
    rank = max(len(a), len(b))
    padded = [(1,) * (rank - len(one)) + one for one in (a, b)]
    return tuple(y if x == 1 else x for x, y in zip(*padded, strict=True))


def _side(w: Writer, atom: Atom, dtype: Dtype) -> View:
    """Return a factor in memory, in the dtype of the product."""
    made = w.elements(atom)
    if not made.size and len(made.loads) == 1 and made.dtype == dtype:
        return made.loads[0]
    return w.materialised(replace(made, dtype=dtype, render=_casting(made, dtype)), made.dims)


def _casting(made: Lazy, dtype: Dtype) -> Callable[[list[str]], str]:
    return lambda texts: cast(made.render(texts), made.dtype, dtype)


def _product(a: View, b: View, extents: Extents, places: list[str], packed: str | None, threads: int) -> str:
    """Return the statement of one product of matrices, which that many threads share."""
    m, n, k = extents
    kind = cpp(a.dtype)
    row, step = a.strides[-2:]
    left, right, made = places
    if packed is not None:
        return _by_rows((kind, m, n, k), (left, row, step), (packed, 0), made, packed=True)
    by_blas = _by_blas(a, b, extents, places, threads)
    if threads > 1 and by_blas is not None:
        return by_blas
    if a.dtype.kind == "f" and m * n * k > FEW:
        if n == 1 and row == 1 and m * a.dtype.itemsize >= VECTOR:
            return _by_rows((kind, 1, m, k), (right, 0, b.strides[-2]), (left, step), made)
        near = m <= 4 or k * n * a.dtype.itemsize <= (FAR if m < TALL else NEAR)
        if near and b.strides[-1] == 1 and n * a.dtype.itemsize >= VECTOR:
            return _by_rows((kind, m, n, k), (left, row, step), (right, b.strides[-2]), made)
        if by_blas is not None:
            return by_blas
        if step == b.strides[-2] == 1 and k * a.dtype.itemsize >= VECTOR and min(m, n) == 1:
            rows, lead, other = (right, b.strides[-1], left) if m == 1 else (left, row, right)
            return f"lantern::dots<{kind}, {max(m, n)}, {k}>({rows}, {lead}, {other}, {made});"
    steps = ", ".join(str(one) for v in (a, b) for one in v.strides[-2:])
    if a.dtype.kind == "b":
        return f"lantern::product_of_flags<{m}, {n}, {k}, {steps}>({', '.join(places)});"
    return f"lantern::product<{kind}, {m}, {n}, {k}, {steps}>({', '.join(places)});"


def _of_any_size(a: View, b: View, extents: Extents, places: list[str]) -> str:
    """Return the statement of one product of matrices of which only the run tells how large they are."""
    m, n, k = extents
    kind = cpp(a.dtype)
    row, step = a.strides[-2:]
    left, right, made = places
    lead, together = b.strides[-2], b.strides[-1] == 1 and a.dtype.kind == "f" and are_known(n, k)
    if together and n * a.dtype.itemsize >= VECTOR and k * n * a.dtype.itemsize <= NEAR:
        words = ", ".join(map(str, (m, left, row, step, right, lead, made)))
        return f"lantern::product_of_any_rows<{kind}, {n}, {k}>({words});"
    by_blas = _by_blas(a, b, extents, places, 1)
    if by_blas is not None:
        return by_blas
    steps = ", ".join(str(one) for v in (a, b) for one in v.strides[-2:])
    return f"lantern::product_of_any_size<{kind}>({m}, {n}, {k}, {', '.join(places)}, {steps});"


def _by_blas(a: View, b: View, extents: Extents, places: list[str], threads: int) -> str | None:
    """Return a product by BLAS; None where it does not take the factors as they lie."""
    m, n, k = extents
    leads = [_lead(v.dims[-2:], v.strides[-2:]) for v in (a, b)]
    if a.dtype.kind != "f" or 1 in (m, n) or not all(leads) or not k:
        return None
    (lead_a, flip_a), (lead_b, flip_b) = (one for one in leads if one)
    factors = ", ".join(
        f"{place_}, {lead}, {number(flip, np.dtype(bool))}"
        for place_, lead, flip in zip(places, (lead_a, lead_b), (flip_a, flip_b), strict=False)
    )
    if threads > 1:
        return f"lantern::gemm_spread<{threads}>({m}, {n}, {k}, {factors}, {places[2]});"
    return f"lantern::gemm({m}, {n}, {k}, {factors}, {places[2]}, {n});"


def _by_rows(
    what: tuple[str, Extent, Extent, Extent],
    a: tuple[str, Extent, Extent],
    b: tuple[str, Extent],
    c: str,
    packed: bool = False,
) -> str:
    """Return a product by tiles: type and extents; a with the strides of its rows and in them; b with its rows'."""
    words = ", ".join(map(str, (*what, number(packed, np.dtype(bool)))))
    return f"lantern::product_of_rows<{words}>({', '.join(map(str, (*a, *b, c)))});"


def _lead(dims: Dims, strides: Dims) -> tuple[Extent, bool] | None:
    if strides[1] == 1 and _holds(strides[0], dims[1]):
        return strides[0], False
    if strides[0] == 1 and _holds(strides[1], dims[0]):
        return strides[1], True
    return None


def _holds(stride: Extent, extent: Extent) -> bool:
    """Tell whether rows so far apart are known not to overlap."""
    return stride == extent or (are_known(stride, extent) and stride >= extent)


def pack(w: Writer, b: View, place_: str, extents: Extents) -> str:
    """Write that a right factor is laid out as its product reads it; return where."""
    m, n, k = extents
    buffer = w.buffer((k * (n + VECTOR // b.dtype.itemsize),), b.dtype)
    row, step = b.strides[-2:]
    w.line(f"lantern::pack<{cpp(b.dtype)}, {m}, {n}, {k}>({place_}, {row}, {step}, {buffer.base});")
    return buffer.base


def is_tileable(dtype: Dtype, extents: Extents) -> bool:
    """Tell whether a product is one for tiles: not of few numbers, nor so deep that BLAS cuts it better."""
    m, n, k = extents
    return dtype.kind == "f" and n * dtype.itemsize >= VECTOR and m * n * k > FEW and k <= DEEP


def pack_factors(w: Writer, loop: Node) -> set[tuple[int, Extent]]:
    """Lay out, before a loop, the matrices from outside it that its products have on the right; return which."""
    outside = {sym.index for block in loop.blocks for sym in w.liveness.free[id(block)]}
    made: set[tuple[int, Extent]] = set()
    for node in (one for block in loop.blocks for one in _products(block)):
        left, right = node.operands
        extents = _packable(left, right, outside)
        if extents is None or not isinstance(right, Sym) or (right.index, extents[0]) in w.packed:
            continue
        view = w.view(right)
        w.packed[right.index, extents[0]] = pack(w, view, view.pointer, extents)
        made.add((right.index, extents[0]))
    return made


def _products(block: Block) -> Iterator[Node]:
    for node in block.nodes:
        if node.primitive == "matmul":
            yield node
        if node.primitive != "function":
            for inner in node.blocks:
                yield from _products(inner)


def _packable(left: Atom, right: Atom, outside: set[int]) -> Extents | None:
    """Return the extents of a product whose right factor pays being packed once for all trips, or None."""
    if not isinstance(right, Sym) or right.index not in outside or not isinstance(right.type, Array):
        return None
    dims, dtype = dims_of(right.type), right.type.dtype
    given = dims_of(left.type)
    if (
        len(dims) != 2
        or len(given) > 2
        or not are_known(*dims, *given)
        or dtype.kind != "f"
        or dtype_of(left.type) != dtype
        or 0 in given
    ):
        return None
    (k, n), m = dims, given[0] if len(given) == 2 else 1
    return (m, n, k) if is_tileable(dtype, (m, n, k)) else None
