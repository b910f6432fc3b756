"""Joining the values that two paths through a TensorFlow graph give one variable."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from snek_core_transform.operators import Unbound
from snek_strategies.staging.join import is_tuple, join_items, rebuild, same_static
from snek_strategies.staging.refusal import refuse


@dataclass(frozen=True)
class TensorSlot:
    """Stands in a template for a tensor: its dtype and its shape, unknown extents as None, unknown rank as None."""

    dtype: Any
    shape: tuple[int | None, ...] | None


def is_symbolic(value: object) -> bool:
    """Tell whether a value is a tensor of a graph."""
    import tensorflow as tf

    return bool(tf.is_symbolic_tensor(value))


def slot_of(value: Any) -> TensorSlot:
    """Return the slot that holds a tensor."""
    return TensorSlot(value.dtype, None if value.shape.rank is None else tuple(value.shape.as_list()))


def join(name: str, a: object, b: object) -> object:
    """Return what stands for both values: what is equal stays, numbers and tensors become one `TensorSlot`.

    Refuses, by the variable's name, values that no one tensor holds without loss.
    """
    if same_static(a, b) and not is_symbolic(a):
        return a
    if isinstance(a, Unbound) or isinstance(b, Unbound):
        if name.startswith("<"):  # a lowered return's value: read only where its flag says that it is there
            return join(name, b if isinstance(a, Unbound) else a, b if isinstance(a, Unbound) else a)
        refuse(
            f"variable {name!r} has a value on one path only, and which one is taken depends on data; "
            "give it a value before the statement"
        )
    if is_tuple(a) and type(a) is type(b) and len(a) == len(b):  # type: ignore[arg-type]
        return join_items(join, name, a, b)
    left, right = _slot(a), _slot(b)
    if left is None or right is None:
        return refuse(
            f"variable {name!r} is {_describe(a)} on one path and {_describe(b)} on another, and which one is taken "
            "depends on data; give it tensors of one type on both"
        )
    if left.dtype != right.dtype:
        left, right = _agree(name, a, left, b, right)
    return TensorSlot(left.dtype, _shape(name, left, right))


def _slot(value: object) -> TensorSlot | None:
    import tensorflow as tf

    if isinstance(value, TensorSlot):
        return value
    if tf.is_tensor(value):
        return slot_of(value)
    if isinstance(value, (np.ndarray, np.generic)):
        return TensorSlot(tf.as_dtype(value.dtype), value.shape)
    # The widest dtype of its kind: a Python number has no bounds, and a narrower one would lose some silently.
    kinds = {bool: tf.bool, int: tf.int64, float: tf.float64, complex: tf.complex128}
    return TensorSlot(kinds[type(value)], ()) if type(value) in kinds else None


def _agree(name: str, a: object, left: TensorSlot, b: object, right: TensorSlot) -> tuple[TensorSlot, TensorSlot]:
    """Give a Python number the other side's dtype, where it is representable there."""
    if _representable(a, right):
        return TensorSlot(right.dtype, left.shape), right
    if _representable(b, left):
        return left, TensorSlot(left.dtype, right.shape)
    return refuse(
        f"variable {name!r} is {_describe(a)} on one path and {_describe(b)} on another, and which one is taken "
        "depends on data; give it one dtype on both (astype)"
    )


def _representable(value: object, slot: TensorSlot) -> bool:
    if type(value) not in (bool, int, float, complex):
        return False
    dtype = np.dtype(slot.dtype.as_numpy_dtype)
    if (type(value) is bool) != (dtype.kind == "b") or (type(value) is float and dtype.kind in "iu"):
        return False
    with np.errstate(all="ignore"):
        try:
            cast = dtype.type(value)
        except (OverflowError, TypeError):
            return False
    # NumPy would compare in the narrow dtype.
    return bool(cast.item() == value or value != value)


def _shape(name: str, left: TensorSlot, right: TensorSlot) -> tuple[int | None, ...] | None:
    if left.shape is None or right.shape is None:
        return None
    if len(left.shape) != len(right.shape):
        return refuse(f"variable {name!r} has shape {left.shape} on one path and {right.shape} on another")
    return tuple(x if x == y else None for x, y in zip(left.shape, right.shape, strict=True))


def _describe(value: object) -> str:
    slot = _slot(value)
    if slot is None or type(value) in (bool, int, float, complex):
        return f"{type(value).__name__} {value!r:.60}"
    return f"a tensor of dtype {slot.dtype.name} and shape {slot.shape}"


def slots(template: object) -> Iterator[TensorSlot]:
    """Walk the slots of a template."""
    if isinstance(template, TensorSlot):
        yield template
    elif is_tuple(template):
        for one in template:  # type: ignore[attr-defined]
            yield from slots(one)


def opened(template: object) -> object:
    """Turn the tensors of a template into slots."""
    if is_symbolic(template):
        return slot_of(template)
    return rebuild(template, [opened(one) for one in template]) if is_tuple(template) else template  # type: ignore[attr-defined]


def project(template: object, value: object) -> Iterator[Any]:
    """Walk the tensors that a value puts into a template's slots."""
    import tensorflow as tf

    if isinstance(template, TensorSlot):
        if isinstance(value, Unbound):
            shape = None if template.shape is None else [0 if dim is None else dim for dim in template.shape]
            yield tf.zeros(shape or [], template.dtype)
        else:
            yield tf.convert_to_tensor(value, template.dtype)
    elif is_tuple(template):
        for at, one in enumerate(template):  # type: ignore[arg-type, var-annotated]
            yield from project(one, value if isinstance(value, Unbound) else value[at])  # type: ignore[index]


def fill(template: object, tensors: Iterator[Any]) -> object:
    """Return the value that a template describes, with tensors in its slots."""
    if isinstance(template, TensorSlot):
        return next(tensors)
    return rebuild(template, [fill(one, tensors) for one in template]) if is_tuple(template) else template  # type: ignore[attr-defined]
