"""Arrays of JAX and TensorFlow as arguments and outside values: what NumPy's would be that nobody may write to.

Neither system is imported here, so a program without such arrays never waits for one.
"""

from __future__ import annotations

import sys
from functools import cache
from typing import Any

import numpy as np

from snek_strategies.ir.types import Array, Type, type_of


def system_of(value: object) -> str:
    """Return the system whose array a value is, `jax` or `tensorflow`; nothing for any other value.

    A tracer of JAX's and a symbolic tensor of TensorFlow's have no elements, and are none.
    """
    return _system_of_class(type(value))  # type: ignore[arg-type] # mypy: a class has a hash


@cache
def _system_of_class(kind: type) -> str:
    jax, tensorflow = sys.modules.get("jax"), sys.modules.get("tensorflow")
    if jax is not None and issubclass(kind, jax.Array) and not issubclass(kind, jax.core.Tracer):
        return "jax"
    if tensorflow is not None and issubclass(kind, tensorflow.Tensor) and kind.__name__ == "EagerTensor":
        return "tensorflow"
    return ""


def is_foreign(value: object) -> bool:
    """Tell whether a value is an array of JAX's or TensorFlow's."""
    return system_of(value) != ""


def dtype_of_foreign(value: Any) -> np.dtype[Any]:
    """Return NumPy's dtype of such an array."""
    made: np.dtype[Any] = np.dtype(value.dtype.as_numpy_dtype if system_of(value) == "tensorflow" else value.dtype)
    return made


def type_of_foreign(value: Any) -> Type:
    """Return the type of such an array, without looking at its elements. Raises TypeError for a dtype without one."""
    type_of(np.empty((), dtype_of_foreign(value)))
    return Array(dtype_of_foreign(value), tuple(value.shape))


def array_of_foreign(value: Any) -> np.ndarray[Any, Any]:
    """Return the elements of such an array, which are not to be written to; on the CPU they are not copied."""
    made = np.asarray(value).view()
    made.flags.writeable = False
    return made
