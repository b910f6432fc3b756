"""Arguments and results as structures: tuples, lists, dicts, dataclasses and classes that the user has registered.

Containers that a program is given are the caller's own: what staged code does to them happens to them after the call,
and one container under two names stays one.
"""

from __future__ import annotations

import copy
import dataclasses
import enum
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from snek_core_transform.errors import StagingError
from snek_strategies.ir.types import ARRAYS
from snek_strategies.staging.attributes import attributes_of
from snek_strategies.staging.foreign_arrays import dtype_of_foreign, is_foreign, system_of
from snek_strategies.staging.join import is_tuple, rebuild
from snek_strategies.staging.lists import StagedList
from snek_strategies.staging.modules import copy_of_module, key_of_module, module_steps
from snek_strategies.staging.packed_trees import PackedTree
from snek_strategies.staging.registered_nodes import (
    is_registered,
    key_of_node,
    new_children,
    taken_apart,
)
from snek_strategies.staging.static_objects import is_static_object, key_of_static
from snek_strategies.staging.tensors import array_of, host_array, is_module, is_tensor, why_not
from snek_strategies.staging.tree_nodes import Forest
from snek_strategies.staging.users_classes import blank_copy, is_plain_object

IMMUTABLE = (
    bool, int, float, complex, str, bytes, type(None), np.dtype, np.generic, type(Ellipsis), range, slice, enum.Enum,
)  # fmt: skip

_PLAIN = frozenset({int, bool, str, float, type(None)})
"""The classes of most static values, asked for first: every call of a staged program walks its arguments."""

Step = tuple[str, object]
Path = tuple[Step, ...]


@dataclasses.dataclass(frozen=True)
class Dynamic:
    """Marks a Python number, given as an argument, as known only in the next stage."""

    value: bool | int | float | complex


@dataclasses.dataclass(frozen=True, eq=False)
class Static:
    """Marks an array, given as an argument, as known while staging: other contents are staged anew."""

    value: np.ndarray


def is_dict(value: object) -> bool:
    """Tell whether a value is a dict, or one of Python's own further kinds of it."""
    return type(value) in (dict, OrderedDict, defaultdict, Counter)


def empty_dict(like: Any) -> Any:
    """Return a dict of the same kind without entries."""
    if type(like) is dict:
        return {}
    made = copy.copy(like)
    made.clear()
    return made


def is_list(value: object) -> bool:
    """Tell whether a value is a list of Python's or of a staged program, and of no further class."""
    return type(value) is list or isinstance(value, StagedList)


def is_record(value: object) -> bool:
    """Tell whether a value is an instance of a dataclass, or of a class of the user's whose instances have a dict."""
    if dataclasses.is_dataclass(value):
        return not isinstance(value, (type, Dynamic, Static))
    return is_plain_object(value) and not (is_module(value) or is_registered(value))


def is_registered_node(value: object) -> bool:
    """Tell whether a value is of a registered class; dataclasses are records in any case."""
    return not is_record(value) and is_registered(value)


def is_container(value: object) -> bool:
    """Tell whether a value holds others and can be written to."""
    if isinstance(value, (list, dict)) or is_module(value) or is_registered_node(value):
        return True
    if not is_record(value):
        return False
    parameters = getattr(value, "__dataclass_params__", None)
    return parameters is None or not parameters.frozen


def is_store(value: object) -> bool:
    """Tell whether a value is an array whose elements can be written to in place."""
    return (isinstance(value, np.ndarray) and value.ndim > 0) or is_tensor(value) or is_foreign(value)


def steps(value: object) -> Iterator[tuple[Step, object]]:
    """Walk what a structure holds, each with the step that leads to it."""
    if isinstance(value, (tuple, list)):
        for at, one in enumerate(list.__iter__(value) if isinstance(value, list) else value):
            yield ("item", at), one
    elif isinstance(value, dict):
        for name, one in value.items():
            yield ("item", name), one
    elif is_record(value):
        for name in field_names(value):
            yield ("attribute", name), getattr(value, name)
    elif is_module(value):
        for name, one in module_steps(value):
            yield ("attribute", name), one
    elif isinstance(value, PackedTree):
        for name, table in value.tables.items():
            yield ("table", name), table
    elif is_registered(value):
        for at, one in enumerate(taken_apart(value).children):
            yield ("child", at), one


