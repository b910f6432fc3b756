"""The program of a cell as a strategy receives it, and what the strategy makes of it in the cell's mode."""

from __future__ import annotations

from collections.abc import Iterator
from types import FunctionType

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


def program_anew(workload: Workload, strategy: Strategy, mode: Mode, mark: int) -> Program:
    """Return the bound program with code that equals no other mark's: systems know equal code again, text or not.

    An expert's function is called anew by every staging and makes what it stages itself: it stays as it is.
    """
    program = bound_program(workload, strategy, mode)
    if strategy.name not in EXPERTS:
        for function in _bound_functions(program, {}):
            code = function.__code__
            function.__code__ = code.replace(co_consts=(*code.co_consts, mark))
    return program


def _bound_functions(value: object, seen: dict[int, object]) -> Iterator[FunctionType]:
    """Yield a bound function and those that were bound with it, which it holds in its cells."""
    if not isinstance(value, FunctionType) or id(value) in seen:
        return
    seen[id(value)] = value
    yield value
    for cell in value.__closure__ or ():
        try:
            held = cell.cell_contents
        except ValueError:  # a name of the user's that nothing is bound to yet
            continue
        if isinstance(held, FunctionType) and held.__code__.co_filename == value.__code__.co_filename:
            yield from _bound_functions(held, seen)


def stage(workload: Workload, strategy: Strategy, mode: Mode, program: Program, example: tuple[object, ...]) -> Staged:
    """Stage the bound program, with its gradients where the mode asks for them."""
    if mode == "gradient":
        return strategy.stage_gradient(program, example, workload.positions)
    return strategy.stage(program, example)


def program_files(workload: Workload, program: Program) -> frozenset[str]:
    """Return the file names that the program's own code objects carry: its text's, and its bound source's."""
    functions = (workload.program, program)
    return frozenset(code.co_filename for f in functions if (code := getattr(f, "__code__", None)) is not None)
