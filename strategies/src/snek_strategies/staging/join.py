"""Joining the values that two paths give one variable: what stays static, what becomes a slot, what is refused."""

from __future__ import annotations

import operator
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from snek_core_transform.operators import Unbound
from snek_strategies.ir.syntax import Atom, Const, Sym
from snek_strategies.ir.types import BOOL, PYTHON_TYPES, Array, Items, ListOf, Scalar, Type, concrete
from snek_strategies.staging.joined_lists import JoinedList, is_list, items_of, origins_of
from snek_strategies.staging.joined_nodes import filled, note_joined
from snek_strategies.staging.lists import Listed, item_type, made_of
from snek_strategies.staging.optional import Maybe
from snek_strategies.staging.partly_bound import PartlyBound
from snek_strategies.staging.refusal import refuse
from snek_strategies.staging.registered_nodes import Made, are_of_one_kind, is_registered, taken_apart
from snek_strategies.staging.rep import Rep, emit, lift, liftable
from snek_strategies.staging.tensors import type_of_value
from snek_strategies.staging.tree_nodes import TreeNode, forest_of, is_node, row_of


@dataclass(frozen=True)
class Slot:
    """Stands in a template for a value of the next stage."""

    type: Type


@dataclass(frozen=True)
class Absent:
    """Stands for what a path that never ends would give; joining it changes nothing."""


ABSENT = Absent()


@dataclass(frozen=True)
class Raises(Absent):
    """Stands for what a path that ends by raising would give."""


RAISES = Raises()


def is_tuple(value: object) -> bool:
    """Tell whether a value is a tuple, a named tuple or a C struct, the structures that are joined item by item."""
    return isinstance(value, tuple) and (
        type(value) is tuple or hasattr(type(value), "_fields") or hasattr(type(value), "n_sequence_fields")
    )


def rebuild(like: Any, items: list[object]) -> Any:
    """Return a tuple, or an instance of a frozen dataclass, of the same class; for a node, its parts."""
    if is_node(like):
        return TreeNode(forest_of(like), items[0])
    apart = _apart(like)
    if apart is not None:
        same = apart is not like and all(map(operator.is_, apart.children, items))
        return like if same else replace(apart, children=tuple(items))
    if not isinstance(like, tuple):
        record = object.__new__(type(like))
        for name, item in zip(vars(like), items, strict=True):
            # A frozen dataclass refuses plain assignment.
            object.__setattr__(record, name, item)
        return record
    made: Any = type(like)
    if made is tuple:
        return tuple(items)
    return made(items) if hasattr(made, "n_sequence_fields") else made(*items)


def parts(value: Any) -> tuple[object, ...] | None:
    """Return what a structure that is joined part by part holds: tuples, frozen dataclasses, registered nodes."""
    if isinstance(value, (Rep, Slot)):
        return None
    if is_tuple(value):
        return tuple(value)
    if is_node(value):
        return (row_of(value),)
    apart = _apart(value)
    if apart is not None:
        return apart.children
    parameters = getattr(type(value), "__dataclass_params__", None)
    if (
        parameters is None
        or not parameters.frozen
        or isinstance(value, (Slot, Absent))
        or not hasattr(value, "__dict__")
    ):
        return None
    return tuple(vars(value).values())


def _apart(value: object) -> Made | None:
    """Return the parts of a node of a registered class, or of what stands for one; None for all else."""
    if isinstance(value, Made):
        return value
    if hasattr(type(value), "__dataclass_params__") or not is_registered(value):
        return None
    return taken_apart(value)


def alike(a: object, b: object) -> bool:
    """Tell whether two structures have the same class and the same number of parts."""
    node, other = _apart(a), _apart(b)
    if node is not None and other is not None:
        return are_of_one_kind(node, other)
    if is_node(a) and is_node(b) and forest_of(a) is not forest_of(b):  # type: ignore[arg-type]
        return False
    mine, others = parts(a), parts(b)
    return mine is not None and others is not None and type(a) is type(b) and len(mine) == len(others)


