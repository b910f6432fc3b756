"""PyTorch's reductions, sorting and scans in primitives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from snek_strategies.staging.refusal import refuse
from snek_strategies.staging.rep import Rep, emit
from snek_strategies.staging.torch_pointwise import cast, dtype_name, promoted

Rule = Callable[..., Any]


def axes_of(dim: Any) -> Any:
    """Return the axes that `dim` names, as NumPy takes them; none are all of them."""
    if dim is None or (isinstance(dim, (tuple, list)) and not dim):
        return None
    return tuple(dim) if isinstance(dim, (tuple, list)) else dim


def _reduced(primitive: str) -> Rule:
    def rule(want: Any, x: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:  # noqa: ARG001 - `want` has it
        return emit(primitive, cast(x, dtype_name(want)), axis=axes_of(dim), keepdims=keepdim)

    return rule


def _truth(primitive: str) -> Rule:
    return lambda want, x, dim=None, keepdim=False: emit(primitive, x, axis=axes_of(dim), keepdims=keepdim)  # noqa: ARG005 - truth has one dtype


def _extreme(primitive: str, position: str, elementwise: str) -> Rule:
    def rule(want: Any, x: Any, dim: Any = None, keepdim: bool = False) -> Any:
        if isinstance(dim, Rep):
            kind = promoted(x, dim)
            return emit(elementwise, cast(x, kind), cast(dim, kind))
        value = emit(primitive, x, axis=dim, keepdims=keepdim)
        return (value, emit(position, x, axis=dim, keepdims=keepdim)) if isinstance(want, tuple) else value

    return rule


def _position(primitive: str) -> Rule:
    return lambda want, x, dim=None, keepdim=False: emit(primitive, x, axis=dim, keepdims=keepdim)  # noqa: ARG005 - positions have one dtype


def _spread(primitive: str) -> Rule:
    def rule(
        want: Any, x: Any, dim: Any = None, unbiased: Any = True, keepdim: bool = False, *, correction: Any = 1
    ) -> Any:
        if isinstance(dim, bool):
            dim, unbiased = None, dim
        ddof = correction if unbiased else 0
        return emit(primitive, cast(x, dtype_name(want)), axis=axes_of(dim), keepdims=keepdim, ddof=ddof)

    return rule


def logsumexp(want: Any, x: Any, dim: Any, keepdim: bool = False) -> Any:
    """Return the logarithm of a sum of exponentials, without overflow."""
    x = cast(x, dtype_name(want))
    top = emit("max", x, axis=axes_of(dim), keepdims=True)
    top = emit("where", emit("isfinite", top), top, cast(0.0, dtype_name(want)))
    total = emit("sum", emit("exp", emit("subtract", x, top)), axis=axes_of(dim), keepdims=keepdim)
    shift = top if keepdim else emit("squeeze", top, axis=axes_of(dim))
    return emit("add", emit("log", total), shift)


def softmax(want: Any, x: Any, dim: Any = None, _stacklevel: int = 3, dtype: Any = None) -> Any:  # noqa: ARG001 - PyTorch's own
    """Return exponentials that sum to one along an axis."""
    x = cast(x, dtype_name(want))
    size = emit("exp", emit("subtract", x, emit("max", x, axis=dim, keepdims=True)))
    return emit("divide", size, emit("sum", size, axis=dim, keepdims=True))


def log_softmax(want: Any, x: Any, dim: Any = None, _stacklevel: int = 3, dtype: Any = None) -> Any:  # noqa: ARG001 - PyTorch's own
    """Return the logarithm of `softmax`."""
    x = cast(x, dtype_name(want))
    off = emit("subtract", x, emit("max", x, axis=dim, keepdims=True))
    return emit("subtract", off, emit("log", emit("sum", emit("exp", off), axis=dim, keepdims=True)))


def _scan(primitive: str) -> Rule:
    return lambda want, x, dim, dtype=None: emit(primitive, cast(x, dtype_name(want)), axis=dim)  # noqa: ARG005 - `want` has it


def _sort(want: Any, x: Any, dim: int = -1, descending: bool = False, stable: bool = False) -> Any:  # noqa: ARG001 - always
    order = _argsort(want, x, dim, descending)
    return emit("take_along_axis", x, order, axis=dim), order


def _argsort(want: Any, x: Any, dim: int = -1, descending: bool = False, stable: bool = False) -> Any:  # noqa: ARG001 - always
    if not descending:
        return emit("argsort", x, axis=dim, kind="stable")
    # The last of equal elements first, and then all of it the other way round: their order is kept.
    turned = emit("argsort", emit("flip", x, axis=dim), axis=dim, kind="stable")
    count = x.type.dims[dim]
    return emit("subtract", count - 1, emit("flip", turned, axis=dim))


def _topk(want: Any, x: Any, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:  # noqa: A002, ARG001 - PyTorch's
    values, order = _sort(want, x, dim, descending=largest)
    at = (*(slice(None),) * (dim % len(x.type.dims)), slice(0, k))
    return emit("getitem", values, index=at), emit("getitem", order, index=at)


def _norm(want: Any, x: Any, p: Any = "fro", dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Any:  # noqa: ARG001 - `want` has it
    if p not in ("fro", 2, 2.0, None):
        refuse(f"torch.norm with p={p!r} is not staged; write it in other functions", code="SNK0204")
    return emit("sqrt", emit("sum", emit("square", x), axis=axes_of(dim), keepdims=keepdim))


REDUCTIONS: dict[str, Rule] = {
    **{name: _reduced(name) for name in ("sum", "mean", "prod")},
    **{name: _truth(name) for name in ("all", "any")},
    "amax": lambda want, x, dim=(), keepdim=False: emit("max", x, axis=axes_of(dim), keepdims=keepdim),  # noqa: ARG005 - the operand's dtype
    "amin": lambda want, x, dim=(), keepdim=False: emit("min", x, axis=axes_of(dim), keepdims=keepdim),  # noqa: ARG005 - the operand's dtype
    "max": _extreme("max", "argmax", "maximum"),
    "min": _extreme("min", "argmin", "minimum"),
    **{name: _position(name) for name in ("argmax", "argmin")},
    **{name: _spread(name) for name in ("std", "var")},
    "logsumexp": logsumexp,
    "softmax": softmax,
    "log_softmax": log_softmax,
    **{name: _scan(name) for name in ("cumsum", "cumprod")},
    "sort": _sort,
    "argsort": _argsort,
    "topk": _topk,
    "norm": _norm,
}
"""Functions along axes: each takes PyTorch's result on `meta` tensors, then the operands."""