def field_names(record: object) -> list[str]:
    """Return the names of the attributes that an instance has now: its dataclass's fields, and what was added."""
    if not dataclasses.is_dataclass(record):
        return list(vars(record))
    fields = [field.name for field in dataclasses.fields(record) if hasattr(record, field.name)]
    return [*fields, *(name for name in getattr(record, "__dict__", ()) if name not in fields)]


def copy_of_record(record: object) -> object:
    """Return a new instance that holds the same."""
    return copy.copy(record) if dataclasses.is_dataclass(record) else blank_copy(record)


def follow(value: object, path: Path) -> Any:
    """Return what stands at a path."""
    for kind, name in path:
        if kind == "child":
            value = taken_apart(value).children[name]  # type: ignore[call-overload]
        else:
            value = getattr(value, str(name)) if kind == "attribute" else value[name]  # type: ignore[index]
    return value


def containers_in(value: object, path: Path = ()) -> Iterator[tuple[Path, object]]:
    """Walk the containers and arrays that can be written to, each at the first path that leads to it."""
    yield from _containers(value, path, set())


def _containers(value: object, path: Path, seen: set[int]) -> Iterator[tuple[Path, object]]:
    if is_container(value) or is_store(value):
        if id(value) in seen:
            return
        seen.add(id(value))
        yield path, value
    # A tree's tables are the program's own.
    for step, one in () if isinstance(value, PackedTree) else steps(value):
        yield from _containers(one, (*path, step), seen)


def arrays_in(value: object) -> Iterator[Any]:
    """Walk the dynamic leaves of arguments as back-ends take them; what is one array comes once."""
    return map(host_array, leaves_in(value))


def leaves_in(value: object) -> Iterator[Any]:
    """Walk the dynamic leaves of arguments, arrays, tensors and marked numbers; what is one array comes once."""
    yield from _arrays(value, set())


def _arrays(value: object, seen: set[int]) -> Iterator[Any]:
    if type(value) is tuple:
        for one in value:
            yield from _arrays(one, seen)
    elif type(value) in _PLAIN:
        return
    elif isinstance(value, np.ndarray):
        if value.ndim == 0 or id(value) not in seen:
            seen.add(id(value))
            yield value
    elif isinstance(value, np.generic):
        yield value
    elif is_tensor(value) or is_foreign(value):
        if id(value) not in seen:
            seen.add(id(value))
            yield value
    elif isinstance(value, Dynamic):
        yield value.value
    else:
        if is_container(value):
            if id(value) in seen:
                return
            seen.add(id(value))
        for _, one in steps(value):
            yield from _arrays(one, seen)


def static_objects_in(value: object, seen: set[int] | None = None) -> Iterator[object]:
    """Walk the functions, classes and such among arguments, which the program relies on as on what is outside it."""
    seen = set() if seen is None else seen
    if type(value) in _PLAIN or id(value) in seen:
        return
    seen.add(id(value))
    if is_static_object(value):
        yield value
    for _, one in () if isinstance(value, PackedTree) else steps(value):
        yield from static_objects_in(one, seen)


def key_of(value: object, seen: dict[int, int] | None = None) -> object:
    """Return what a staging is keyed by: dtypes and shapes of the arrays, every static value, and which are one.

    Raises StagingError for an argument that is none of these.
    """
    seen = {} if seen is None else seen
    kind = type(value)
    if kind is tuple:
        return (tuple, *[key_of(one, seen) for one in value])  # type: ignore[attr-defined]
    if kind in _PLAIN and kind is not float:
        return (kind, value)
    if isinstance(value, (np.ndarray, np.generic)):
        if isinstance(value, np.ndarray) and kind not in ARRAYS:
            raise StagingError(
                f"a {kind.__name__} computes in its own way; give the arrays that it is made of", code="SNK0217"
            )
        if is_store(value):
            # Arrays that are one are told from arrays that are two: a store into one is seen in the other.
            if id(value) in seen:
                return ("again", seen[id(value)])
            seen[id(value)] = len(seen)
        return (value.dtype, value.shape or type(value) is np.ndarray)
    if is_tensor(value) or is_foreign(value) or is_container(value):
        if id(value) in seen:
            return ("again", seen[id(value)])
        seen[id(value)] = len(seen)
    if is_tensor(value):
        reason = why_not(value)
        if reason is not None:
            raise StagingError(reason, code="SNK0217")
        return ("tensor", value.dtype, tuple(value.shape), value.device)  # type: ignore[attr-defined]
    if is_foreign(value):
        return (system_of(value), (dtype_of_foreign(value), tuple(value.shape) or True))  # type: ignore[attr-defined]
    if isinstance(value, Dynamic):
        return (Dynamic, type(value.value))
    if isinstance(value, PackedTree):
        return value.key()
    if isinstance(value, Static):
        return (Static, value.value.dtype, value.value.shape, value.value.tobytes())
    if is_list(value) or isinstance(value, tuple):
        return (type(value), *(key_of(one, seen) for one in value))  # type: ignore[attr-defined]
    if is_dict(value):
        made = getattr(value, "default_factory", None)
        return (type(value), made, *((name, key_of(one, seen)) for name, one in value.items()))  # type: ignore[attr-defined]
    if is_record(value):
        return (type(value), *((step, key_of(one, seen)) for step, one in steps(value)))
    if is_module(value):
        return key_of_module(value, lambda one: key_of(one, seen))
    if is_registered(value):
        return key_of_node(value, lambda one: key_of(one, seen))
    if isinstance(value, (float, complex, range, slice)):
        return (kind, repr(value))  # 0.0 equals -0.0, and range(0) equals range(1, 1)
    if isinstance(value, IMMUTABLE):
        return (type(value), value)
    if is_static_object(value):
        return key_of_static(value, key_of)
    raise StagingError(
        f"an argument of class {type(value).__name__}: {value!r:.60}; give NumPy arrays as data, Python numbers, "
        "strings and functions as static values, in tuples, lists, dicts, objects of your classes and classes "
        "registered with optree",
        code="SNK0217",
    )


