"""Extents as generated code has them: numbers, and sums of products of numbers that only the run tells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NoReturn

from snek_strategies.ir import shape_rules
from snek_strategies.ir.symbols import NeedsNumber, Symbol
from snek_strategies.ir.types import Dim, Type

Names = tuple[str, ...]


class Size:
    """A number that the run tells: a sum of products of names in C++, each with a known factor.

    It is 2 or more where it is an extent, and equals only what is the same sum. Whatever else asks which number it is
    raises NeedsNumber, and the program is staged for its exact extents.
    """

    __slots__ = ("terms",)

    def __init__(self, terms: Mapping[Names, int]) -> None:
        self.terms = dict(sorted(terms.items()))

    def __str__(self) -> str:
        parts = [" * ".join([*([str(factor)] if factor != 1 or not names else []), *names]) for names, factor in self]
        return parts[0] if len(parts) == 1 else f"({' + '.join(parts)})"

    def __iter__(self) -> Iterator[tuple[Names, int]]:
        return iter(self.terms.items())

    def __hash__(self) -> int:
        return hash(tuple(self.terms.items()))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Size) and self.terms == other.terms

    def __add__(self, other: Extent) -> Extent:
        total = Counter(self.terms)
        for names, factor in _terms(other).items():
            total[names] += factor
        return _made(total)

    def __mul__(self, other: Extent) -> Extent:
        total: Counter[Names] = Counter()
        for names, factor in self.terms.items():
            for more, times in _terms(other).items():
                total[tuple(sorted((*names, *more)))] += factor * times
        return _made(total)

    __radd__, __rmul__ = __add__, __mul__

    def _needed(self, *_: object) -> NoReturn:
        raise NeedsNumber(f"the extent {self} is needed as a number")

    __index__ = __int__ = __sub__ = __rsub__ = __floordiv__ = __mod__ = _needed
    __lt__ = __le__ = __gt__ = __ge__ = _needed


Extent = int | Size


def _terms(extent: Extent) -> Mapping[Names, int]:
    return extent.terms if isinstance(extent, Size) else {(): extent}


def _made(total: Mapping[Names, int]) -> Extent:
    left = {names: factor for names, factor in total.items() if factor}
    return left.get((), 0) if left.keys() <= {()} else Size(left)


def sized(dims: Iterable[Dim]) -> tuple[Extent, ...]:
    """Return the extents of a shape, its symbols as the numbers that they are in C++ by their names."""
    return tuple(Size({(dim.name,): 1}) if isinstance(dim, Symbol) else dim for dim in dims)


def dims_of(type_: Type) -> tuple[Extent, ...]:
    """Return the extents of an array; a number has none."""
    return sized(shape_rules.dims_of(type_))


def count_of(dims: Iterable[Extent]) -> Extent:
    """Return how many elements an array of that shape has."""
    made: Extent = 1
    for dim in dims:
        made = made * dim
    return made


def are_known(*extents: Extent) -> bool:
    """Tell whether all of these are numbers already."""
    return all(isinstance(one, int) for one in extents)


def is_above(extent: Extent, bound: int) -> bool:
    """Tell whether an extent is above a bound; one that only the run tells is taken for a large one."""
    return isinstance(extent, Size) or extent > bound


def rounded(extent: Extent, unit: int) -> Extent:
    """Return the next multiple of `unit`."""
    if isinstance(extent, int):
        return (extent + unit - 1) // unit * unit
    if all(factor % unit == 0 for factor in extent.terms.values()):
        return extent
    return Size({(f"({extent + (unit - 1)} / {unit})",): unit})
