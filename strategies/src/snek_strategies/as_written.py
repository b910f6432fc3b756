"""The program as it is written, run by Python: what every staged form is checked against."""

from __future__ import annotations

from collections.abc import Mapping

from snek_strategies.protocol import Program, Staged


class AsWritten(Staged):
    """A program that nothing was done to."""

    def __init__(self, program: Program) -> None:
        self.program = program

    def compile(self) -> Program:
        """Return the program itself."""
        return self.program

    def counters(self) -> Mapping[str, int]:
        """Return zeros: nothing was staged."""
        return {"stagings": 0, "graphs": 0, "breaks": 0}
