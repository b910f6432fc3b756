"""How StableHLO takes from arrays and stores into them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from snek_strategies.backends import jax_functions
from snek_strategies.backends.arithmetic import dims_of
from snek_strategies.backends.placed_index import Along, At, By, Placed, placed
from snek_strategies.backends.stablehlo_text import Dims, Tensor, Text, full, listed, type_of
from snek_strategies.ir.syntax import Node

if TYPE_CHECKING:  # the system has these rows
    from snek_strategies.backends.stablehlo_system import StableHlo

WIDE = np.dtype("int64")


def taken(system: StableHlo, node: Node) -> Callable[..., Tensor]:
    """Make the row of `getitem`: a box of the array, rows by their numbers, or what JAX makes of the index."""
    where, dims = _where_of(node, 1), dims_of(node.operands[0].type)

    def take(x: Tensor, *dynamic: Tensor) -> Tensor:
        text = system.text
        if not dynamic:
            return _sliced(text, x, where)
        if _lies_together(where):
            starts, sizes = _cut(system, where, dynamic, dims)
            written = f"stablehlo.dynamic_slice {text.names((x, *starts))}, sizes = {listed(sizes)}"
            return text.reshape(text.typed(written, (x, *starts), x.dtype, sizes), where.shape)
        axis = _rows(where, dims)
        if axis is not None and dynamic[0].dtype.kind in "iu":
            return _gathered(text, x, dynamic[0], axis, where)
        return system.called((node.primitive, repr(node.params)), jax_functions.taken(node), (x, *dynamic))

    return take


def stored(system: StableHlo, node: Node) -> Callable[..., Tensor]:
    """Make the row of `setitem` and `additem`: a box of the array, or what JAX makes of the index."""
    where, dims = _where_of(node, 2), dims_of(node.operands[0].type)

    def store(x: Tensor, value: Tensor, *dynamic: Tensor) -> Tensor:
        text = system.text
        value = text.convert(value, x.dtype)
        if not _lies_together(where):
            key = node.primitive, repr(node.params)
            return system.called(key, jax_functions.stored(node), (x, value, *dynamic))
        room = where.shape
        if value.ndim > len(room):
            value = text.reshape(value, value.shape[value.ndim - len(room) :])
        # A scatter would be a loop of its own on a CPU.
        starts, sizes = _cut(system, where, dynamic, dims)
        new = text.reshape(text.spread(value, room), sizes)
        if node.primitive == "additem":
            held = f"stablehlo.dynamic_slice {text.names((x, *starts))}, sizes = {listed(sizes)}"
            new = text.same("add", [text.typed(held, (x, *starts), x.dtype, sizes), new])
        given = (x, new, *starts)
        return text.typed(f"stablehlo.dynamic_update_slice {text.names(given)}", given, x.dtype, x.shape)

    return store


def _where_of(node: Node, first: int) -> Placed:
    """Return where an index puts what it takes; dynamic parts stand after so many operands."""
    index = dict(node.params)["index"]
    assert isinstance(index, tuple)
    return placed(dims_of(node.operands[0].type), index, tuple(atom.type for atom in node.operands[first:]))


def _lies_together(where: Placed) -> bool:
    """Tell whether the part is one box of the array, so that only where it starts need be known."""
    return all(one.step == 1 if isinstance(one, Along) else isinstance(one, At) or not one.axes for one in where.places)


def _cut(system: StableHlo, where: Placed, dynamic: Sequence[Tensor], dims: Dims) -> tuple[list[Tensor], Dims]:
    """Return where a part starts on each axis, and how far it reaches."""
    starts, sizes = [], []
    for one, dim in zip(where.places, dims, strict=True):
        if isinstance(one, By):
            starts.append(system.text.convert(system.text.reshape(dynamic[one.operand], ()), WIDE))
        else:
            starts.append(full(min(one.start, dim) if isinstance(one, Along) else one.position, WIDE, ()))
        sizes.append(where.shape[one.axis] if isinstance(one, Along) else 1)
    return starts, tuple(sizes)


def _sliced(text: Text, x: Tensor, where: Placed) -> Tensor:
    """Return a part that is known now; an axis that is walked back is turned round."""
    bounds, sizes, turned = [], [], []
    for axis, one in enumerate(where.places):
        if isinstance(one, Along):
            size = where.shape[one.axis]
            last = one.start + (size - 1) * one.step
            low, high = (min(one.start, last), max(one.start, last) + 1) if size else (0, 0)
            bounds.append(f"{low}:{high}:{abs(one.step)}")
            sizes.append(size)
            turned += [axis] if one.step < 0 and size > 1 else []
        else:
            assert isinstance(one, At)
            bounds.append(f"{one.position}:{one.position + 1}")
            sizes.append(1)
    if tuple(sizes) != x.shape:
        x = text.typed(f"stablehlo.slice {text.name(x)} [{', '.join(bounds)}]", (x,), x.dtype, tuple(sizes))
    if turned:
        back = f"stablehlo.reverse {text.name(x)}, dims = {listed(turned)} : {type_of(x.dtype, x.shape)}"
        x = text.emit(back, x.dtype, x.shape)
    return text.reshape(x, where.shape)


def _rows(where: Placed, dims: Dims) -> int | None:
    """Return the axis that one array chooses of, where all others are taken whole; else None."""
    chosen = [at for at, one in enumerate(where.places) if isinstance(one, By)]
    whole = all(
        isinstance(one, By) or (isinstance(one, Along) and (one.start, one.step, where.shape[one.axis]) == (0, 1, dim))
        for one, dim in zip(where.places, dims, strict=True)
    )
    whole_index = len(chosen) == 1 and len(where.shape) == len(dims) - 1 + len(where.places[chosen[0]].axes)  # type: ignore[union-attr]
    return chosen[0] if whole and whole_index and 0 not in dims else None


def _gathered(text: Text, x: Tensor, at: Tensor, axis: int, where: Placed) -> Tensor:
    """Return rows by an array of their numbers, all of them from the front: the checks have made them so."""
    at = text.reshape(at, (*at.shape, 1))
    kept = [one.axis for one in where.places if isinstance(one, Along)]
    sizes = [1 if one == axis else dim for one, dim in enumerate(x.shape)]
    numbers = (
        f"#stablehlo.gather<offset_dims = {listed(kept)}, collapsed_slice_dims = [{axis}], start_index_map = [{axis}], "
        f"index_vector_dim = {at.ndim - 1}>"
    )
    cut = f"slice_sizes = array<i64: {', '.join(map(str, sizes))}>"
    written = f'"stablehlo.gather"({text.names((x, at))}) <{{dimension_numbers = {numbers}, {cut}}}>'
    return text.typed(written, (x, at), x.dtype, where.shape)
