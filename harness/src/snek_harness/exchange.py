"""Hand nested values of arrays and scalars from one process to another as an `.npz` file, without pickles."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

_SHAPE = "shape"
"""The entry that holds the nesting as JSON; every array is an entry of its own."""


def write_values(path: Path, value: object) -> None:
    """Write tuples, lists and dicts of NumPy arrays, NumPy scalars and Python scalars. Raises TypeError for others."""
    arrays: dict[str, np.ndarray] = {}
    nesting = json.dumps(_flatten(value, arrays))
    with path.open("wb") as file:
        np.savez(file, **{_SHAPE: np.frombuffer(nesting.encode(), np.uint8)}, **arrays)  # type: ignore[arg-type]


def read_values(path: Path) -> object:
    """Return what `write_values` wrote, with the same types, dtypes and shapes."""
    with np.load(path, allow_pickle=False) as entries:
        return _rebuild(json.loads(entries[_SHAPE].tobytes()), entries)


def _flatten(value: object, arrays: dict[str, np.ndarray]) -> object:
    match value:
        case np.ndarray() | np.generic():
            array = np.asarray(value)
            if array.dtype.hasobject:
                raise TypeError(f"an array of Python objects cannot be handed over: {value!r}; use a numeric dtype")
            name = f"a{len(arrays)}"
            arrays[name] = array
            return ["array" if isinstance(value, np.ndarray) else "scalar", name]
        case tuple() | list():
            return [type(value).__name__, [_flatten(item, arrays) for item in value]]
        case dict():
            return ["dict", [[_flatten(key, arrays), _flatten(item, arrays)] for key, item in value.items()]]
        case complex():
            return ["complex", [value.real, value.imag]]
        case None | bool() | int() | float() | str():
            return ["plain", value]
    raise TypeError(f"not an array, a scalar, or nested ones: {value!r}; results and arguments must be")


def _rebuild(nesting: list, entries: "np.lib.npyio.NpzFile") -> object:  # type: ignore[type-arg] # noqa: UP037
    kind, content = nesting
    match kind:
        case "array":
            return entries[content]
        case "scalar":
            return entries[content][()]
        case "tuple":
            return tuple(_rebuild(item, entries) for item in content)
        case "list":
            return [_rebuild(item, entries) for item in content]
        case "dict":
            return {_rebuild(key, entries): _rebuild(item, entries) for key, item in content}
        case "complex":
            return complex(*content)
    return content
