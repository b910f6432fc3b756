"""`eager/numpy`: the program as written, on NumPy."""

from __future__ import annotations

from snek_strategies.as_written import AsWritten
from snek_strategies.numpy_values import to_host
from snek_strategies.protocol import Program, Strategy
from snek_strategies.spellings.numpy_spelling import NUMPY


class EagerNumpy(Strategy):
    """Run the program with Python and NumPy; no staging."""

    name = "eager/numpy"
    framework = "numpy"
    imports = ("numpy",)
    spelling = NUMPY

    def stage(self, program: Program, example: tuple[object, ...]) -> AsWritten:  # noqa: ARG002 - the protocol
        """Return the program as it is."""
        return AsWritten(program)

    def from_host(self, value: object) -> object:
        """Return the value: host values are NumPy's."""
        return value

    def to_host(self, value: object) -> object:
        """Return a result with NumPy scalars as 0-d arrays; Python scalars stay."""
        return to_host(value)
