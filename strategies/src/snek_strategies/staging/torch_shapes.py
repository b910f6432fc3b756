"""PyTorch's functions that move elements, join and take them, and contract axes, in primitives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from snek_strategies.staging.einsum_calls import einsum
from snek_strategies.staging.refusal import refuse
from snek_strategies.staging.rep import Rep, emit
from snek_strategies.staging.torch_pointwise import as_dtype, cast, dtype_name

Rule = Callable[..., Any]


def dims(x: Any) -> tuple[int, ...]:
    """Return an operand's extents."""
    return tuple(x.type.dims)


def _reshaped(want: Any, x: Any, *_: object, **__: object) -> Any:
    return emit("reshape", x, shape=tuple(want.shape))


def _broadcast(want: Any, x: Any, *_: object, **__: object) -> Any:
    return emit("broadcast_to", x, shape=tuple(want.shape))


def _transposed(want: Any, x: Any, dim0: int, dim1: int) -> Any:  # noqa: ARG001 - the operand has it
    return emit("swapaxes", x, axis1=dim0, axis2=dim1)


def _permuted(want: Any, x: Any, *order: Any, **named: Any) -> Any:  # noqa: ARG001 - the operand has it
    axes = named.get("dims", order[0] if order and isinstance(order[0], (tuple, list)) else order)
    return emit("transpose", x, axes=tuple(one % len(dims(x)) for one in axes))


def _joined(primitive: str) -> Rule:
    def rule(want: Any, tensors: Sequence[Any], dim: int = 0) -> Any:
        return emit(primitive, *(cast(one, dtype_name(want)) for one in tensors), axis=dim)

    return rule


def _parts(want: Any, x: Any, split_size_or_sections: Any = None, dim: int = 0, **named: Any) -> Any:  # noqa: ARG001 - `want` has them
    at = dim % len(dims(x))
    ends = list(accumulate(one.shape[at] for one in want))
    before = (slice(None),) * at
    return [emit("getitem", x, index=(*before, slice(a, b))) for a, b in zip([0, *ends], ends, strict=False)]


def _unbound(want: Any, x: Any, dim: int = 0) -> Any:
    before = (slice(None),) * (dim % len(dims(x)))
    return [emit("getitem", x, index=(*before, at)) for at in range(len(want))]


def _selected(want: Any, x: Any, dim: int, index: Any) -> Any:  # noqa: ARG001 - the operand has it
    from snek_strategies.ir.interpretations import HOLE

    before = (slice(None),) * (dim % len(dims(x)))
    if isinstance(index, Rep):
        return emit("getitem", x, index, index=(*before, HOLE))
    return emit("getitem", x, index=(*before, index))


def _narrowed(want: Any, x: Any, dim: int, start: int, length: int) -> Any:  # noqa: ARG001 - the operand has it
    return emit("getitem", x, index=(*(slice(None),) * (dim % len(dims(x))), slice(start, start + length)))


def _taken(want: Any, x: Any, dim: int, index: Any) -> Any:  # noqa: ARG001 - the operand has it
    return emit("take", x, index, axis=dim)


def _gathered(want: Any, x: Any, dim: int, index: Any, **_: object) -> Any:  # noqa: ARG001 - the operand has it
    at = dim % len(dims(x))
    if any(a != b for axis, (a, b) in enumerate(zip(dims(x), dims(index), strict=True)) if axis != at):
        refuse("torch.gather with an index of other extents beside its axis is not staged; slice first", code="SNK0204")
    return emit("take_along_axis", x, index, axis=at)


def _repeated(want: Any, x: Any, *repeats: Any) -> Any:  # noqa: ARG001 - the operand has it
    reps = repeats[0] if isinstance(repeats[0], (tuple, list)) else repeats
    wide = emit("reshape", x, shape=(1,) * (len(reps) - len(dims(x))) + dims(x))
    return emit("tile", wide, reps=tuple(reps))


def _interleaved(want: Any, x: Any, repeats: Any, dim: int | None = None) -> Any:  # noqa: ARG001 - the operand has it
    if isinstance(repeats, Rep):
        refuse("torch.repeat_interleave with counts known only in the next stage; make them static", code="SNK0205")
    return emit("repeat", x, repeats=repeats, axis=dim)


def _matmul(want: Any, a: Any, b: Any) -> Any:
    return emit("matmul", cast(a, dtype_name(want)), cast(b, dtype_name(want)))


def linear(want: Any, x: Any, weight: Any, bias: Any = None) -> Any:
    """Return `x @ weight.T + bias`."""
    made = emit("matmul", cast(x, dtype_name(want)), emit("transpose", weight))
    return made if bias is None else emit("add", made, bias)


def _einsum(want: Any, equation: str, *given: Any) -> Any:
    operands = given[0] if len(given) == 1 and isinstance(given[0], (tuple, list)) else given
    return einsum(equation, *(cast(one, dtype_name(want)) for one in operands))


