"""Call a staged program on an argument set and hold what it answers against what it must answer."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from snek_harness.checker import Tolerance, compare
from snek_harness.values import Arguments, fresh
from snek_strategies.protocol import Strategy

_EXACT = Tolerance(0.0, 0.0)


@dataclass
class Checks:
    """The argument sets of a cell, the answers they must get, and the largest error seen."""

    strategy: Strategy
    sets: list[Arguments]
    expected: list[object]
    tolerance: Tolerance
    exact_dtype: bool = True
    largest_error: float | None = None

    def native(self, number: int) -> Arguments:
        """Return an argument set as the framework's own values, in fresh copies."""
        return tuple(self.strategy.from_host(value) for value in fresh(self.sets[number]))

    def call(self, function: Callable[..., object], number: int, when: str) -> str:
        """Call with fresh values and return the first difference, or ""."""
        native = self.native(number)
        before = self._arrays(native, number)
        result = function(*native)
        self.strategy.wait(result)
        return self.answer(result, number, when) or self._unchanged(native, before, number, when)

    def answer(self, result: object, number: int, when: str) -> str:
        """Return the first difference between a result and what the argument set must get, or ""."""
        found = compare(self.strategy.to_host(result), self.expected[number], self.tolerance, self.exact_dtype)
        if found.largest_error is not None:
            self.largest_error = max(found.largest_error, self.largest_error or 0.0)
        return f"{when}, argument set {number}: {found.difference}" if found.difference else ""

    def _arrays(self, native: Arguments, number: int) -> dict[int, Any]:
        """Return copies of the arrays among the arguments: texts update functionally, so they may not change."""
        places = [i for i, value in enumerate(self.sets[number]) if isinstance(value, np.ndarray)]
        return {i: copy.deepcopy(self.strategy.to_host(native[i])) for i in places}

    def _unchanged(self, native: Arguments, before: dict[int, Any], number: int, when: str) -> str:
        for i, array in before.items():
            found = compare(self.strategy.to_host(native[i]), array, _EXACT).difference
            if found:
                return f"{when}, argument set {number}: argument {i} was changed: {found.removeprefix('result')}"
        return ""
