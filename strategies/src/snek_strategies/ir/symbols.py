"""Symbols: extents that only the run tells, so that one program serves every size."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NoReturn


class NeedsNumber(TypeError):
    """Something asks for an extent as a number, and it is a symbol; the program is staged for its exact extents."""


class Symbol:
    """An extent of 2 or more that only the run tells; it equals itself only.

    It answers that it differs from every other extent, and while the program is staged it remembers from which: the
    program holds for sizes that do differ so. What is done with a finished program needs no such memory, as it may take
    equal extents for different ones. Nothing else can be told of a symbol: whatever asks for the number itself,
    Python's and NumPy's own code included, raises NeedsNumber, and `asked` says so where someone catches that.
    """

    __slots__ = ("apart", "asked", "extent", "finished", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.extent: object = None
        """The atom that is its number in the next stage."""
        self.apart: list[int | Symbol] = []
        """The extents that it has been told from while the program was staged."""
        self.asked = False
        self.finished = False

    def __repr__(self) -> str:
        return self.name

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, (int, Symbol)):
            return NotImplemented
        if not self.finished and (isinstance(other, Symbol) or other > 1):
            self.apart.append(other)
        return False

    def _needed(self, *_: object) -> NoReturn:
        self.asked = True
        raise NeedsNumber(f"the extent {self.name} is needed as a number")

    __index__ = __int__ = __float__ = __bool__ = __neg__ = _needed
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _needed
    __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = _needed
    __lt__ = __le__ = __gt__ = __ge__ = _needed


def as_shape(shape: Any) -> tuple[Any, ...]:
    """Return a shape as a tuple; one extent may stand for itself, as NumPy takes it."""
    return tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)


def symbols_in(dims: Iterable[object]) -> tuple[Symbol, ...]:
    """Return the symbols of a shape, in its order."""
    return tuple(dim for dim in dims if isinstance(dim, Symbol))
