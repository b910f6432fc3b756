"""The program of a workload as a strategy receives it: its text, specialised to the framework's spelling."""

from __future__ import annotations

from snek_core_transform.bind import bind
from snek_strategies.protocol import Program, Strategy
from snek_workloads.workload import Workload


def bound_program(workload: Workload, strategy: Strategy) -> Program:
    """Return the workload's program without its array namespace, in the strategy's spelling."""
    return bind(workload.program, strategy.spelling)


def program_files(workload: Workload, program: Program) -> frozenset[str]:
    """Return the file names that the program's own code objects carry: its text's, and its bound source's."""
    functions = (workload.program, program)
    return frozenset(code.co_filename for f in functions if (code := getattr(f, "__code__", None)) is not None)
