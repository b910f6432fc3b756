"""Import modules one after another and time each, so that an import is paid and measured once a framework."""

from __future__ import annotations

import importlib
import traceback
from collections.abc import Sequence
from time import perf_counter_ns


def import_timed(modules: Sequence[str]) -> tuple[dict[str, float], dict[str, str]]:
    """Return the seconds of each import and, by module, the traceback of each import that failed."""
    seconds: dict[str, float] = {}
    failures: dict[str, str] = {}
    for module in modules:
        begin = perf_counter_ns()
        try:
            importlib.import_module(module)
        except Exception:  # noqa: BLE001 - a broken installation is an outcome for the strategies that need it
            failures[module] = traceback.format_exc()
        seconds[module] = (perf_counter_ns() - begin) / 1e9
    return seconds, failures
