"""Programs that serve every size: staged once calls are seen to differ in the extents of their arrays only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from snek_strategies.staging.symbolic_shapes import (
    Pattern,
    Served,
    Shapes,
    Sizes,
    has_symbol,
    pattern_of,
    served_by,
    shapes_of,
    split_key,
)

Made = TypeVar("Made")

MOST_REFUSED = 3
"""After so many patterns of extents that could not be staged, every size is staged for itself."""


@dataclass
class Family(Generic[Made]):
    """The calls that differ in the extents of their arrays only, and what serves many of them."""

    seen: list[Sizes] = field(default_factory=list)
    served: list[tuple[Pattern, Served, Made]] = field(default_factory=list)
    refused: dict[Pattern, str] = field(default_factory=dict)


class EverySize(Generic[Made]):
    """The programs of one function that have symbols among their extents.

    `stage` makes the program for shapes with symbols; where it raises, the size is staged for itself, and raises again
    what is wrong with the call. `holds` tells whether a program is still as its guards want it.
    """

    def __init__(self, holds: Callable[[Made], bool]) -> None:
        self._holds = holds
        self._families: dict[object, Family[Made]] = {}

    def find(self, key: object, stage: Callable[[Shapes], Made]) -> Made | str:
        """Return the program that serves a call with this key, or why the call is staged for its own extents."""
        blind, sizes = split_key(key)
        family = self._families.setdefault(blind, Family())
        family.served = [one for one in family.served if self._holds(one[2])]
        for _, served, made in family.served:
            if served.admits(sizes):
                return made
        if sizes not in family.seen:
            family.seen.append(sizes)
        pattern = pattern_of(family.seen)
        return self._staged(family, pattern, sizes, stage) if has_symbol(pattern) else ""

    def _staged(
        self, family: Family[Made], pattern: Pattern, sizes: Sizes, stage: Callable[[Shapes], Made]
    ) -> Made | str:
        if any(
            one < 0 and size < 2
            for shape, own in zip(pattern, sizes, strict=True)
            for one, size in zip(shape, own, strict=True)
        ):
            return "an extent of 1 or 0 broadcasts as no other does"
        if any(known == pattern for known, _, _ in family.served):
            return "the program for every size takes these extents to differ from others"
        if pattern in family.refused or len(family.refused) == MOST_REFUSED:
            return family.refused.get(pattern, "several attempts at every size failed")
        shapes = shapes_of(pattern)
        try:
            made = stage(shapes)
        except Exception as error:  # noqa: BLE001 - whatever it is, staging for numbers meets it again if it is real
            return family.refused.setdefault(pattern, f"{type(error).__name__}: {error}")
        served = served_by(shapes)
        family.served.append((pattern, served, made))
        return made if served.admits(sizes) else "the program for every size takes these extents to differ from others"
