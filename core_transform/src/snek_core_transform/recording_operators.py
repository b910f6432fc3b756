"""Operators with Python's own meaning that count: the proof that a virtualized program really ran through them."""

from __future__ import annotations

import functools
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from typing import ClassVar

from .groups import GROUPS, OPERATORS
from .operators import Operators


class RecordingOperators(Operators):
    """Python's meaning for every group, always by operator calls; `firings` counts them by operator.

    It has every operator of `Operators`, each of which counts and then does what Python does.
    """

    inline: ClassVar[bool] = False

    def __init__(self, groups: Iterable[str] = GROUPS) -> None:
        self.groups = frozenset(groups)
        self.firings: Counter[str] = Counter()
        self._lock = threading.RLock()  # a trace function or finalizer may fire while another firing counts

    def _fire(self, operator: str) -> None:
        with self._lock:
            self.firings[operator] += 1


def _counted(operator: str) -> Callable[..., object]:
    meaning = getattr(Operators, operator)

    @functools.wraps(meaning)
    def counted(self: RecordingOperators, /, *args: object, **kwargs: object) -> object:
        self._fire(operator)
        return meaning(self, *args, **kwargs)

    return counted


for _operator in OPERATORS:
    setattr(RecordingOperators, _operator, _counted(_operator))
