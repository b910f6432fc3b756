"""How far an iterator is: a step of one is a change, as a store into a container is."""

from __future__ import annotations

import gc
import itertools
import warnings
from types import CodeType, FrameType, GeneratorType
from typing import Any

import numpy as np

Content = tuple[object, ...]

ENDED: Content = ("ended",)
SOURCES: tuple[Any, ...] = ([], (), "", b"", bytearray(), range(0), range(1 << 70), {}, {}.values(), {}.items(), set())
BUILTIN: tuple[type, ...] = (
    zip,
    map,
    filter,
    enumerate,
    reversed,
    *(type(iter(one)) for one in SOURCES),
    *(type(reversed(one)) for one in SOURCES if hasattr(one, "__reversed__")),
    type(iter(int, 0)),
)
"""Python's own iterators, which tell what they walk and where they are."""


class Walk:
    """An iterator of Snek's own, over values of the next stage; `word` is what the user knows it as."""

    word: str

    def progress(self) -> Content:
        """Return what is left to walk, as far as it shows."""
        raise NotImplementedError


class OverReps:
    """Marks ranges and iterators over values of the next stage: a function that is given one is staged."""


def word_of(value: object) -> str:
    """Name an object for a person."""
    return value.word if isinstance(value, Walk) else f"a {type(value).__name__}"


def is_iterator(value: object) -> bool:
    """Tell whether a value is an iterator of Python's, NumPy's or Snek's own, and not of a class of the user's."""
    kind = type(value)
    return isinstance(value, (Walk, GeneratorType, np.flatiter, *BUILTIN)) or kind in _OF_ITERTOOLS


def progress_of(value: object) -> Content | None:
    """Return what an iterator walks and how far it is, or None for what is no iterator or does not tell."""
    if isinstance(value, Walk):
        return value.progress()
    if isinstance(value, GeneratorType):
        frame = value.gi_frame
        # Beside its variables, a suspended frame holds the iterators of its `for` statements.
        return ENDED if frame is None else (frame.f_lasti, *filter(_is_held, gc.get_referents(value)))
    if isinstance(value, np.flatiter):
        return (value.index,)
    if is_iterator(value):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # itertools will forget how to
            try:
                parts: Any = value.__reduce__()[1:]
            except TypeError:
                return tuple(gc.get_referents(value))
        return tuple(one for part in parts for one in (part if isinstance(part, tuple) else (part,)))
    return None


_OF_ITERTOOLS = frozenset(one for one in vars(itertools).values() if isinstance(one, type))


def _is_held(value: object) -> bool:
    return not isinstance(value, (FrameType, CodeType))
