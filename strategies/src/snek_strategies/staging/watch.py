"""Watching host objects: finds stores that a staged region would make once, while staging, and then forget.

The same snapshots are the guards of a staged program: what it read from outside and found static.
"""

from __future__ import annotations

import dis
import functools
from array import array
from collections import deque
from collections.abc import Iterable, Iterator, MutableMapping
from functools import cache
from itertools import repeat
from operator import is_
from types import BuiltinFunctionType, CellType, CodeType, FunctionType, MethodType, ModuleType

import numpy as np

from snek_strategies.staging.attributes import attributes_of, slots_of
from snek_strategies.staging.iterators import progress_of, word_of
from snek_strategies.staging.join import same_static
from snek_strategies.staging.optional import Maybe
from snek_strategies.staging.partly_bound import PartlyBound
from snek_strategies.staging.refusal import LIBRARIES, OURS
from snek_strategies.staging.rep import Rep
from snek_strategies.staging.tensors import is_tensor
from snek_strategies.staging.tree_nodes import is_node
from snek_strategies.staging.users_classes import is_users

Content = tuple[object, ...]
EMPTY = object()

HOLDERS = frozenset(
    {
        ("types", "SimpleNamespace"),
        ("argparse", "Namespace"),
        ("collections", "ChainMap"),
        ("collections", "UserDict"),
        ("collections", "UserList"),
    }
)
"""Classes of Python's library that hold what the user gives them, and nothing of their own."""


def is_library(filename: str) -> bool:
    """Tell whether a file is of the standard library or an installed package; Snek's own thunks are not."""
    return filename.startswith(LIBRARIES) and not filename.startswith(OURS)


class Names:
    """The names that a function's code uses in its globals, as an object that can be watched.

    Names that are not there count where the code may make them.
    """

    def __init__(self, scope: MutableMapping[str, object], names: frozenset[str], made: frozenset[str]) -> None:
        self.scope = scope
        self.names = tuple(sorted(name for name in names if name in scope or name in made))

    def put(self, values: Content) -> None:
        """Give the names these values; those that had none are no more."""
        for name, value in zip(self.names, values, strict=True):
            if value is EMPTY:
                self.scope.pop(name, None)
            else:
                self.scope[name] = value


@cache
def read_names(code: CodeType) -> frozenset[str]:
    """Return the global names that a code object and those inside it may read."""
    inner = (one for one in code.co_consts if isinstance(one, CodeType))
    return frozenset(code.co_names).union(*map(read_names, inner))


def roots_of(function: object) -> Iterator[object]:
    """Walk what a function reads from outside: its cells, its globals, its defaults, the object it is bound to."""
    if isinstance(function, MethodType):
        yield function.__self__
        function = function.__func__
    if isinstance(function, FunctionType):
        yield from function.__closure__ or ()
        # Of Snek's own functions, what they close over may be the user's; what their modules hold is not.
        if not function.__code__.co_filename.startswith(OURS):
            yield from _globals_of(function)
        yield from function.__defaults__ or ()
        yield from (function.__kwdefaults__ or {}).values()


def _globals_of(function: FunctionType) -> Iterator[Names]:
    names, code = read_names(function.__code__), function.__code__
    yield Names(function.__globals__, names, _stores(code, ("STORE_GLOBAL", "DELETE_GLOBAL")))
    for name in names:
        held = function.__globals__.get(name)
        if isinstance(held, ModuleType) and not is_library(getattr(held, "__file__", None) or LIBRARIES[0]):
            yield Names(vars(held), names, _stores(code, ("STORE_ATTR", "DELETE_ATTR")))


def written_cells(function: object) -> Iterator[CellType]:
    """Walk the variables of enclosing functions that a function's code writes (nonlocal)."""
    if isinstance(function, MethodType):
        function = function.__func__
    if isinstance(function, FunctionType):
        written = _stores(function.__code__, ("STORE_DEREF", "DELETE_DEREF"))
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
            if name in written:
                yield cell


@cache
def _stores(code: CodeType, operations: tuple[str, str]) -> frozenset[str]:
    """Return the names that these operations have in a code object and those inside it."""
    own: Iterable[str] = ()
    # Taking all instructions apart takes long, and hardly any code has these.
    if any(dis.opmap[one] in code.co_code[::2] for one in operations):
        own = (str(step.argval) for step in dis.get_instructions(code) if step.opname in operations)
    return frozenset(own).union(*(_stores(one, operations) for one in code.co_consts if isinstance(one, CodeType)))


def content_of(value: object) -> Content | None:
    """Return what an object holds, or None where it holds nothing that can change."""
    if isinstance(value, CellType):
        try:
            return (value.cell_contents,)
        except ValueError:
            return (EMPTY,)
    if isinstance(value, Names):
        return tuple(map(value.scope.get, value.names, repeat(EMPTY))) or None
    if isinstance(value, list):
        # What a list whose length depends on data holds, too, is one value.
        return tuple(list.__iter__(value))
    if isinstance(value, dict):
        return (*value, *value.values())
    if isinstance(value, (set, frozenset)):
        return (frozenset(value),)
    if isinstance(value, bytearray):
        return (bytes(value),)
    if isinstance(value, np.ndarray):
        return (value.shape, value.tobytes()) if value.flags.writeable and value.dtype.kind != "O" else None
    if is_tensor(value):
        return (value._version, value.data_ptr())  # type: ignore[attr-defined]
    if isinstance(value, FunctionType):
        return (*vars(value), *vars(value).values())
    if isinstance(value, type):
        # Copying an instance leaves a note on its class.
        held = {name: one for name, one in vars(value).items() if name != "__slotnames__"}
        return (*held, *held.values()) if is_users(value) else None
    if isinstance(value, deque):
        return tuple(value)
    if isinstance(value, array):
        return (value.tobytes(),)
    kind = type(value)
    if (kind.__module__, kind.__name__) in HOLDERS or is_users(kind):
        held = attributes_of(value)
        return (*held, *held.values()) if held or hasattr(value, "__dict__") or slots_of(kind) else None
    return progress_of(value) if hasattr(kind, "__next__") else None


