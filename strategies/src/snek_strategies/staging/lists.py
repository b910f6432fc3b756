"""Lists of staged programs: Python's own while their length is known, else values of the next stage.

A list whose items differ in number over paths or trips becomes one value: it then holds nothing but the Rep of that,
and every method goes to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NoReturn, SupportsIndex

from snek_strategies.ir.syntax import Atom, Const, Sym
from snek_strategies.ir.types import Array, ListOf, Scalar, Type
from snek_strategies.staging.refusal import refuse
from snek_strategies.staging.rep import Memory, Rep, emit, liftable, memory_of
from snek_strategies.staging.sorting import in_order


class StagedList(list[Any]):
    """A list that a staged program makes or is given."""

    __slots__ = ("__weakref__", "memory", "origins")

    def __init__(self, items: Iterable[Any] = ()) -> None:
        super().__init__(items)
        self.memory: Memory | None = None
        self.origins: tuple[tuple[list[Any], tuple[object, ...]], ...] = ()
        """The lists of Python's own that it may be, each with what that then held."""

    def _changing(self) -> None:
        if self.memory is None:
            return
        reason = self.memory.sealed or ("another one is alive" if self.memory.others(self) else None)
        if reason is not None:
            refuse(
                f"a change of a list that is one of several lists as data decide: {reason}; change a list of its own, "
                "list(x)",
                code="SNK0212",
            )

    def _unknown(self, what: str) -> NoReturn:
        refuse(
            f"{what} of a list whose length depends on data; append, pop, index, measure and iterate over it, or give "
            "it the same items on all paths",
            code="SNK0211",
        )

    def __iter__(self) -> Iterator[Any]:
        if value_of(self) is not None:
            self._unknown("iteration outside of a for statement")
        return list.__iter__(self)

    def __getitem__(self, index: Any) -> Any:
        if not _is_dynamic(index) and value_of(self) is None:
            made = list.__getitem__(self, index)
            return StagedList(made) if isinstance(index, slice) else made
        if isinstance(index, slice):
            from snek_strategies.staging.list_loops import sliced

            return sliced(self, index)
        return item_of(as_value(self), index)

    def __setitem__(self, index: Any, value: Any) -> None:
        self._changing()
        if not isinstance(index, Rep) and value_of(self) is None:
            list.__setitem__(self, index, value)
            return
        if isinstance(index, slice):
            self._unknown("a store to a slice")
        rep = as_value(self, value)
        result, length = emit("list_set", rep, index, fitting(rep, value)), known_length(rep)
        if length is not None:
            note_length(result.atom, length)
        become(self, result)

    def append(self, value: Any) -> None:
        """Append an item."""
        self._changing()
        if value_of(self) is None:
            list.append(self, value)
            return
        rep = as_value(self)
        become(self, appended(rep, value))

    def extend(self, values: Iterable[Any]) -> None:
        """Append items, one by one."""
        self._changing()
        if isinstance(values, StagedList) and value_of(values) is not None:
            from snek_strategies.staging.list_loops import each

            each(values, self.append)
            return
        if value_of(self) is None:
            list.extend(self, values)
            return
        for one in values:
            self.append(one)

    def __iadd__(self, values: Iterable[Any]) -> StagedList:  # type: ignore[misc]
        self.extend(values)
        return self

    def __add__(self, other: Any) -> StagedList:
        if not isinstance(other, list):
            list.__add__(self, other)
        result = self.copy()
        result.extend(other)
        return result

    def __radd__(self, other: Any) -> StagedList:
        return StagedList(other) + self if type(other) is list else NotImplemented

    def pop(self, index: SupportsIndex = -1) -> Any:
        """Take an item out, the last one."""
        self._changing()
        if value_of(self) is None:
            return list.pop(self, index)
        if index != -1:
            self._unknown("pop() of another item than the last")
        from snek_strategies.staging.builder import builder

        rep = as_value(self)
        rest, last = builder().reflect("list_pop", (rep.atom,))
        become(self, Rep(rest))
        return sealed(Rep(last))

    def clear(self) -> None:
        """Take all items out."""
        self._changing()
        list.clear(self)

    def sort(self, *, key: Callable[[Any], Any] | None = None, reverse: bool = False) -> None:
        """Put the items in order. Refuses an order that data decide."""
        self._changing()
        if value_of(self) is not None:
            self._unknown("sort()")
        list.__setitem__(self, slice(None), in_order([*list.__iter__(self)], key, reverse, "sort()"))

    def copy(self) -> StagedList:
        """Return a list of the same items."""
        return StagedList(list.__iter__(self))

    def __bool__(self) -> bool:
        return bool(list.__len__(self)) if value_of(self) is None else self._unknown("the truth")

    def __len__(self) -> int:
        return list.__len__(self) if value_of(self) is None else self._unknown("len() outside of virtualized code")


def _static(name: str, what: str) -> Callable[..., Any]:
    method = getattr(list, name)

    def run(self: StagedList, *args: Any, **kwargs: Any) -> Any:
        if name in _CHANGING:
            self._changing()
        if value_of(self) is not None or any(value_of(one) is not None for one in args):
            self._unknown(what)
        made = method(self, *args, **kwargs)
        return StagedList(made) if type(made) is list else made

    run.__name__ = name
    run.__doc__ = f"As `list.{name}`."
    return run