def same_static(a: object, b: object) -> bool:
    """Tell whether two values known now are one value: identical, or immutable and equal in type and value."""
    if a is b:
        return True
    if isinstance(a, Rep) and isinstance(b, Rep):
        return isinstance(a.atom, Sym) and a.atom == b.atom
    if type(a) is not type(b):
        return False
    if isinstance(a, (float, complex, np.generic)):
        # repr tells 0.0 from -0.0 and finds nan equal to itself.
        return repr(a) == repr(b)
    if isinstance(a, (int, str, bytes, type(None), range)):
        return bool(a == b)
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(map(same_static, a, b))
    return isinstance(a, Slot) and a == b


def join(name: str, a: object, b: object) -> object:
    """Return the template of both values: what is equal stays, numbers that differ become a `Slot` of a joined type.

    Refuses, by the variable's name, values that no one type holds.
    """
    if isinstance(a, Absent):
        return b
    if isinstance(b, Absent) or same_static(a, b):
        return a
    if isinstance(a, Unbound):
        return PartlyBound(name, Slot(Scalar("bool")), b.snek_value if isinstance(b, PartlyBound) else b)
    if isinstance(b, Unbound):
        return join(name, b, a)
    if isinstance(a, PartlyBound) or isinstance(b, PartlyBound):
        values = [one.snek_value if isinstance(one, PartlyBound) else one for one in (a, b)]
        return PartlyBound(name, Slot(Scalar("bool")), join(name, *values))
    if a is None or b is None or isinstance(a, Maybe) or isinstance(b, Maybe):
        return _join_optional(name, a, b)
    if is_list(a) and is_list(b):
        return _join_lists(name, a, b)
    if alike(a, b):
        note_joined(*(one for one in (a, b) if _apart(one) is not None))
        return join_items(join, name, a, b)
    if isinstance(a, Listed) or isinstance(b, Listed) or ListOf in (_kind(a), _kind(b)):
        return Slot(_list_type(name, a, b))
    if all(isinstance(one, Slot) or liftable(one) for one in (a, b)):
        return Slot(_join_types(name, a, b))
    return refuse(
        f"variable {name!r} is {_describe(a)} on one path and {_describe(b)} on another, and which one is taken "
        f"depends on data; {_remedy(a, b)}",
        code="SNK0208",
    )


def _remedy(a: object, b: object) -> str:
    kind = type(a)
    if kind is type(b) and kind.__module__ != "builtins" and hasattr(a, "__dict__"):
        return f"change one {kind.__name__} in place, or make the class a frozen dataclass, whose fields are joined"
    return "give it numbers or arrays of one type on both"


def _join_optional(name: str, a: object, b: object) -> Maybe:
    """Join values of which one may be None."""
    values = [one.snek_value if isinstance(one, Maybe) else one for one in (a, b) if one is not None]
    flag: object = Slot(BOOL)
    if isinstance(a, Maybe) and isinstance(b, Maybe) and same_static(a.snek_flag, b.snek_flag):
        flag = a.snek_flag
    return Maybe(flag, values[0] if len(values) == 1 else join(name, *values))


def join_items(join_one: Callable[[str, object, object], object], name: str, a: Any, b: Any) -> object:
    """Join two tuples of one class and length item by item."""
    pairs = zip(parts(a) or (), parts(b) or (), strict=True)
    return rebuild(a, [join_one(f"{name}[{at}]", x, y) for at, (x, y) in enumerate(pairs)])


def _describe(value: object) -> str:
    if isinstance(value, (Rep, Slot)):
        return f"a value of type {value.type}"
    return f"{type(value).__name__} {value!r:.60}"


def type_now(value: object) -> Type:
    """Return the type of a number or an array, or of what stands for one."""
    return value.type if isinstance(value, (Slot, Rep)) else type_of_value(value)


def _join_types(name: str, a: object, b: object) -> Type:
    left, right = type_now(a), type_now(b)
    if left == right:
        return left
    if isinstance(left, Scalar) and isinstance(right, Scalar) and {left.kind, right.kind} == {"int", "float"}:
        return Scalar("float")
    if isinstance(left, Array) and isinstance(right, Scalar) and _fits(right, left, b):
        return left
    if isinstance(right, Array) and isinstance(left, Scalar) and _fits(left, right, a):
        return right
    return refuse(
        f"variable {name!r} is {left} on one path and {right} on another, and which one is taken depends on data; "
        "give it one dtype and one shape on both (astype, asarray, broadcast_to)",
        code="SNK0208",
    )


def _kind(value: object) -> type | None:
    return type(value.type) if isinstance(value, (Slot, Rep)) else None


