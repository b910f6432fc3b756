"""PyTorch values: from and to NumPy, waiting for the device, threads, and PyTorch's deprecation warnings."""

from __future__ import annotations

import sys
import warnings
from abc import ABC
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from typing import Any, ClassVar

import numpy as np

from snek_strategies.nested import map_leaves
from snek_strategies.protocol import Program, Staged, Strategy
from snek_strategies.static_arguments import is_static
from snek_strategies.torch_gradient import TorchGradient

WITH_DYNAMO = ("torch", "torch._dynamo")
"""What a strategy that captures with Dynamo imports: PyTorch itself imports it only then, which takes some 2 s."""


class TorchStrategy(Strategy, ABC):
    """What all strategies on PyTorch share: values and devices."""

    framework = "torch"
    imports: ClassVar[tuple[str, ...]] = ("torch",)
    devices = ("cpu", "cuda")

    def missing(self) -> str | None:
        """Say why this strategy cannot run here, or None where it can; asks PyTorch where the device is CUDA."""
        reason = super().missing()
        if reason is None and self.device == "cuda":
            import torch

            if not torch.cuda.is_available():
                return f"torch {torch.__version__} finds no CUDA device; install its CUDA build and a driver"
        return reason

    def pin_threads(self, count: int) -> None:
        """Let PyTorch compute with `count` threads, inside operations and between them."""
        import torch

        torch.set_num_threads(count)
        torch.set_num_interop_threads(count)

    def stage_gradient(self, program: Program, example: tuple[object, ...], by: tuple[int, ...]) -> Staged:
        """Capture the program; PyTorch's tape differentiates it at every call. Raises what PyTorch raises."""
        return TorchGradient(self.stage(program, example), by)

    def from_host(self, value: object) -> object:
        """Copy a NumPy array or scalar into a tensor of the same dtype on the device; Python scalars stay."""
        if is_static(value):
            return value
        torch = loaded(self.device)
        return torch.tensor(np.asarray(value), device=self.device)

    def to_host(self, value: object) -> object:
        """Return a result with every tensor as a NumPy array; Python scalars stay."""
        import torch

        def leaf(item: object) -> object:
            return item.detach().cpu().numpy() if isinstance(item, torch.Tensor) else item

        return map_leaves(leaf, value)

    def wait(self, value: object) -> None:  # noqa: ARG002 - the protocol
        """Return once the device has finished; on the CPU every operation has, when it returns."""
        if self.device == "cuda":
            import torch

            torch.cuda.synchronize()


@cache
def loaded(device: str) -> Any:
    """Return the module, with `device` the one on which programs create tensors."""
    import torch

    if device != "cpu":
        torch.set_default_device(device)
        torch.backends.cudnn.allow_tf32 = False  # as PyTorch has it for products outside cuDNN: float32 is float32
    return torch


def on_device(device: str) -> AbstractContextManager[object]:
    """Return what makes tensors on a device, that of a tensor, while it is entered."""
    import torch

    made: AbstractContextManager[object] = torch.device(device)
    return made


def own_tensor(value: Any, dtype: np.dtype[np.generic]) -> Any:
    """Return a host value as a tensor where tensors are made now; a tensor as it is, without what it records."""
    import torch

    if isinstance(value, torch.Tensor):
        return value.detach().resolve_conj().resolve_neg()
    # Made on the device, not where the array is.
    return torch.tensor(np.asarray(value, dtype))


def missing_torchscript() -> str | None:
    """Say why `torch.jit` cannot be used on this Python, or None where it can."""
    if sys.version_info >= (3, 14):
        running = ".".join(map(str, sys.version_info[:2]))
        return f"torch.jit is not supported on Python {running}; use Python 3.11, 3.12 or 3.13"
    return None


@contextmanager
def deprecated_torchscript() -> Iterator[None]:
    """Use `torch.jit` on purpose: its own deprecation warning is ignored inside, and no other one."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"`torch\.jit\.\w+` is deprecated", category=DeprecationWarning)
        yield
