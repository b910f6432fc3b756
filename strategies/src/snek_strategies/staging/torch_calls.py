"""PyTorch's functions on TensorReps: a rule says how a function is made of primitives, and PyTorch what comes out.

Every call is first made on PyTorch's `meta` tensors, which have a dtype and a shape and no elements: that gives the
dtype and the shape of each result, and what PyTorch raises for operands that do not fit.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch

from snek_strategies.ir.types import Array
from snek_strategies.staging.partly_bound import settle_all
from snek_strategies.staging.refusal import refuse
from snek_strategies.staging.rep import Rep, constant, emit
from snek_strategies.staging.tensor_rep import as_tensor, call
from snek_strategies.staging.tensors import array_of
from snek_strategies.staging.torch_layers import LAYERS
from snek_strategies.staging.torch_pointwise import POINTWISE, dtype_name
from snek_strategies.staging.torch_reductions import REDUCTIONS
from snek_strategies.staging.torch_shapes import ASKED, SHAPES
from snek_strategies.staging.torch_windows import WINDOWS

RULES: dict[str, Callable[..., object]] = {**POINTWISE, **REDUCTIONS, **SHAPES, **LAYERS, **WINDOWS}
"""Each function of PyTorch's by its name, which is the same as a function, a method and in `nn.functional`."""


def call_torch(function: Callable[..., object], args: tuple[object, ...], kwargs: dict[str, Any]) -> object:
    """Stage a call of PyTorch's. Refuses, by name, what has no rule."""
    name = getattr(function, "__name__", repr(function))
    args, kwargs = settle_all(args), {key: settle_all(one) for key, one in kwargs.items()}  # type: ignore[assignment]
    if name in ASKED:
        return ASKED[name](*args, **kwargs)
    plain = _in_place(name)
    if plain is not None:
        return _stored(function, plain, args, kwargs)
    rule = RULES.get(name)
    if rule is None or kwargs.get("out") is not None or kwargs.get("inplace"):
        refuse(
            f"{_called(function)}{' in place' if rule else ''} is not staged; the staged functions of PyTorch are: "
            f"{', '.join(sorted(one for one in RULES if not one.startswith('_')))}",
            code="SNK0204",
        )
    try:
        wanted = function(*_each(args, _meta), **_each(kwargs, _meta))
    except (RuntimeError, TypeError, ValueError, IndexError, NotImplementedError) as error:
        refuse(f"{_called(function)} has no meaning for these operands: {error}", code="SNK0203")
    kwargs = {key: one for key, one in kwargs.items() if key not in ("out", "inplace")}
    made = rule(wanted, *_each(args, _operand), **_each(kwargs, _operand))
    return _conformed(_called(function), made, wanted)


def _in_place(name: str) -> Callable[..., object] | None:
    """Return the function whose result a method that stores gives its tensor, or None for what is no such method."""
    if name in IN_PLACE:
        return IN_PLACE[name]
    base = name.removesuffix("_")
    function = getattr(torch.Tensor, base, None) if base != name and base in RULES else None
    return None if function is None else partial(call, function)


IN_PLACE: dict[str, Callable[..., object]] = {
    "zero_": partial(call, torch.zeros_like),
    "fill_": partial(call, torch.full_like),
    "copy_": lambda x, y, *_: call(torch.Tensor.expand_as, call(torch.clone, y), x),
}
"""Methods that store into their tensor, and what they store, where no function by that name says it."""


def _stored(function: Callable[..., object], plain: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> object:
    """Stage a method that stores what a function gives into its tensor, and gives the tensor."""
    try:
        function(*_each(args, _meta), **_each(kwargs, _meta))
    except (RuntimeError, TypeError, ValueError, IndexError, NotImplementedError) as error:
        refuse(f"{_called(function)} has no meaning for these operands: {error}", code="SNK0203")
    into = args[0]
    into[...] = plain(*args, **kwargs).to(into.dtype)
    return into


def _called(function: Callable[..., object]) -> str:
    owner = getattr(function, "__module__", None) or "torch"
    return f"{owner}.{getattr(function, '__name__', function)}"


def _each(value: Any, change: Callable[[object], object]) -> Any:
    if isinstance(value, (tuple, list)) and not isinstance(value, torch.Size):
        return type(value)(_each(one, change) for one in value)
    if isinstance(value, dict):
        return {name: _each(one, change) for name, one in value.items()}
    return change(value)


def _meta(value: object) -> object:
    if isinstance(value, Rep):
        if not isinstance(value.type, Array):
            return {"bool": True, "int": 1, "float": 1.0, "complex": 1j}[str(value.type)]
        kind = getattr(torch, value.type.dtype.name)
        return torch.empty(value.type.dims, dtype=kind, device="meta")
    return value.detach().to("meta") if isinstance(value, torch.Tensor) else value


def _operand(value: object) -> object:
    return constant(array_of(value)) if isinstance(value, torch.Tensor) else value


def _conformed(name: str, made: Any, wanted: Any) -> object:
    """Return what a rule made with the dtype that PyTorch says, as tensors, in PyTorch's own tuples."""
    if isinstance(wanted, (tuple, list)):
        parts = [_conformed(name, one, want) for one, want in zip(made, wanted, strict=True)]
        return parts if isinstance(wanted, list) else tuple(parts) if type(wanted) is tuple else type(wanted)(parts)
    if not isinstance(wanted, torch.Tensor):
        return made
    assert isinstance(made.type, Array)
    assert tuple(made.type.dims) == tuple(wanted.shape), f"{name} gives {made.type}, not {tuple(wanted.shape)}"
    if made.type.dtype.name != dtype_name(wanted):
        made = emit("astype", made, dtype=dtype_name(wanted))
    return as_tensor(made)