def _added(want: Any, bias: Any, a: Any, b: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    if (beta, alpha) != (1, 1):
        refuse("torch.addmm with beta= or alpha= is not staged; multiply yourself", code="SNK0204")
    return emit("add", bias, _matmul(want, a, b))


def _filled(value: Any) -> Rule:
    def rule(want: Any, x: Any, *fill: Any, **named: Any) -> Any:  # noqa: ARG001 - `want` has the shape
        number = fill[0] if fill and value is None else named.get("fill_value", value)
        wide = cast(number, dtype_name(want))
        return emit("copy", emit("broadcast_to", wide, shape=tuple(want.shape)))

    return rule


def _converted(want: Any, x: Any, *_: object, **named: Any) -> Any:
    if as_dtype(getattr(want, "dtype", None)) == x.type.dtype.name and not named.get("copy"):
        return x  # PyTorch gives the same tensor
    return emit("astype", x, dtype=dtype_name(want))


def _same(want: Any, x: Any, *_: object, **__: object) -> Any:  # noqa: ARG001 - nothing changes
    return x


def _copied(want: Any, x: Any, **_: object) -> Any:  # noqa: ARG001 - the operand has it
    return emit("copy", x)


def _triangle(primitive: str) -> Rule:
    return lambda want, x, diagonal=0: emit(primitive, x, k=diagonal)  # noqa: ARG005 - the operand has it


def _axes(given: tuple[Any, ...]) -> Any:
    return tuple(given[0]) if len(given) == 1 and isinstance(given[0], (tuple, list)) else given


SHAPES: dict[str, Rule] = {
    **dict.fromkeys(("reshape", "view", "view_as", "reshape_as", "flatten", "unflatten", "ravel"), _reshaped),
    **dict.fromkeys(("squeeze", "unsqueeze"), _reshaped),
    **dict.fromkeys(("expand", "expand_as", "broadcast_to"), _broadcast),
    **dict.fromkeys(("transpose", "swapaxes", "swapdims"), _transposed),
    "permute": _permuted,
    "t": lambda want, x: emit("transpose", x),  # noqa: ARG005 - the operand has it
    "__get__": lambda want, x: emit("matrix_transpose" if len(dims(x)) > 1 else "copy", x),  # noqa: ARG005 - of `mT`
    **{name: _joined("concatenate") for name in ("cat", "concat", "concatenate")},
    "stack": _joined("stack"),
    **dict.fromkeys(("split", "chunk", "tensor_split", "split_with_sizes"), _parts),
    "unbind": _unbound,
    "select": _selected,
    "narrow": _narrowed,
    "index_select": _taken,
    "gather": _gathered,
    "take_along_dim": lambda want, x, index, dim: _gathered(want, x, dim, index),
    **dict.fromkeys(("repeat", "tile"), _repeated),
    "repeat_interleave": _interleaved,
    "flip": lambda want, x, *given, **named: emit("copy", emit("flip", x, axis=named.get("dims", _axes(given)))),  # noqa: ARG005
    "roll": lambda want, x, shifts, dims=None: emit("roll", x, shift=shifts, axis=dims),  # noqa: ARG005
    "movedim": lambda want, x, source, destination: emit("moveaxis", x, source=source, destination=destination),  # noqa: ARG005
    "diagonal": lambda want, x, offset=0, dim1=0, dim2=1: emit("diagonal", x, offset=offset, axis1=dim1, axis2=dim2),  # noqa: ARG005
    **{name: _triangle(name) for name in ("tril", "triu")},
    "einsum": _einsum,
    **dict.fromkeys(("matmul", "mm", "bmm", "mv", "dot", "inner", "__matmul__"), _matmul),
    "__rmatmul__": lambda want, b, a: _matmul(want, a, b),
    "outer": lambda want, a, b: emit("outer", cast(a, dtype_name(want)), cast(b, dtype_name(want))),
    "linear": linear,
    "addmm": _added,
    **{name: _filled(value) for name, value in (("zeros_like", 0), ("ones_like", 1), ("full_like", None),
                                                ("empty_like", 0), ("new_zeros", 0), ("new_ones", 1))},
    **dict.fromkeys(("to", "type_as", "float", "double", "half", "int", "long", "short", "bool"), _converted),
    **dict.fromkeys(("contiguous", "detach"), _same),
    "clone": _copied,
}  # fmt: skip
"""Functions over shapes: each takes PyTorch's result on `meta` tensors, then the operands."""


def _item(x: Any) -> Any:
    if int(np.prod(dims(x))) != 1:
        refuse(f"item() of {x!r}, which has more than one element; index it first", code="SNK0203")
    return emit("item", emit("reshape", x, shape=()))


def _size(x: Any, dim: int | None = None) -> Any:
    return x.shape if dim is None else x.shape[dim]


ASKED: dict[str, Callable[..., Any]] = {
    "item": _item,
    "cpu": lambda x: x,
    "size": _size,
    "dim": lambda x: len(dims(x)),
    "ndimension": lambda x: len(dims(x)),
    "numel": lambda x: int(np.prod(dims(x))),
    "is_floating_point": lambda x: x.type.dtype.kind == "f",
    "is_complex": lambda x: x.type.dtype.kind == "c",
    "is_contiguous": lambda x: True,  # noqa: ARG005 - a tensor of the next stage has no strides
}
"""What is asked of a tensor, and its one number."""
