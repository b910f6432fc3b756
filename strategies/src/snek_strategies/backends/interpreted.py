"""The back-end `interpret`: the IR's interpreter, whose answers are the meaning of a program."""

from __future__ import annotations

from snek_strategies.backends.backend import LoweredProgram, Run
from snek_strategies.backends.numpy_source import numpy_source
from snek_strategies.ir.interpret import Interpreter


class Interpreted(LoweredProgram):
    """Nothing is made of the program: it is interpreted as it is. As text it can be had in Python too."""

    kinds = ("python",)
    tapes = True
    lacks = frozenset()
    lacks_of_complex = frozenset()
    tries = True
    recursive = True
    lists = True
    any_size = True

    def as_text(self, kind: str) -> str:
        """Return the program as `python`. Raises StagingError for what has no text, at the user's place."""
        return numpy_source(self.program) if kind == "python" else super().as_text(kind)

    def compile(self) -> Run:
        """Return the interpreter of the program."""
        return Interpreter(self.program)
