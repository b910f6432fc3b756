"""The conversions made so far: bounded, safe under threads, and never stale."""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .operators import Operators

CACHE_SIZE = 4096
OPERATOR_SETS = 64

AS_IT_IS = object()
"""Stands for the conversion of what is not converted."""


class Conversions:
    """What was made of each code object for each operator set: the oldest goes when it is full."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.lock = threading.Lock()
        self.entries: OrderedDict[tuple[int, int], tuple[CodeType, Operators, Any]] = OrderedDict()

    def get(self, code: CodeType, operators: Operators) -> Any:
        """Return what was made of `code`, or None."""
        # An entry holds on to both objects, so their ids cannot be taken by others while it is here.
        entry = self.entries.get((id(code), id(operators)))
        return None if entry is None else entry[2]

    def put(self, code: CodeType, operators: Operators, value: Any, replace: bool = False) -> Any:
        """Keep `value`, and return what is kept: what another thread has put first, unless it is replaced."""
        with self.lock:
            key = id(code), id(operators)
            if replace or key not in self.entries:
                self.entries[key] = (code, operators, value)
            kept = self.entries[key][2]
            while len(self.entries) > self.size:
                self.entries.popitem(last=False)
        return kept


Entry = tuple[CodeType, Any, Any, FunctionType | None, weakref.ref[FunctionType]]
"""A function's code, defaults and keyword defaults, and what is called for it: None where it is called itself."""


class Bound:
    """What is called for each function met so far, a table for each operator set, so that a call need not ask again.

    A function that is gone is gone from its tables, so its id stands for nobody else. A virtualized function with a
    closure is made anew for each call: it could hold on to the very function that it was made of, for ever.
    """

    def __init__(self, size: int, sets: int) -> None:
        self.size, self.sets = size, sets
        self.lock = threading.Lock()
        self.tables: OrderedDict[int, tuple[Operators, dict[int, Entry]]] = OrderedDict()

    def table(self, operators: Operators) -> dict[int, Entry]:
        """Return the table of an operator set, by the ids of functions."""
        found = self.tables.get(id(operators))
        if found is not None:
            return found[1]
        with self.lock:
            # It holds on to the operator set, so that its id cannot be taken by another while it is here.
            table = self.tables.setdefault(id(operators), (operators, {}))[1]
            while len(self.tables) > self.sets:
                self.tables.popitem(last=False)
        return table

    def put(self, function: FunctionType, operators: Operators, new: FunctionType | None) -> None:
        """Keep what is called for `function`."""
        if new is not None and function.__closure__:
            return
        table, key = self.table(operators), id(function)
        if len(table) >= self.size:
            table.clear()
        gone = weakref.ref(function, lambda _: table.pop(key, None))
        table[key] = (function.__code__, function.__defaults__, function.__kwdefaults__, new, gone)


CONVERSIONS = Conversions(CACHE_SIZE)
BOUND = Bound(CACHE_SIZE, OPERATOR_SETS)
