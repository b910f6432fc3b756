"""Count what is virtualized while a program is loaded, and put a run's findings together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import CodeType
from typing import Any

from reached import Tally, WitnessOperators, marks

from snek_core_transform.errors import SnekError
from snek_core_transform.import_hook import virtualized_imports
from snek_core_transform.operators import Operators, PythonOperators

MODES = ("plain", "forced", "inline", "identity")
"""`identity` has forced operators that no function calls: the proof that the proof can fail."""


class Counts:
    """Which functions were virtualized and which were refused, in one mode."""

    def __init__(self, mode: str) -> None:
        self.mode = mode
        self.operators: Operators = WitnessOperators() if mode in ("forced", "identity") else PythonOperators()
        self.virtualized = 0
        self.refused: dict[str, str] = {}
        self.tally = Tally()

    def take(self, old: CodeType, new: CodeType) -> None:
        """Count a function that was virtualized."""
        if old.co_name != "load_tests":
            self.virtualized += 1
            self.tally.take(new)

    def refuse(self, code: CodeType, error: SnekError) -> None:
        """Note a function that was refused."""
        self.refused[f"{Path(code.co_filename).name}:{code.co_firstlineno} {code.co_qualname}"] = str(error)

    @contextmanager
    def imports(self, wanted: Callable[[str], bool]) -> Iterator[None]:
        """Virtualize, inside the `with` block, the modules that are wanted, as the mode says."""
        is_on = self.mode in ("forced", "inline")
        hook = virtualized_imports(lambda name: is_on and wanted(name), self.operators, self.refuse, self.take)
        with marks() if self.mode == "forced" else nullcontext(), hook:
            yield

    def findings(self, tests: dict[str, str], details: dict[str, str]) -> dict[str, Any]:
        """Return everything that came of a run."""
        operators = self.operators
        figures: dict[str, Any] = {"silent": []}
        firings: dict[str, int] = {}
        if isinstance(operators, WitnessOperators):
            figures, firings = self.tally.figures(operators), dict(operators.firings)
        return {
            "tests": tests,
            "details": details,
            "virtualized": self.virtualized,
            "refused": self.refused,
            "firings": firings,
            "silent": figures.pop("silent"),
            "functions": figures,
        }
