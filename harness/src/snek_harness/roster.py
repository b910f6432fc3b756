"""The strategies of a plan as the scheduler knows them: loaded without a framework, or why they cannot run here."""

from __future__ import annotations

from collections.abc import Iterable

from snek_harness.catalogue import load_strategy
from snek_harness.environment import gpus
from snek_harness.record import Cell
from snek_strategies.protocol import Strategy


class Roster:
    """Strategies by name and device, with those that they are checked against."""

    def __init__(self, cells: Iterable[Cell]) -> None:
        self._strategies: dict[tuple[str, str], Strategy] = {}
        self._missing: dict[tuple[str, str], str | None] = {}
        for cell in cells:
            self._add(self._add(cell.strategy, cell.device).reference, cell.device)

    def strategy(self, name: str, device: str) -> Strategy:
        """Return a strategy of the plan."""
        return self._strategies[name, device]

    def missing(self, name: str, device: str) -> str | None:
        """Return why a strategy cannot run here, or None where nothing is known against it."""
        return self._missing[name, device]

    def modules(self) -> dict[str, tuple[str, ...]]:
        """Return, by framework, the modules that its parent imports for these strategies."""
        # The preparation of every block runs in NumPy's parent.
        found: dict[str, dict[str, None]] = {"numpy": {"numpy": None}}
        for key, strategy in self._strategies.items():
            if self._missing[key] is None:
                found.setdefault(strategy.framework, {}).update(dict.fromkeys(strategy.imports))
        return {framework: tuple(modules) for framework, modules in found.items()}

    def _add(self, name: str, device: str) -> Strategy:
        if (name, device) not in self._strategies:
            strategy = load_strategy(name, device)
            self._strategies[name, device] = strategy
            self._missing[name, device] = _missing(strategy)
        return self._strategies[name, device]


def _missing(strategy: Strategy) -> str | None:
    if strategy.device == "cpu" or strategy.device not in strategy.devices:
        return strategy.missing()
    # For other devices `missing` imports the framework, which only the cell's own process may do; it asks there.
    return None if gpus() else f"no NVIDIA GPU was found for device {strategy.device!r}; nvidia-smi lists none"
