"""Staging a whole program: its arguments become Reps, its Python runs once, and what it emits becomes a Program."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from snek_core_transform.errors import Place, StagingError
from snek_strategies.ir.syntax import Atom, Block, Program
from snek_strategies.ir.types import Type, type_of
from snek_strategies.ir.verify import checking, verify
from snek_strategies.staging.builder import CURRENT, Builder
from snek_strategies.staging.functions import CALLS, Calls
from snek_strategies.staging.join import is_tuple, rebuild
from snek_strategies.staging.operators import StagingOperators
from snek_strategies.staging.partly_bound import PartlyBound
from snek_strategies.staging.refusal import FIRST, StagingStopped, beginning, refuse
from snek_strategies.staging.regions import WATCHES
from snek_strategies.staging.rep import Rep, lift
from snek_strategies.staging.watch import Watch, describe, roots_of

IMMUTABLE = (bool, int, float, complex, str, bytes, type(None), np.dtype, np.generic, type(Ellipsis), range, slice)


@dataclass(frozen=True)
class Hole:
    """Stands in a structure for the value at that position of a flat list."""

    index: int


@dataclass(frozen=True)
class StagedProgram:
    """A program of the IR, the structure of what it answers, and what it relies on outside itself."""

    program: Program
    result: object
    guards: Watch

    def answer(self, values: tuple[object, ...]) -> object:
        """Put the values that the program yields into the structure that the user's function returns."""
        return _rebuilt(self.result, values)

    def stale(self) -> object | None:
        """Return a host object that changed since staging though the program relies on it, or None."""
        return self.guards.changed()


def arrays_in(value: object) -> Iterator[np.ndarray | np.generic]:
    """Walk the dynamic leaves of arguments."""
    if isinstance(value, (np.ndarray, np.generic)):
        yield value
    elif isinstance(value, (tuple, list)):
        for one in value:
            yield from arrays_in(one)
    elif isinstance(value, dict):
        for one in value.values():
            yield from arrays_in(one)


def key_of(value: object) -> object:
    """Return what a staging is keyed by: dtypes and shapes of the arrays, and every static value."""
    if isinstance(value, (np.ndarray, np.generic)):
        return (value.dtype, value.shape or type(value) is np.ndarray)
    if isinstance(value, (tuple, list)):
        return (type(value), *map(key_of, value))
    if isinstance(value, dict):
        return (dict, *((name, key_of(one)) for name, one in value.items()))
    if isinstance(value, float):
        return (float, repr(value))
    if isinstance(value, IMMUTABLE):
        return (type(value), value)
    raise StagingError(
        f"an argument of class {type(value).__name__}: {value!r:.60}; give NumPy arrays as data, Python numbers and "
        "strings as static values, in tuples, lists and dicts"
    )


def stage(function: Callable[..., object], args: tuple[object, ...], operators: StagingOperators) -> StagedProgram:
    """Stage `function` for arguments like these. Raises StagingError where it cannot, naming the place."""
    key_of(args)
    guards = Watch()
    guards.add(function, *roots_of(function))
    # Through the call operator, so that a program that calls itself is staged as one function.
    return collect(lambda *reps: operators.call(function, *reps), args, function.__name__, guards, beginning(function))


def collect(
    run: Callable[..., object], args: tuple[object, ...], name: str, guards: Watch, place: Place | None = None
) -> StagedProgram:
    """Run `run` once on Reps in place of the arrays in `args`, and return what it emits as a program."""
    builder = Builder()
    types = tuple(map(_type, arrays_in(args)))
    builder.writable_scalars = any(isinstance(one, np.ndarray) and not one.shape for one in arrays_in(args))
    tokens = (CURRENT.set(builder), CALLS.set(Calls()), WATCHES.set((guards,)), FIRST.set(None))
    try:
        with builder.block(types) as block:
            result = run(*_with_reps(args, iter(map(Rep, block.parameters))))  # type: ignore[misc]
            atoms: list[Atom] = []
            structure = _structure(result, atoms)
            builder.check_scope(tuple(atoms))
        changed = guards.changed()
        if changed is not None:
            refuse(
                f"{name} changes {describe(changed)}; staged, that would happen once, and not at every call: "
                "return the new value instead",
                place,
            )
    except StagingStopped as stopped:
        raise stopped.error from stopped.__cause__
    except Exception as error:
        if FIRST.get() is not None:
            # C code turns what passes through it into exceptions of its own.
            raise FIRST.get() from error  # type: ignore[misc]
        raise
    finally:
        CURRENT.reset(tokens[0])
        CALLS.reset(tokens[1])
        WATCHES.reset(tokens[2])
        swallowed = FIRST.get()
        FIRST.reset(tokens[3])
    if swallowed is not None:
        raise swallowed
    program = Program(name, Block(block.parameters, tuple(block.nodes), tuple(atoms)))
    return StagedProgram(verify(program) if checking() else program, structure, guards)


def _type(value: np.ndarray | np.generic) -> Type:
    try:
        return type_of(value)
    except TypeError as error:
        raise StagingError(str(error)) from error


def _with_reps(value: object, reps: Iterator[Rep]) -> object:
    if isinstance(value, (np.ndarray, np.generic)):
        return next(reps)
    if is_tuple(value):
        return rebuild(value, [_with_reps(one, reps) for one in value])  # type: ignore[attr-defined]
    if isinstance(value, list):
        return [_with_reps(one, reps) for one in value]
    if isinstance(value, dict):
        return {name: _with_reps(one, reps) for name, one in value.items()}
    return value


def _structure(value: object, atoms: list[Atom]) -> object:
    if isinstance(value, PartlyBound):
        return _structure(value.required(), atoms)
    if isinstance(value, (Rep, np.ndarray)):
        atoms.append(lift(value))
        return Hole(len(atoms) - 1)
    if is_tuple(value):
        return rebuild(value, [_structure(one, atoms) for one in value])  # type: ignore[attr-defined]
    if isinstance(value, list):
        return [_structure(one, atoms) for one in value]
    if isinstance(value, dict):
        return {name: _structure(one, atoms) for name, one in value.items()}
    if isinstance(value, IMMUTABLE):
        return value
    return refuse(
        f"the program returns a {type(value).__name__}; return arrays and numbers, in tuples, lists and dicts"
    )


def _rebuilt(structure: object, values: tuple[object, ...]) -> object:
    if isinstance(structure, Hole):
        value = values[structure.index]
        # A constant belongs to the program; the caller may write to what it is given.
        return value.copy() if isinstance(value, np.ndarray) and not value.flags.writeable else value
    if is_tuple(structure):
        return rebuild(structure, [_rebuilt(one, values) for one in structure])  # type: ignore[attr-defined]
    if isinstance(structure, list):
        return [_rebuilt(one, values) for one in structure]
    if isinstance(structure, dict):
        return {name: _rebuilt(one, values) for name, one in structure.items()}
    return structure