def _join_lists(name: str, a: object, b: object) -> JoinedList:
    """Join two lists item by item; lists of different lengths become one value."""
    contents = [items_of(one) for one in (a, b)]
    origins = {id(one): one for held in (a, b) for one in origins_of(held)}
    one_value = any(len(one) == 1 and _kind(one[0]) is ListOf for one in contents)
    if one_value or len(contents[0]) != len(contents[1]):
        listed = [one[0] if len(one) == 1 and _kind(one[0]) is ListOf else Listed(one) for one in contents]
        items: tuple[object, ...] = (Slot(_list_type(name, *listed)),)
    else:
        items = tuple(join(f"{name}[{at}]", x, y) for at, (x, y) in enumerate(zip(*contents, strict=True)))
    return JoinedList(items, tuple(origins.values()))


def _list_type(name: str, a: object, b: object) -> Type:
    """Return the type of a list that has other items on another path."""
    items: list[object] = []
    for one in (a, b):
        if isinstance(one, Listed):
            items += one.items
        elif isinstance(one, (Slot, Rep)) and isinstance(one.type, ListOf):
            items.append(Slot(one.type.item))
        else:
            refuse(f"variable {name!r} is a list on one path and {_describe(one)} on another", code="SNK0208")
    item = item_type(name, items)
    assert item is not None, "one of the lists has items"
    for one in (a, b):
        if isinstance(one, (Slot, Rep)) and one.type != ListOf(item):
            refuse(
                f"{name!r} has items of type {one.type.item} on one path and {item} on another; give all one type",  # type: ignore[union-attr]
                code="SNK0208",
            )
    return ListOf(item)


def _fits(weak: Scalar, strong: Array, value: object) -> bool:
    """Tell whether a Python scalar can become a NumPy scalar of that dtype with nothing lost."""
    if strong.dims:
        return False
    known = value.atom.value if isinstance(value, Rep) and isinstance(value.atom, Const) else value
    if type(known) in PYTHON_TYPES:
        if (weak.kind == "bool") != (strong.dtype.kind == "b") or not np.can_cast(
            {"bool": np.bool_, "int": np.int8, "float": np.float16, "complex": np.complex64}[weak.kind],
            strong.dtype,
            "same_kind",
        ):
            return False
        with np.errstate(all="ignore"):
            try:
                cast = strong.dtype.type(known)
            except OverflowError:
                return False
        # NumPy would compare in the narrow dtype.
        return bool(cast.item() == known or known != known)
    return {"bool": "bool", "int": "int64", "float": "float64", "complex": "complex128"}[weak.kind] == strong.dtype.name


def slots(template: object) -> Iterator[Type]:
    """Walk the types of a template's slots, in the order of `project` and `fill`."""
    if isinstance(template, Slot):
        yield template.type
    elif isinstance(template, PartlyBound):
        yield from slots(template.snek_flag)
        yield from slots(template.snek_value)
    else:
        for one in template.items if isinstance(template, JoinedList) else parts(template) or ():
            yield from slots(one)


def project(template: object, value: object) -> Iterator[Atom]:
    """Walk the atoms that a value puts into a template's slots; conversions are emitted into the open block."""
    if isinstance(template, Slot):
        yield zero(template.type) if isinstance(value, Unbound | Raises) else coerce(value, template.type)
    elif isinstance(template, PartlyBound):
        if isinstance(template.snek_flag, Slot):
            known = not isinstance(value, Unbound | Raises)
            yield lift(value.snek_flag) if isinstance(value, PartlyBound) else lift(known)
        yield from project(template.snek_value, value.snek_value if isinstance(value, PartlyBound) else value)
    elif isinstance(template, JoinedList):
        yield from _projected_list(template, value)
    elif isinstance(template, Maybe) and not isinstance(value, Maybe | Unbound | Raises):
        if isinstance(template.snek_flag, Slot):
            yield lift(value is not None)
        # Where there is no value, what stands for it is as good as what no path gives.
        yield from project(template.snek_value, RAISES if value is None else value)
    else:
        inside = None if isinstance(value, Unbound | Raises) else parts(value)
        for at, one in enumerate(parts(template) or ()):
            yield from project(one, value if inside is None else inside[at])


