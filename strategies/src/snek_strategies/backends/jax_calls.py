"""`JaxCalls`: calls with JAX's arrays go to `jax.jit` at once, whose own look at dtypes and shapes is in C++."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import CellType
from typing import Any

from snek_strategies.calls import Arguments, StagedCalls
from snek_strategies.staging.trace import StagedProgram

Cells = tuple[tuple[CellType, object], ...]


class OtherArguments(Exception):
    """A program was called with arrays of other dtypes or shapes than those that it was staged for."""


class JaxCalls(StagedCalls):
    """Calls of one program until there is another: from then on the program is looked for first."""

    _at_once: tuple[Callable[..., Any], Cells, Callable[[Any], object]] | None = None
    _several = False

    def __call__(self, /, *args: object, **kwargs: object) -> object:
        """Run the program for arguments like these."""
        known = self._at_once
        if known is not None and not kwargs and {*map(type, args)} == _ARRAYS:
            run, cells, pick = known
            if not cells or _hold(cells):
                try:
                    return pick(run(*args))
                except OtherArguments:
                    self._at_once, self._several = None, True
        return super().__call__(*args, **kwargs)

    def remember(
        self, run: Callable[..., Any], staged: StagedProgram, args: tuple[object, ...], given: Arguments
    ) -> None:
        """Let the next call with arrays go to this program, where variables of functions are all that it relies on."""
        super().remember(run, staged, args, given)
        self._several = self._several or self._at_once is not None
        cells, pick = staged.guards.cells_held(), staged.picks()
        direct = all(map(self.takes, args)) and not self._several and pick is not None and cells is not None
        _ARRAYS.add(_array_class())
        self._at_once = (run, cells, pick) if direct and {*map(type, args)} == _ARRAYS else None  # type: ignore[assignment]


def _hold(cells: Cells) -> bool:
    """Tell whether variables hold what they held; one that was deleted holds nothing."""
    try:
        for cell, held in cells:
            if cell.cell_contents is not held:
                return False
    except ValueError:
        return False
    return True


_ARRAYS: set[type] = set()
"""The class of JAX's arrays, once it is loaded."""


@cache
def _array_class() -> type:
    import jax.numpy

    return type(jax.numpy.zeros(()))
