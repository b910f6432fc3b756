"""Operators with Python's own meaning that count: the proof that a virtualized program really ran through them."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from typing import ClassVar

from .operators import Operators, State


class RecordingOperators(Operators):
    """Python's meaning for every group, always by operator calls; `firings` counts them by operator."""

    inline: ClassVar[bool] = False

    def __init__(self) -> None:
        self.firings: Counter[str] = Counter()
        self._lock = threading.Lock()

    def _fire(self, operator: str) -> None:
        with self._lock:
            self.firings[operator] += 1

    def if_stmt(
        self,
        test: object,
        body: Callable[..., State],
        orelse: Callable[..., State],
        state: State,
        names: tuple[str, ...],
    ) -> State:
        """Count, and run `if`."""
        self._fire("if_stmt")
        return super().if_stmt(test, body, orelse, state, names)

    def while_stmt(
        self, test: Callable[..., object], body: Callable[..., State], state: State, names: tuple[str, ...]
    ) -> State:
        """Count, and run `while`."""
        self._fire("while_stmt")
        return super().while_stmt(test, body, state, names)

    def for_stmt(
        self,
        iterable: Iterable[object],
        test: Callable[..., object] | None,
        body: Callable[..., State],
        state: State,
        names: tuple[str, ...],
    ) -> State:
        """Count, and run `for`."""
        self._fire("for_stmt")
        return super().for_stmt(iterable, test, body, state, names)

    def if_exp(self, test: object, body: Callable[[], object], orelse: Callable[[], object]) -> object:
        """Count, and choose."""
        self._fire("if_exp")
        return super().if_exp(test, body, orelse)

    def and_(self, left: object, right: Callable[[], object]) -> object:
        """Count, and take `and`."""
        self._fire("and_")
        return super().and_(left, right)

    def or_(self, left: object, right: Callable[[], object]) -> object:
        """Count, and take `or`."""
        self._fire("or_")
        return super().or_(left, right)

    def not_(self, operand: object) -> object:
        """Count, and take `not`."""
        self._fire("not_")
        return super().not_(operand)

    def compare(self, symbol: str, left: object, right: object) -> object:
        """Count, and compare."""
        self._fire("compare")
        return super().compare(symbol, left, right)

    def aug_assign(self, symbol: str, target: object, value: object) -> object:
        """Count, and assign in place."""
        self._fire("aug_assign")
        return super().aug_assign(symbol, target, value)

    def call(self, function: Callable[..., object], /, *args: object, **kwargs: object) -> object:
        """Count, and call."""
        self._fire("call")
        return super().call(function, *args, **kwargs)
