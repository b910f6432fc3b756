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


class Bound:
    """The virtualized functions of functions without closures, so that a call need not make one anew.

    One with a closure could hold on to the very function that it was made of, for ever.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.lock = threading.Lock()
        self.entries: OrderedDict[tuple[int, int], tuple[Any, ...]] = OrderedDict()

    def get(self, function: FunctionType, operators: Operators) -> FunctionType | None:
        """Return the virtualized function, unless the function has changed."""
        entry = self.entries.get((id(function), id(operators)))
        if entry is None or entry[0]() is not function or entry[1] is not operators:
            return None
        _, _, code, defaults, keyword_defaults, new = entry
        if (
            function.__code__ is not code
            or function.__defaults__ is not defaults
            or function.__kwdefaults__ is not keyword_defaults
        ):
            return None
        return new  # type: ignore[no-any-return]

    def put(self, function: FunctionType, operators: Operators, new: FunctionType) -> None:
        """Keep what was made of `function`."""
        if function.__closure__:
            return
        entry = (
            weakref.ref(function),
            operators,
            function.__code__,
            function.__defaults__,
            function.__kwdefaults__,
            new,
        )
        with self.lock:
            self.entries[id(function), id(operators)] = entry
            while len(self.entries) > self.size:
                self.entries.popitem(last=False)


CONVERSIONS = Conversions(CACHE_SIZE)
BOUND = Bound(CACHE_SIZE)
