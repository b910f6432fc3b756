"""TensorRep: a Rep that stands for a PyTorch tensor; its operators, methods and functions are PyTorch's."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import torch

from snek_strategies.staging.in_place import store_item
from snek_strategies.staging.refusal import refuse
from snek_strategies.staging.rep import METHODS, Rep, emit, split_index
from snek_strategies.staging.tensors import array_of, flagged, is_tensor


class TensorRep(Rep):
    """Stands for a tensor of the next stage."""

    __slots__ = ()

    @classmethod
    def __torch_function__(
        cls, function: Callable[..., object], types: object, args: tuple[object, ...] = (), kwargs: Any = None
    ) -> object:
        from snek_strategies.staging.torch_calls import call_torch

        return call_torch(function, args, kwargs or {})

    @property
    def shape(self) -> Any:
        """The extents, static, as PyTorch gives them."""
        return torch.Size(super().shape)

    @property
    def dtype(self) -> Any:
        """The dtype, static, PyTorch's."""
        return getattr(torch, self._array("dtype").dtype.name)

    @property
    def device(self) -> Any:
        """Where the tensor lives."""
        return torch.device("cpu")

    @property
    def requires_grad(self) -> bool:
        """Tell that PyTorch records no gradient of staged code; `snek.grad` gives it."""
        return False

    @property
    def T(self) -> Any:
        """The transpose."""
        return call(torch.t, self)

    def __getitem__(self, index: object) -> Any:
        parts = index if isinstance(index, tuple) else (index,)
        if any(isinstance(one, slice) and isinstance(one.step, int) and one.step < 0 for one in parts):
            raise ValueError("step must be greater than zero")
        static, dynamic = split_index(tuple(array_of(one) if is_tensor(one) else one for one in parts))
        return as_tensor(emit("getitem", self, *dynamic, index=static))

    def __setitem__(self, index: object, value: object) -> None:
        store_item(self, index, array_of(value) if is_tensor(value) else value)
        self.atom = flagged(self.atom)

    def __getattr__(self, name: str) -> Any:
        function = getattr(torch.Tensor, name, None)
        if name.startswith("__") or function is None:
            raise AttributeError(f"'Tensor' object has no attribute {name!r}")
        if not callable(function):
            refuse(f"attribute {name!r} of a tensor of the next stage is not staged", code="SNK0204")
        return lambda *args, **kwargs: call(function, self, *args, **kwargs)


def call(function: Callable[..., object], *args: object, **kwargs: object) -> Any:
    """Stage a call of PyTorch's."""
    from snek_strategies.staging.torch_calls import call_torch

    return call_torch(function, args, kwargs)


def as_tensor(rep: Rep) -> TensorRep:
    """Make a Rep stand for a tensor, and return it: the memory that it may share stays known."""
    if isinstance(rep, TensorRep):
        return rep
    rep.atom = flagged(rep.atom)
    rep.__class__ = TensorRep
    assert isinstance(rep, TensorRep)
    return rep


def _binary(function: Callable[..., object], swapped: bool) -> Callable[..., object]:
    def method(self: TensorRep, other: object) -> object:
        if not isinstance(other, (bool, int, float, complex, Rep)) and not is_tensor(other):
            return NotImplemented
        return call(function, other, self) if swapped else call(function, self, other)

    return method


def _unary(function: Callable[..., object]) -> Callable[..., object]:
    return lambda self: call(function, self)


def _method(name: str) -> Callable[..., object]:
    return lambda self, *args, **kwargs: call(getattr(torch.Tensor, name), self, *args, **kwargs)


_ARITHMETIC = "add sub mul truediv floordiv mod matmul and_ or_ xor lshift rshift pow"
for _name in _ARITHMETIC.split():
    _plain_name = _name.rstrip("_")
    setattr(TensorRep, f"__{_plain_name}__", _binary(getattr(operator, _name), swapped=False))
    setattr(TensorRep, f"__r{_plain_name}__", _binary(getattr(operator, _name), swapped=True))
for _name in ("lt", "le", "eq", "ne", "gt", "ge"):
    setattr(TensorRep, f"__{_name}__", _binary(getattr(operator, _name), swapped=False))
for _name in ("neg", "pos", "abs", "invert"):
    setattr(TensorRep, f"__{_name}__", _unary(getattr(operator, _name)))
_OTHERS = "reshape item conj conjugate real imag mT astype copy flatten size transpose ndim"
for _name in {*METHODS.split(), *_OTHERS.split()} - {"ndim", "real", "imag", "mT"}:
    if hasattr(torch.Tensor, _name):
        setattr(TensorRep, _name, _method(_name))
for _name in ("mT", "real", "imag"):
    setattr(TensorRep, _name, property(_unary(getattr(torch.Tensor, _name).__get__)))
TensorRep.__hash__ = Rep.__hash__  # type: ignore[method-assign]
