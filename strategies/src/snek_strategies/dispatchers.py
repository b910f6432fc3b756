"""Numba dispatchers for a program and the functions that it calls.

Numba compiles a call only where the callee is a dispatcher, which a user writes as a decorator on each function. Here
the program and the functions of its module that it reaches by name are copied onto globals and cells of their own, in
which each name of such a function stands for its dispatcher. The functions themselves stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import CellType, CodeType, FunctionType
from typing import Any

from snek_core_transform.errors import StagingError


def dispatchers_of(program: Callable[..., object]) -> tuple[Any, ...]:
    """Return the dispatchers of `program`, first, and of every function of its module that it reaches.

    Raises StagingError where `program` is not a plain function.
    """
    import numba

    if not isinstance(program, FunctionType):
        raise StagingError(f"Numba compiles functions defined with `def`, not {program!r}; stage the function itself")
    functions = reachable(program)
    namespace = dict(program.__globals__)
    cells = {id(cell): CellType() for function in functions for cell in function.__closure__ or ()}
    dispatchers = {
        id(function): numba.njit(
            copy_onto(function, namespace, [cells[id(cell)] for cell in function.__closure__ or ()])
        )
        for function in functions
    }
    for name, value in program.__globals__.items():
        namespace[name] = dispatchers.get(id(value), value)
    for cell in (cell for function in functions for cell in function.__closure__ or ()):
        for value in contents(cell):
            cells[id(cell)].cell_contents = dispatchers.get(id(value), value)
    return tuple(dispatchers.values())


def reachable(program: FunctionType) -> list[FunctionType]:
    """Return `program` and the functions of its module that it reaches through global names and cells, in order."""
    found = [program]
    for function in found:
        for value in values_read(function):
            if (
                isinstance(value, FunctionType)
                and value.__globals__ is program.__globals__
                and not any(value is known for known in found)
            ):
                found.append(value)
    return found


def values_read(function: FunctionType) -> Iterator[object]:
    """Yield what the names that a function reads from outside stand for; attribute names may be among them."""
    for name in sorted(names_in(function.__code__)):
        if name in function.__globals__:
            yield function.__globals__[name]
    for cell in function.__closure__ or ():
        yield from contents(cell)


def names_in(code: CodeType) -> set[str]:
    """Return the global and attribute names in a code object and in those nested in it."""
    nested = (names_in(constant) for constant in code.co_consts if isinstance(constant, CodeType))
    return set(code.co_names).union(*nested)


def contents(cell: CellType) -> tuple[object, ...]:
    """Return what a cell holds, or nothing where it is empty."""
    try:
        return (cell.cell_contents,)
    except ValueError:
        return ()


def copy_onto(function: FunctionType, namespace: dict[str, Any], cells: list[CellType]) -> FunctionType:
    """Return a copy of `function` that reads its globals from `namespace` and its free variables from `cells`.

    It has a code object of its own, so that evidence can tell it from the program (`Staged.is_glue`).
    """
    copy = FunctionType(function.__code__.replace(), namespace, function.__name__, function.__defaults__, tuple(cells))
    copy.__kwdefaults__ = function.__kwdefaults__
    copy.__module__ = function.__module__
    return copy