def entering(template: object, value: object) -> Iterator[Atom | None]:
    """Walk what a value puts into a template's slots, as far as it is of the next stage already; emits nothing."""
    if isinstance(template, Slot):
        yield value.atom if isinstance(value, Rep) else None
        return
    inside, held = parts(template), parts(value)
    if inside is None or held is None or len(inside) != len(held):
        yield from (None for _ in slots(template))
        return
    for one, other in zip(inside, held, strict=True):
        yield from entering(one, other)


def _projected_list(template: JoinedList, value: object) -> Iterator[Atom]:
    items: tuple[object, ...] = (
        (value,) * len(template.items) if isinstance(value, Unbound | Raises) else items_of(value)
    )
    if [_kind(one) for one in template.items] == [ListOf] and [_kind(one) for one in items] != [ListOf]:
        items = (value if isinstance(value, Unbound | Raises) else Listed(items),)
    for one, held in zip(template.items, items, strict=True):
        yield from project(one, held)


def fill(template: object, reps: Iterator[Rep]) -> object:
    """Return the value that a template describes, its slots taken by `reps` in order."""
    if isinstance(template, Slot):
        return next(reps)
    if isinstance(template, PartlyBound):
        flag = fill(template.snek_flag, reps)
        return PartlyBound(template.snek_name, flag, fill(template.snek_value, reps))
    if isinstance(template, JoinedList):
        return template.made([fill(one, reps) for one in template.items])
    inside = parts(template)
    if inside is not None:
        made = rebuild(template, [fill(one, reps) for one in inside])
        return filled(made) if isinstance(made, Made) else made
    return template


def opened(template: object, reps: frozenset[int] | None = None, kept: Container[int] = ()) -> object:
    """Turn the Reps of a template (those with these names, or all) into slots, but for lists that are `kept` by id."""
    if isinstance(template, Rep):
        owned = reps is None or (isinstance(template.atom, Sym) and template.atom.index in reps)
        return Slot(template.type) if owned else template
    if isinstance(template, PartlyBound):
        return PartlyBound(
            template.snek_name, opened(template.snek_flag, reps), opened(template.snek_value, reps, kept)
        )
    if is_list(template) and id(template) not in kept:
        items = tuple(opened(one, reps, kept) for one in items_of(template))
        own = isinstance(template, JoinedList) or any(
            x is not y for x, y in zip(items, items_of(template), strict=True)
        )
        # A list that holds none of these values is the one list that it is.
        return JoinedList(items, origins_of(template)) if own else template
    inside = parts(template)
    if inside is not None:
        return rebuild(template, [opened(one, reps, kept) for one in inside])
    return template


def same_template(a: object, b: object) -> bool:
    """Tell whether two templates are one."""
    if isinstance(a, PartlyBound) and isinstance(b, PartlyBound):
        return same_template(a.snek_flag, b.snek_flag) and same_template(a.snek_value, b.snek_value)
    if isinstance(a, JoinedList) and isinstance(b, JoinedList):
        return len(a.items) == len(b.items) and all(map(same_template, a.items, b.items))
    if alike(a, b):
        return all(map(same_template, parts(a) or (), parts(b) or ()))
    return same_static(a, b)


def zero(type_: Type) -> Const:
    """Return the zero that fills a slot nobody reads."""
    if isinstance(type_, Scalar):
        return Const({"bool": bool, "int": int, "float": float, "complex": complex}[type_.kind](), type_)
    if isinstance(type_, ListOf):
        return Const(Items(type_.item, [], 0), type_)
    assert isinstance(type_, Array)
    value = np.broadcast_to(type_.dtype.type(0), concrete(type_.dims)) if type_.dims else type_.dtype.type(0)
    return Const(value, type_)


def coerce(value: object, type_: Type) -> Atom:
    """Return an atom of that type; `join` has found that nothing is lost."""
    if isinstance(value, Listed):
        assert isinstance(type_, ListOf)
        return made_of(value.items, type_.item).atom
    atom = lift(value)
    if atom.type == type_:
        return atom
    if isinstance(type_, Scalar):
        return lift(float(atom.value)) if isinstance(atom, Const) else emit(type_.kind, value).atom  # type: ignore[arg-type]
    assert isinstance(type_, Array)
    if isinstance(atom, Const):
        return Const(type_.dtype.type(atom.value), type_)
    return emit("astype", emit("asarray", value), dtype=type_.dtype.name).atom
