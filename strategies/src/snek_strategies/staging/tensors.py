"""PyTorch's tensors as arrays: PyTorch is never imported here, so a program without tensors never waits for it."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import numpy as np

from snek_core_transform.deep import in_deep_stack
from snek_strategies.ir.syntax import Atom, Block, Const, Program, Sym
from snek_strategies.ir.types import Array, Fn, Tensor, Type, type_of
from snek_strategies.staging.foreign_arrays import array_of_foreign, is_foreign, type_of_foreign
from snek_strategies.staging.refusal import refuse


def is_tensor(value: object) -> bool:
    """Tell whether a value is a tensor of PyTorch's."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def is_module(value: object) -> bool:
    """Tell whether a value is an `nn.Module`."""
    nn = sys.modules.get("torch.nn")
    return nn is not None and isinstance(value, nn.Module)


def is_description(value: object) -> bool:
    """Tell whether a value is what PyTorch describes tensors by: a dtype, a device, a shape."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, (torch.dtype, torch.device, torch.Size))


def why_not(tensor: Any) -> str | None:
    """Say why a tensor cannot be an array, or None where it can."""
    if tensor.device.type in DEVICES and not tensor.is_sparse and str(tensor.dtype) in DTYPES:
        return None
    return (
        f"a tensor of {tensor.dtype} on {tensor.device}: staging takes dense tensors on {' and '.join(DEVICES)} of "
        f"{', '.join(DTYPES.values())}; convert it with .cpu() or .to()"
    )


def array_of(tensor: Any) -> np.ndarray[Any, Any]:
    """Return a tensor's elements as an array: one that shares its memory, or, of a GPU's, one not to be written to."""
    reason = why_not(tensor)
    if reason is not None:
        refuse(reason, code="SNK0217")
    plain = tensor.detach().resolve_conj().resolve_neg()
    made: np.ndarray[Any, Any] = plain.cpu().numpy()
    if tensor.device.type != "cpu":
        made.flags.writeable = False
    return made


DEVICES = ("cpu", "cuda")
"""Where tensors may be."""

DTYPES = {
    f"torch.{name}": name
    for name in (
        "bool", "int8", "int16", "int32", "int64", "uint8", "float16", "float32", "float64", "complex64", "complex128",
    )
}  # fmt: skip
"""PyTorch's dtypes by name, and NumPy's names for them."""


def type_of_value(value: object) -> Type:
    """Return the type of a host value, tensors included. Raises TypeError for what is neither number nor array."""
    if is_tensor(value):
        reason = why_not(value)
        if reason is not None:
            refuse(reason, code="SNK0217")
        return Tensor(np.dtype(DTYPES[str(value.dtype)]), tuple(value.shape))  # type: ignore[attr-defined]
    return type_of_foreign(value) if is_foreign(value) else type_of(value)


def host_array(value: object) -> object:
    """Return a host value as back-ends take it: as an array of NumPy's where it is another system's."""
    if is_tensor(value):
        return array_of(value)
    return array_of_foreign(value) if is_foreign(value) else value


def tensor_of(value: object) -> object:
    """Return what a back-end gives as a tensor of its own."""
    torch = sys.modules["torch"]
    return value if isinstance(value, torch.Tensor) else torch.from_numpy(np.asarray(value))


def flagged(atom: Atom) -> Atom:
    """Return an atom as one whose value is a tensor."""
    assert isinstance(atom.type, Array)
    return replace(atom, type=Tensor(atom.type.dtype, atom.type.dims))


def without_tensors(program: Program) -> Program:
    """Return the program over arrays: back-ends need not know which values PyTorch's functions gave."""
    return Program(program.name, in_deep_stack(lambda: _block(program.body)))


def _block(block: Block) -> Block:
    nodes = tuple(
        replace(
            node,
            results=tuple(map(_plain, node.results)),
            operands=tuple(map(_plain, node.operands)),
            blocks=tuple(map(_block, node.blocks)),
        )
        for node in block.nodes
    )
    return Block(tuple(map(_plain, block.parameters)), nodes, tuple(map(_plain, block.results)))


def _plain(atom: Any) -> Any:
    type_ = _plain_type(atom.type)
    if type_ is atom.type:
        return atom
    return Sym(atom.index, type_) if isinstance(atom, Sym) else Const(atom.value, type_)


def _plain_type(type_: Type) -> Type:
    if isinstance(type_, Tensor):
        return Array(type_.dtype, type_.dims)
    if isinstance(type_, Fn):
        return Fn(tuple(map(_plain_type, type_.parameters)), tuple(map(_plain_type, type_.results)))
    return type_
