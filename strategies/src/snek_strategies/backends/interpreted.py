"""The back-end `interpret`: the IR's interpreter, whose answers are the meaning of a program."""

from __future__ import annotations

from snek_strategies.backends.backend import LoweredProgram, Run
from snek_strategies.ir.interpret import Interpreter


class Interpreted(LoweredProgram):
    """Nothing is made of the program: it is interpreted as it is."""

    tapes = True
    lacks = frozenset()
    tries = True
    recursive = True
    lists = True
    any_size = True

    def compile(self) -> Run:
        """Return the interpreter of the program."""
        return Interpreter(self.program)
