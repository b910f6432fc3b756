"""Functions of `torch.nn.functional` in primitives."""

from __future__ import annotations

from collections.abc import Callable
from math import pi, sqrt
from typing import Any

from snek_strategies.staging.refusal import refuse
from snek_strategies.staging.rep import emit
from snek_strategies.staging.torch_pointwise import cast, dtype_name, sigmoid
from snek_strategies.staging.torch_reductions import log_softmax
from snek_strategies.staging.torch_shapes import dims

Rule = Callable[..., Any]


def _relu(want: Any, x: Any, inplace: bool = False) -> Any:  # noqa: ARG001 - refused before
    return emit("maximum", x, cast(0, dtype_name(want)))


def _leaky(want: Any, x: Any, negative_slope: float = 0.01, inplace: bool = False) -> Any:  # noqa: ARG001 - refused before
    return emit("where", emit("greater", x, 0), x, emit("multiply", x, cast(negative_slope, dtype_name(want))))


def _elu(want: Any, x: Any, alpha: float = 1.0, inplace: bool = False) -> Any:  # noqa: ARG001 - refused before
    below = emit("multiply", cast(alpha, dtype_name(want)), emit("expm1", emit("minimum", x, 0)))
    return emit("where", emit("greater", x, 0), x, below)


def _gelu(want: Any, x: Any, approximate: str = "none") -> Any:
    if approximate != "tanh":
        refuse("gelu without approximate='tanh' needs the error function, which no back-end has", code="SNK0204")
    dtype = dtype_name(want)
    cubed = emit("multiply", emit("multiply", x, x), x)
    inner = emit("add", x, emit("multiply", cast(0.044715, dtype), cubed))
    bent = emit("tanh", emit("multiply", cast(sqrt(2 / pi), dtype), inner))
    return emit("multiply", emit("multiply", cast(0.5, dtype), x), emit("add", cast(1.0, dtype), bent))


def _silu(want: Any, x: Any, inplace: bool = False) -> Any:  # noqa: ARG001 - refused before
    return emit("multiply", x, sigmoid(want, x))


def _softplus(want: Any, x: Any, beta: float = 1.0, threshold: float = 20.0) -> Any:
    dtype = dtype_name(want)
    scaled = emit("multiply", x, cast(beta, dtype))
    bent = emit("divide", emit("logaddexp", scaled, cast(0.0, dtype)), cast(beta, dtype))
    return emit("where", emit("greater", scaled, cast(threshold, dtype)), x, bent)


