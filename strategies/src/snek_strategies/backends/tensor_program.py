"""What programs over PyTorch's tensors share: the devices that they run on, and their numbers."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, ClassVar

import numpy as np

from snek_strategies.backends.traced_program import TracedProgram
from snek_strategies.torch_values import on_device, own_tensor


class TensorProgram(TracedProgram):
    """A program over tensors, on whatever device they are."""

    arrays_of: ClassVar[str] = "torch"

    @classmethod
    def on(cls, device: str) -> AbstractContextManager[object]:
        """Return what makes tensors where the program is to run."""
        return on_device(device)

    @classmethod
    def own(cls, value: object, dtype: np.dtype[np.generic]) -> object:
        """Return a value as a tensor on the device."""
        return own_tensor(value, dtype)

    def number(self, value: Any) -> np.generic:
        """Return a number of PyTorch's, on whatever device, or of Python's, as NumPy's."""
        return super().number(value.cpu() if hasattr(value, "cpu") else value)