_METHODS = "insert remove reverse index count"
_CHANGING = frozenset(["insert", "remove", "reverse", "__imul__", "__delitem__"])
_SPECIAL = "contains reversed mul rmul imul eq ne lt le gt ge delitem"
for _name in _METHODS.split():
    setattr(StagedList, _name, _static(_name, f"{_name}()"))
for _name in _SPECIAL.split():
    setattr(StagedList, f"__{_name}__", _static(f"__{_name}__", f"`{_name}`"))


def value_of(given: object) -> Rep | None:
    """Return the value of a list whose length depends on data, or None."""
    if not isinstance(given, StagedList):
        return None
    for origin, content in given.origins:
        if len(origin) != len(content) or any(one is not held for one, held in zip(origin, content, strict=True)):
            refuse(
                "a list that is one of several lists as data decide, of which one has been changed since; change a "
                "list of its own, list(x)",
                code="SNK0212",
            )
    if list.__len__(given) == 1:
        held = list.__getitem__(given, 0)
        if isinstance(held, Rep) and isinstance(held.type, ListOf):
            return held
    return None


def become(given: list[Any], rep: Rep) -> None:
    """Let a list hold a value."""
    list.__setitem__(given, slice(None), [rep])


def measured(given: object) -> object:
    """Return the length of a list."""
    rep = value_of(given)
    if rep is None:
        return list.__len__(given)  # type: ignore[arg-type]
    length = known_length(rep)
    return emit("list_len", rep) if length is None else length


def known_length(given: Rep | StagedList) -> int | None:
    """Return how long a list of the next stage is, where no data decide about it."""
    from snek_strategies.staging.builder import builder

    rep = as_value(given) if isinstance(given, StagedList) else given
    if isinstance(rep.atom, Const):
        return len(rep.atom.value)  # type: ignore[arg-type]
    return builder().list_lengths.get(rep.atom.index)


def note_length(atom: Atom, length: int) -> None:
    """Note how long a list of the next stage is."""
    from snek_strategies.staging.builder import builder

    if isinstance(atom, Sym):
        builder().list_lengths[atom.index] = length


def _is_dynamic(index: object) -> bool:
    if isinstance(index, slice):
        return any(isinstance(one, Rep) for one in (index.start, index.stop, index.step))
    return isinstance(index, Rep)


def item_of(rep: Rep, index: object) -> Rep:
    """Return an item of a list's value."""
    return sealed(emit("list_get", rep, index))


def sealed(rep: Rep) -> Rep:
    """Return an item; in the list it would change too."""
    if isinstance(rep.type, Array) and rep.type.dims:
        memory_of(rep).seal("it is an item of a list whose length depends on data")
    return rep


class Listed:
    """The items of a list whose number differs elsewhere; it becomes a value there."""

    def __init__(self, items: tuple[object, ...]) -> None:
        self.items = items


def as_value(given: StagedList, *further: object) -> Rep:
    """Return a list as a value, whose items also take the `further` ones."""
    rep = value_of(given)
    if rep is not None:
        return rep
    items = tuple(list.__iter__(given))
    item = item_type("a list that is indexed by a value of the next stage", (*items, *further))
    if item is None:
        refuse(
            "an index known only in the next stage into an empty list, which raises IndexError; test its length before",
            code="SNK0203",
        )
    return made_of(items, item)


def item_type(what: str, items: Iterable[object]) -> Scalar | Array | None:
    """Return the one type of items, or None where there are none; refuses items that have none."""
    from snek_strategies.staging.join import Slot, join

    found: object = None
    for one in items:
        if not (isinstance(one, Slot) or liftable(one)):
            refuse(
                f"{what} holds a {type(one).__name__}: {one!r:.60}; lists whose length or place depends on data hold "
                "numbers and arrays of one type",
                code="SNK0211",
            )
        found = one if found is None else join(what, found, one)
    return None if found is None else _type(found.type if isinstance(found, Slot) else _lifted(found))


def _lifted(value: object) -> Type:
    from snek_strategies.staging.rep import lift

    return lift(value).type


def _type(type_: Type) -> Scalar | Array:
    assert isinstance(type_, (Scalar, Array)), f"{type_} is no item"
    return type_


def made_of(items: tuple[object, ...], item: Scalar | Array) -> Rep:
    """Emit the list of these items."""
    rep = emit("list_new", item=item)
    note_length(rep.atom, 0)
    for one in items:
        rep = appended(rep, one)
    return rep


def appended(rep: Rep, value: object) -> Rep:
    """Return a list's value with one more item."""
    result, length = emit("list_append", rep, fitting(rep, value)), known_length(rep)
    if length is not None:
        note_length(result.atom, length + 1)
    return result


def fitting(rep: Rep, value: object) -> Rep:
    """Return a value as an item of a list; refuses one of another type."""
    from snek_strategies.staging.join import Slot, coerce, join

    assert isinstance(rep.type, ListOf)
    if not liftable(value):
        refuse(
            f"a list whose length depends on data takes a {type(value).__name__}: {value!r:.60}; give it numbers or "
            "arrays of one type",
            code="SNK0211",
        )
    joined = join("item of a list", Slot(rep.type.item), value)
    if joined != Slot(rep.type.item):
        refuse(
            f"a list of {rep.type.item} takes {_lifted(value)}, and which items it has depends on data; give all one "
            "type",
            code="SNK0208",
        )
    if isinstance(value, Rep):
        sealed(value)
    return Rep(coerce(value, rep.type.item))