def _hardtanh(want: Any, x: Any, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Any:  # noqa: ARG001
    return emit("minimum", emit("maximum", x, cast(min_val, dtype_name(want))), cast(max_val, dtype_name(want)))


def _dropout(want: Any, x: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:  # noqa: ARG001
    if training and p:
        refuse(
            "dropout draws other numbers at every call; staged, it would draw once: call module.eval(), or give a "
            "mask of snek.random",
            code="SNK0207",
        )
    return x


def _reduced(values: Any, how: str) -> Any:
    return values if how == "none" else emit(how, values)


def _mse(want: Any, x: Any, y: Any, *_: object, reduction: str = "mean", **__: object) -> Any:
    dtype = dtype_name(want)
    return _reduced(emit("square", emit("subtract", cast(x, dtype), cast(y, dtype))), reduction)


def _l1(want: Any, x: Any, y: Any, *_: object, reduction: str = "mean", **__: object) -> Any:
    dtype = dtype_name(want)
    return _reduced(emit("absolute", emit("subtract", cast(x, dtype), cast(y, dtype))), reduction)


def _nll(want: Any, x: Any, target: Any, weight: Any = None, *_: object, reduction: str = "mean", **more: Any) -> Any:  # noqa: ARG001
    if weight is not None or more.get("ignore_index", -100) != -100:
        refuse("nll_loss with weight= or ignore_index= is not staged; write it with gather", code="SNK0204")
    axis = 1 if len(dims(x)) > 1 else 0
    picked = emit("take_along_axis", x, emit("expand_dims", target, axis=axis), axis=axis)
    return _reduced(emit("negative", emit("squeeze", picked, axis=axis)), reduction)


def _cross_entropy(want: Any, x: Any, target: Any, *given: Any, reduction: str = "mean", **more: Any) -> Any:
    if more.get("label_smoothing"):
        refuse("cross_entropy with label_smoothing= is not staged", code="SNK0204")
    axis = 1 if len(dims(x)) > 1 else 0
    logs = log_softmax(want, x, axis)
    if dims(target) == dims(x) and target.type.dtype.kind == "f":
        total = emit("negative", emit("sum", emit("multiply", logs, target), axis=axis))
        return _reduced(total, reduction)
    return _nll(want, logs, target, *given, reduction=reduction, **more)


def _layer_norm(want: Any, x: Any, shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    axes = tuple(range(len(dims(x)) - len(shape), len(dims(x))))
    return _scaled(_normal(want, x, axes, eps), weight, bias)


def _normal(want: Any, x: Any, axes: tuple[int, ...], eps: float) -> Any:
    off = emit("subtract", x, emit("mean", x, axis=axes, keepdims=True))
    spread = emit("mean", emit("square", off), axis=axes, keepdims=True)
    return emit("divide", off, emit("sqrt", emit("add", spread, cast(eps, dtype_name(want)))))


def _scaled(x: Any, weight: Any, bias: Any) -> Any:
    x = x if weight is None else emit("multiply", x, weight)
    return x if bias is None else emit("add", x, bias)


def _batch_norm(
    want: Any, x: Any, mean: Any, var: Any, weight: Any = None, bias: Any = None, training: bool = False,
    momentum: float = 0.1, eps: float = 1e-5,
) -> Any:  # fmt: skip
    if training:
        refuse(f"batch_norm in training changes its module (momentum {momentum}); call module.eval()", code="SNK0210")
    along = (1, -1, *(1,) * (len(dims(x)) - 2))
    given = (mean, var, weight, bias)
    mean, var, weight, bias = (one if one is None else emit("reshape", one, shape=along) for one in given)
    wide = emit("sqrt", emit("add", var, cast(eps, dtype_name(want))))
    return _scaled(emit("divide", emit("subtract", x, mean), wide), weight, bias)


def _embedding(want: Any, index: Any, weight: Any, *_: object, **__: object) -> Any:  # noqa: ARG001 - the operand has it
    return emit("take", weight, index, axis=0)


def _normalize(want: Any, x: Any, p: float = 2.0, dim: int = 1, eps: float = 1e-12, **_: object) -> Any:
    if p != 2.0:
        refuse(f"normalize with p={p} is not staged; divide by a norm of your own", code="SNK0204")
    size = emit("sqrt", emit("sum", emit("square", x), axis=dim, keepdims=True))
    return emit("divide", x, emit("maximum", size, cast(eps, dtype_name(want))))


def _one_hot(want: Any, index: Any, num_classes: int = -1) -> Any:
    import numpy as np

    if num_classes < 0:
        refuse("one_hot without num_classes: its extent would depend on data", code="SNK0205")
    classes = np.arange(num_classes)
    return emit("astype", emit("equal", emit("expand_dims", index, axis=-1), classes), dtype=dtype_name(want))


LAYERS: dict[str, Rule] = {
    "relu": _relu,
    "relu6": lambda want, x, inplace=False: _hardtanh(want, x, 0.0, 6.0, inplace),
    "leaky_relu": _leaky,
    "elu": _elu,
    "gelu": _gelu,
    "silu": _silu,
    "softplus": _softplus,
    "hardtanh": _hardtanh,
    "log_sigmoid": lambda want, x: emit("negative", _softplus(want, emit("negative", x), threshold=1e9)),
    "dropout": _dropout,
    "mse_loss": _mse,
    "l1_loss": _l1,
    "nll_loss": _nll,
    "nll_loss_nd": _nll,
    "cross_entropy": _cross_entropy,
    "layer_norm": _layer_norm,
    "batch_norm": _batch_norm,
    "embedding": _embedding,
    "normalize": _normalize,
    "one_hot": _one_hot,
}
"""Functions of `nn.functional`: each takes PyTorch's result on `meta` tensors, then the operands."""
