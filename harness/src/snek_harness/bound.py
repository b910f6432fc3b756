"""The program of a cell as a strategy receives it, and what the strategy makes of it in the cell's mode."""

from __future__ import annotations

from snek_core_transform.bind import bind
from snek_harness.expert import EXPERTS, expert_program
from snek_harness.record import Mode
from snek_strategies.protocol import Program, Staged, Strategy
from snek_workloads.workload import Workload


def bound_program(workload: Workload, strategy: Strategy, mode: Mode = "forward") -> Program:
    """Return the workload's program, or its objective, in the strategy's spelling; of an expert, its function."""
    if strategy.name in EXPERTS:
        return expert_program(workload, strategy.name)
    text = workload.program
    if mode == "gradient":
        assert workload.objective is not None, f"{workload.name} has no objective, and was planned with gradients"
        text = workload.objective
    return bind(text, strategy.spelling)


def stage(workload: Workload, strategy: Strategy, mode: Mode, program: Program, example: tuple[object, ...]) -> Staged:
    """Stage the bound program, with its gradients where the mode asks for them."""
    if mode == "gradient":
        return strategy.stage_gradient(program, example, workload.positions)
    return strategy.stage(program, example)


def program_files(workload: Workload, program: Program) -> frozenset[str]:
    """Return the file names that the program's own code objects carry: its text's, and its bound source's."""
    functions = (workload.program, program)
    return frozenset(code.co_filename for f in functions if (code := getattr(f, "__code__", None)) is not None)
