"""Classes of the user's: what their instances hold is the user's too."""

from __future__ import annotations

import sys
from weakref import WeakKeyDictionary

from snek_strategies.staging.attributes import slots_of
from snek_strategies.staging.refusal import LIBRARIES, OURS

MADE_IN_PYTHON = 1 << 9
"""The flag of classes that a `class` statement has made (Py_TPFLAGS_HEAPTYPE)."""


def is_users(kind: type) -> bool:
    """Tell whether a class was written by the user: it is neither Python's, a library's nor Snek's own."""
    if kind.__module__ in ("builtins", "typing") or not kind.__flags__ & MADE_IN_PYTHON:
        return False
    file = getattr(sys.modules.get(kind.__module__), "__file__", None) or ""
    return not file.startswith((*LIBRARIES, *OURS))


NAMESPACES = frozenset({("types", "SimpleNamespace"), ("argparse", "Namespace")})
"""Classes of Python's library that hold what the user gives them, by name."""

_PLAIN: WeakKeyDictionary[type, bool] = WeakKeyDictionary()


def is_plain_object(value: object) -> bool:
    """Tell whether a value is an instance of a class of the user's that keeps all in its dict, or a namespace."""
    kind = type(value)
    found = _PLAIN.get(kind)
    if found is None:
        found = _PLAIN[kind] = (kind.__module__, kind.__name__) in NAMESPACES or (
            is_users(kind)
            and kind.__new__ is object.__new__
            and kind.__dictoffset__ != 0
            and not slots_of(kind)
            and not hasattr(kind, "__array__")
        )
    return found


def blank_copy(value: object) -> object:
    """Return a new instance that holds the same, which no method of the class has seen."""
    made = type(value).__new__(type(value))
    vars(made).update(vars(value))
    return made