def with_leaves(value: object, leaf: Callable[[object], object]) -> object:
    """Return a structure of the same shape, `leaf` of each dynamic leaf in place of it; what is one stays one."""
    return _with_leaves(value, leaf, {})


def _with_leaves(value: object, leaf: Callable[[object], object], made: dict[int, object]) -> object:
    if id(value) in made:
        return made[id(value)]
    if isinstance(value, (np.ndarray, np.generic, Dynamic)) or is_tensor(value) or is_foreign(value):
        rep = leaf(value)
        if is_store(value):
            made[id(value)] = rep
        return rep
    if isinstance(value, PackedTree):
        tables = {name: _with_leaves(table, leaf, made) for name, table in value.tables.items()}
        return Forest(value.kind, tables, value.fields).as_given(value.given)
    if isinstance(value, Static):
        fixed = value.value.copy()
        fixed.flags.writeable = False
        return fixed
    if is_tuple(value):
        return rebuild(value, [_with_leaves(one, leaf, made) for one in value])  # type: ignore[attr-defined]
    if isinstance(value, list):
        items = made[id(value)] = StagedList()
        items.extend(_with_leaves(one, leaf, made) for one in value)
        return items
    if isinstance(value, dict):
        entries = made[id(value)] = empty_dict(value)
        for name, one in value.items():
            entries[name] = _with_leaves(one, leaf, made)
        return entries
    if is_record(value):
        record = made[id(value)] = copy_of_record(value)
        for (_, name), one in steps(value):
            # A frozen dataclass refuses plain assignment.
            object.__setattr__(record, str(name), _with_leaves(one, leaf, made))
        return record
    if is_module(value):
        return copy_of_module(value, made, lambda one: _with_leaves(one, leaf, made))
    if is_registered(value):
        found = taken_apart(value)
        if any(is_container(one) or is_store(one) for one in new_children(value, found)):
            raise StagingError(
                f"a {type(value).__name__} is taken apart to new arrays or containers each time, so what staged code "
                "does to them would be lost; give what the object holds",
                code="SNK0217",
            )
        made[id(value)] = found.made([_with_leaves(one, leaf, made) for one in found.children])
        return made[id(value)]
    return value


def held_by(container: object) -> tuple[object, ...]:
    """Return what a container holds, names and order included, to be compared by identity."""
    if is_registered_node(container):
        return tuple(part for named in attributes_of(container).items() for part in named)
    return tuple(part for (_, name), one in steps(container) for part in (name, one))


def write_back(container: Any, new: Any) -> None:
    """Make a container or an array of the caller's hold what `new` holds."""
    if isinstance(container, np.ndarray):
        container[...] = new
    elif is_tensor(container):
        array_of(container)[...] = new
    elif isinstance(container, list):
        container[:] = new
    elif isinstance(container, dict):
        container.clear()
        container.update(new)
    else:
        # What the class does at an assignment has been done when the program did it.
        for name in set(field_names(container)) - set(field_names(new)):
            object.__delattr__(container, name)
        for name in field_names(new):
            object.__setattr__(container, name, getattr(new, name))