def _children(value: object, content: Content) -> Content:
    if isinstance(value, (set, frozenset)):
        return tuple(content[0])  # type: ignore[arg-type]
    if isinstance(value, np.ndarray) or is_tensor(value):
        return ()
    return content


@cache
def line_of_globals(code: CodeType) -> int | None:
    """Return the line where a code object, or one inside it, asks for the dict of its globals; None where none does."""
    if "globals" not in read_names(code):
        return None
    for step in dis.get_instructions(code):
        if step.opname in ("LOAD_GLOBAL", "LOAD_NAME") and step.argval == "globals":
            return step.positions.lineno if step.positions else code.co_firstlineno
    inner = (line_of_globals(one) for one in code.co_consts if isinstance(one, CodeType))
    return next((line for line in inner if line is not None), None)


class Watch:
    """Remembers what host objects held when they were first seen.

    Where `cells` is false, variables of enclosing functions count only once `confirm` has named them: a region assigns
    to the variables of its own function, which is what its state is for. `own` are the objects that were made while it
    watched: they change as they like.
    """

    def __init__(self, cells: bool = True) -> None:
        self.cells = cells
        self.seen: dict[int, tuple[object, Content | None]] = {}
        self.own: dict[int, object] = {}

    def add(self, *roots: object) -> None:
        """Take the objects that can be reached from `roots`, those that are new."""
        pending = list(roots)
        while pending:
            value = pending.pop()
            if isinstance(value, (Rep, int, float, complex, str, bytes, type(None), ModuleType, np.generic)):
                continue
            if id(value) in self.seen or is_node(value):
                continue
            if isinstance(value, (FunctionType, MethodType)):
                users = not is_library(value.__code__.co_filename)
                self.seen[id(value)] = (value, content_of(value) if users else None)
                if users:
                    pending.extend(roots_of(value))
                continue
            if isinstance(value, BuiltinFunctionType):
                pending.append(value.__self__)
                continue
            if isinstance(value, PartlyBound | Maybe):
                pending.append(value.snek_value)
                continue
            if isinstance(value, functools.partial):
                # The further arms of an `if` are one.
                pending.extend((value.func, *value.args, *value.keywords.values()))
                continue
            if isinstance(value, tuple):
                pending.extend(value)
                continue
            content = content_of(value)
            uncounted = isinstance(value, CellType) and not self.cells
            self.seen[id(value)] = (value, None if uncounted else content)
            if content is not None:
                pending.extend(_children(value, content))
                if not isinstance(value, (type, CellType, Names)):
                    pending.append(type(value))

    def settle(self) -> None:
        """Ask no more whether functions without attributes have some: the program that would give them is staged."""
        for key, (value, content) in self.seen.items():
            if isinstance(value, FunctionType) and content is not None and vars(value).keys() <= {"__wrapped__"}:
                self.seen[key] = (value, None)

    def confirm(self, cell: CellType) -> None:
        """Let a variable that was seen before count from now on."""
        if self.seen.get(id(cell), (None, ()))[1] is None:
            self.seen[id(cell)] = (cell, content_of(cell))

    def cells_held(self) -> tuple[tuple[CellType, object], ...] | None:
        """Return the variables of enclosing functions with what they held, or None where there is more to look at."""
        counted = [(value, content) for value, content in self.seen.values() if content is not None]
        if not all(isinstance(value, CellType) and len(content) == 1 for value, content in counted):
            return None
        return tuple((value, content[0]) for value, content in counted if isinstance(value, CellType))

    def changes(self) -> Iterator[tuple[object, Content]]:
        """Walk the objects that no longer hold what they held, each with what that was."""
        for value, content in self.seen.values():
            if content is not None and not same_content(content, content_of(value)):
                yield value, content

    def changed(self) -> object | None:
        """Return an object that no longer holds what it held, or None."""
        for value, content in self.seen.values():
            if content is not None and not same_content(content, content_of(value)):
                return value
        return None


def same_content(before: Content | None, after: Content | None) -> bool:
    """Tell whether two contents are one, by identity or as values known now."""
    if before is None or after is None or len(before) != len(after):
        return False
    # Nearly always nothing has changed, and every call of a staged program asks.
    return all(map(is_, before, after)) or all(x is y or _equal(x, y) for x, y in zip(before, after, strict=True))


def _equal(x: object, y: object) -> bool:
    if isinstance(x, frozenset) and isinstance(y, frozenset):
        return x == y
    return same_static(x, y)


def describe(value: object, before: Content | None = None) -> str:
    """Name a watched object for a person; with what it held `before`, the globals that are others now."""
    if isinstance(value, CellType):
        return "a variable of an enclosing function (nonlocal)"
    if isinstance(value, Names):
        now = content_of(value) or ()
        pairs = zip(value.names, before or (), now, strict=False)
        changed = [name for name, x, y in pairs if not same_content((x,), (y,))] or value.names
        return f"the global {changed[0]}" if len(changed) == 1 else f"a global among {', '.join(changed)}"
    return f"{word_of(value)} that lives outside it"
