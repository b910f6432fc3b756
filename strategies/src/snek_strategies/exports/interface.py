"""What an exported program takes and gives: names for its arguments' arrays, and a check that there is nothing else."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass

from snek_core_transform.errors import StagingError
from snek_strategies.ir.syntax import every_node
from snek_strategies.stages import Traced
from snek_strategies.staging.join import is_tuple
from snek_strategies.staging.trace import Hole


@dataclass(frozen=True)
class Interface:
    """The names of a program's inputs and outputs, in order."""

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def interface(traced: Traced) -> Interface:
    """Return the interface of a program. Raises StagingError for one that does more than give arrays."""
    staged = traced.staged
    name = staged.program.name
    if staged.changes:
        raise _refused(f"{name} changes its arguments, and an exported program gives arrays only; return them instead")
    if any(not isinstance(one, Hole) for one in _leaves(staged.result)):
        raise _refused(f"{name} gives more than arrays: {staged.result!r:.80}; return the arrays only")
    for node in every_node(staged.program.body):
        if node.primitive == "print":
            raise StagingError(f"{name} prints, which no exported program does", node.place, code="SNK0290")
    count = len(staged.program.body.parameters)
    return Interface(
        name, _input_names(traced, count), tuple(f"output_{at}" for at in range(len(_order(staged.result))))
    )


def _refused(message: str) -> StagingError:
    return StagingError(message, code="SNK0290")


def _leaves(structure: object) -> Iterator[object]:
    if is_tuple(structure) or isinstance(structure, list):
        for one in structure:  # type: ignore[attr-defined]
            yield from _leaves(one)
    elif isinstance(structure, dict):
        for one in structure.values():
            yield from _leaves(one)
    else:
        yield structure


def _order(structure: object) -> list[object]:
    return list(_leaves(structure))


def _input_names(traced: Traced, count: int) -> tuple[str, ...]:
    """Return a parameter's name for each input where every parameter is one array, and numbered names elsewhere."""
    names = list(inspect.signature(traced.function).parameters)
    return tuple(names) if len(names) == count else tuple(f"input_{at}" for at in range(count))


def check_no_errors(name: str, errors: bool, places: str = "") -> None:
    """Refuse a program that may raise: an exported one has no exceptions of Python's."""
    if errors:
        raise _refused(f"{name} may raise{places}, and an exported program cannot; test the data before it instead")
