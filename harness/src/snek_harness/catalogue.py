"""Names to things: a strategy or workload of the registries, a strategy `module:Class`, a workload in a `.py` file."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from snek_core_transform.errors import UsageError
from snek_core_transform.load import load_file
from snek_harness.expert import EXPERTS, load_expert
from snek_strategies import registry as strategies
from snek_strategies.protocol import Strategy
from snek_workloads import registry as workloads
from snek_workloads.workload import Workload


def load_strategy(name: str, device: str = "cpu") -> Strategy:
    """Return the strategy of that name, or the one that `module:Class` names. Raises UsageError where there is none."""
    if name in EXPERTS:
        return load_expert(name, device)
    if ":" not in name:
        return strategies.load(name, device)
    module, _, attribute = name.partition(":")
    try:
        found = getattr(importlib.import_module(module), attribute, None)
    except ImportError as error:
        raise UsageError(f"strategy {name!r} cannot be imported: {error}; name an importable module:Class") from error
    if not (isinstance(found, type) and issubclass(found, Strategy)):
        raise UsageError(f"not a strategy: {name!r}; name a class that derives from snek_strategies.protocol.Strategy")
    return found(device)


def load_workload(name: str) -> Workload:
    """Return the workload of that name, or the `WORKLOAD` of a `.py` file. Raises UsageError where there is none."""
    if not name.endswith(".py"):
        if name not in workloads.names():
            raise UsageError(f"unknown workload {name!r}; one of {', '.join(workloads.names())}")
        return workloads.load(name)
    found = getattr(load_file(name), "WORKLOAD", None)
    if not isinstance(found, Workload):
        raise UsageError(f"no workload in {name!r}; the file needs a WORKLOAD = Workload(...)")
    return found


def select_strategies(wanted: Sequence[str]) -> list[str]:
    """Return the strategies that names, regular expressions or `module:Class` ask for; all where nothing is asked.

    Expert rivals are there to be asked for.
    """
    if not wanted:
        return list(strategies.STRATEGIES)
    chosen = _select(wanted, [*strategies.STRATEGIES, *EXPERTS], "strategy", lambda name: ":" in name)
    for name in chosen:
        if ":" in name:
            load_strategy(name)
    return chosen


def select_workloads(wanted: Sequence[str]) -> list[str]:
    """Return the workloads that names, regular expressions or `.py` files ask for; all where nothing is asked."""
    chosen = _select(wanted, list(workloads.names()), "workload", lambda name: name.endswith(".py"))
    for name in chosen:
        if name.endswith(".py"):
            load_workload(name)
    return [_relative(name) if name.endswith(".py") else name for name in chosen]


def _relative(path: str) -> str:
    """Return a path below the current folder relative to it, so that records hold no place of this machine."""
    full, here = Path(path).resolve(), Path.cwd()
    return str(full.relative_to(here)) if full.is_relative_to(here) else path


def _select(wanted: Sequence[str], known: list[str], what: str, explicit: Callable[[str], bool]) -> list[str]:
    if not wanted:
        return known
    chosen: dict[str, None] = {}
    for name in wanted:
        if name in known or explicit(name):
            chosen[name] = None
            continue
        try:
            matches = [candidate for candidate in known if re.search(name, candidate)]
        except re.error as error:
            raise UsageError(f"not a regular expression: {name!r} ({error}); name one of {', '.join(known)}") from error
        if not matches:
            raise UsageError(f"unknown {what} {name!r}; one of {', '.join(known)}")
        chosen |= dict.fromkeys(matches)
    return list(chosen)
