"""PyTorch's convolutions, pooling and padding: elements of windows are taken by index; then a product, or a reduction.

A window's elements stand beside its place: axis by axis, `take` makes (outputs, kernel) of an axis.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf, prod
from typing import Any

import numpy as np

from snek_strategies.staging.refusal import refuse
from snek_strategies.staging.rep import constant, emit
from snek_strategies.staging.torch_pointwise import cast, dtype_name
from snek_strategies.staging.torch_shapes import dims

Rule = Callable[..., Any]
Pads = Sequence[tuple[int, int]]


def _each(value: Any, rank: int) -> tuple[int, ...]:
    """Return a number for each axis of space; one number, or a list of one, is for all."""
    given = tuple(value) if isinstance(value, (tuple, list)) else (value,)
    return given * rank if len(given) == 1 else given


def _padded(x: Any, pads: Pads, value: float, dtype: str) -> Any:
    """Return an array with so many elements more before and after it in each of its last axes; less than 0: fewer."""
    first = len(dims(x)) - len(pads)
    for axis, ends in enumerate(pads, first):
        cut = [max(-end, 0) for end in ends]
        if any(cut):
            kept = slice(cut[0], dims(x)[axis] - cut[1])
            x = emit("getitem", x, index=(*(slice(None),) * axis, kept))
        shapes = [(*dims(x)[:axis], max(end, 0), *dims(x)[axis + 1 :]) for end in ends]
        before, after = (constant(np.full(shape, value, dtype)) for shape in shapes)
        parts = [one for one in (before, x, after) if dims(one)[axis]]
        x = emit("concatenate", *parts, axis=axis) if len(parts) > 1 else parts[0]
    return x


Sizes = Sequence[int]


def _windows(x: Any, outputs: Sizes, kernel: Sizes, stride: Sizes, dilation: Sizes) -> Any:
    """Return (..., o1, o2, ..., k1, k2, ...) of an array whose last axes are space."""
    rank = len(kernel)
    lead = len(dims(x)) - rank
    for at in range(rank):
        places = np.arange(outputs[at])[:, None] * stride[at] + np.arange(kernel[at]) * dilation[at]
        x = emit("take", x, constant(places), axis=lead + 2 * at)
    outer, inner = range(lead, lead + 2 * rank, 2), range(lead + 1, lead + 2 * rank, 2)
    return emit("transpose", x, axes=(*range(lead), *outer, *inner))


def _convolution(rank: int) -> Rule:
    def rule(
        want: Any, x: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
        groups: int = 1,
    ) -> Any:  # fmt: skip
        dtype, shape = dtype_name(want), tuple(want.shape)
        strides, spread = _each(stride, rank), _each(dilation, rank)
        made, within, *kernel = dims(weight)
        if isinstance(padding, str):
            more = [step * (size - 1) if padding == "same" else 0 for step, size in zip(spread, kernel, strict=True)]
            pads = [(one // 2, one - one // 2) for one in more]
        else:
            pads = [(one, one) for one in _each(padding, rank)]
        outputs = shape[-rank:]
        spots = prod(shape[:-rank]) // made * prod(outputs)  # places of all examples
        found = _windows(_padded(x, pads, 0, dtype), outputs, kernel, strides, spread)
        batch = len(dims(x)) - rank - 1
        # (examples, outputs, groups, what a group's filter sees) -> a product for each group
        first = batch + 1
        order = (*range(batch), *range(first, first + rank), batch, *range(first + rank, first + 2 * rank))
        seen = emit("reshape", emit("transpose", found, axes=order), shape=(spots, groups, within * prod(kernel)))
        filters = emit("reshape", weight, shape=(groups, made // groups, within * prod(kernel)))
        product = emit("matmul", emit("swapaxes", seen, axis1=0, axis2=1), emit("swapaxes", filters, axis1=1, axis2=2))
        rows = emit("reshape", emit("swapaxes", product, axis1=0, axis2=1), shape=(*shape[:batch], *outputs, made))
        rows = rows if bias is None else emit("add", rows, bias)
        return emit("transpose", rows, axes=(*range(batch), batch + rank, *range(batch, batch + rank)))

    return rule


def _pooling(rank: int, how: str) -> Rule:
    def rule(
        want: Any, x: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, *given: Any, **named: Any
    ) -> Any:
        names = ("dilation", "ceil_mode", "return_indices") if how == "max" else ("ceil_mode", "count_include_pad")
        options = dict(zip(names, given, strict=False)) | named
        if options.get("ceil_mode") or options.get("return_indices") or options.get("divisor_override"):
            refuse("pooling with ceil_mode=, return_indices= or divisor_override= is not staged", code="SNK0204")
        kernel = _each(kernel_size, rank)
        ahead = _each(padding, rank)
        if any(ahead) and not options.get("count_include_pad", True):
            refuse("pooling with padding and count_include_pad=False is not staged", code="SNK0204")
        strides = kernel if stride is None or stride == [] else _each(stride, rank)
        spread = _each(options.get("dilation", 1), rank)
        edge = 0.0 if how == "mean" else -inf
        found = _padded(x, [(one, one) for one in ahead], edge, dtype_name(want))
        found = _windows(found, tuple(want.shape)[-rank:], kernel, strides, spread)
        return emit(how, found, axis=tuple(range(len(dims(found)) - rank, len(dims(found)))))

    return rule


def _to_size(rank: int) -> Rule:
    def rule(want: Any, x: Any, output_size: Any) -> Any:  # noqa: ARG001 - `want` has it
        outputs, space = tuple(want.shape)[-rank:], dims(x)[-rank:]
        if any(extent % size for extent, size in zip(space, outputs, strict=True)):
            refuse(f"adaptive pooling of {space} to {outputs}, which does not divide it, is not staged", code="SNK0204")
        kernel = [extent // size for extent, size in zip(space, outputs, strict=True)]
        found = _windows(x, outputs, kernel, kernel, (1,) * rank)
        return emit("mean", found, axis=tuple(range(len(dims(found)) - rank, len(dims(found)))))

    return rule


def _pad(want: Any, x: Any, pad: Any, mode: str = "constant", value: Any = None) -> Any:
    if mode != "constant":
        refuse(f"pad with mode={mode!r} is not staged; join slices with torch.cat", code="SNK0204")
    ends = [(int(a), int(b)) for a, b in zip(pad[::2], pad[1::2], strict=True)]
    return _padded(cast(x, dtype_name(want)), ends[::-1], 0 if value is None else value, dtype_name(want))


WINDOWS: dict[str, Rule] = {
    **{f"conv{rank}d": _convolution(rank) for rank in (1, 2, 3)},
    **{f"max_pool{rank}d": _pooling(rank, "max") for rank in (1, 2, 3)},
    **{f"avg_pool{rank}d": _pooling(rank, "mean") for rank in (1, 2, 3)},
    **{f"adaptive_avg_pool{rank}d": _to_size(rank) for rank in (1, 2, 3)},
    "pad": _pad,
}
"""Functions of `nn.functional` over windows: each takes PyTorch's result on `meta` tensors, then the operands."""
