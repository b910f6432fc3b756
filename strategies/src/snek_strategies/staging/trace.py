"""Staging a whole program: its arguments become Reps, its Python runs once, and what it emits becomes a Program."""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from snek_core_transform.collection_paused import COLLECTION_PAUSED
from snek_core_transform.errors import Place, StagingError
from snek_strategies.ir.symbolic_rules import places_of
from snek_strategies.ir.syntax import Atom, Block, Program
from snek_strategies.ir.types import Tensor, Type
from snek_strategies.ir.verify import checking, verify
from snek_strategies.staging.attempts import ATTEMPTS, HANDLED
from snek_strategies.staging.builder import CURRENT, Builder
from snek_strategies.staging.foreign_arrays import is_foreign
from snek_strategies.staging.functions import CALLS, Calls
from snek_strategies.staging.host_state import let_go
from snek_strategies.staging.join import is_tuple, rebuild
from snek_strategies.staging.joined_lists import check_returned
from snek_strategies.staging.joined_nodes import check_unchanged
from snek_strategies.staging.leaf_names import leaf_names
from snek_strategies.staging.lists import StagedList, value_of
from snek_strategies.staging.modules import refuse_assigned
from snek_strategies.staging.object_operators import call_program
from snek_strategies.staging.operators import StagingOperators
from snek_strategies.staging.optional import Maybe
from snek_strategies.staging.partly_bound import PartlyBound
from snek_strategies.staging.program_exits import Changes, Failure, ProgramAttempt
from snek_strategies.staging.pytrees import (
    IMMUTABLE,
    Path,
    containers_in,
    copy_of_record,
    empty_dict,
    field_names,
    follow,
    held_by,
    is_dict,
    is_list,
    is_record,
    is_registered_node,
    key_of,
    leaves_in,
    static_objects_in,
    with_leaves,
    write_back,
)
from snek_strategies.staging.raises import Diverged
from snek_strategies.staging.refusal import BEGINNING, FIRST, StagingStopped, beginning, refuse
from snek_strategies.staging.regions import WATCHES
from snek_strategies.staging.registered_nodes import Made, refuse_changed, taken_apart
from snek_strategies.staging.rep import Rep, lift, memory_of
from snek_strategies.staging.symbolic_shapes import Shapes, finish, with_shapes
from snek_strategies.staging.tensors import (
    host_array,
    is_description,
    is_module,
    is_tensor,
    tensor_of,
    type_of_value,
    without_tensors,
)
from snek_strategies.staging.watch import Watch, describe, roots_of


@dataclass(frozen=True)
class Hole:
    """Stands in a structure for the value at that position of a flat list."""

    index: int
    tensor: bool = False


@dataclass(frozen=True)
class Given:
    """Stands in a structure for a container that the caller gave, at that path of the arguments."""

    path: Path


@dataclass(frozen=True)
class StagedProgram:
    """A program of the IR, the structure of what it answers, and what it relies on outside itself.

    `changes` are the caller's containers that the program writes to, each with what it holds after the call. Where it
    has `failures`, its last value is the number of the one that it ends with, or 0.
    """

    program: Program
    result: object
    guards: Watch
    changes: Changes = ()
    failures: tuple[Failure, ...] = ()

    def answer(self, values: tuple[object, ...], args: tuple[object, ...]) -> object:
        """Put the values that the program yields into the structure that the user's function returns.

        The caller's containers among `args` are changed as the program says.
        """
        if not (self.changes or self.failures):
            return _rebuilt(self.result, values, args, {})
        self._check_stores(args)
        if self.failures and values[-1]:
            failure = self.failures[int(values[-1]) - 1]  # type: ignore[call-overload]
            self._write_back(failure.changes, None, failure.of_changes(values), args)
            raise failure.error(values)
        return self._write_back(self.changes, self.result, values, args)

    def picks(self) -> Callable[[tuple[object, ...]], object] | None:
        """Return what takes the answer from values that nobody else holds, or None where there is more to do."""
        several = type(self.result) is tuple
        holes: Any = self.result if several else (self.result,)
        if self.changes or self.failures or not all(isinstance(one, Hole) and not one.tensor for one in holes):
            return None
        return operator.itemgetter(*[one.index for one in holes]) if several == (len(holes) > 1) else None

    def _write_back(self, changes: Changes, result: object, values: tuple[object, ...], args: object) -> object:
        made: dict[int, object] = {}
        # All of them are looked up first: a change may move what a later path leads to.
        changed = [(follow(args, path), _rebuilt(new, values, args, made)) for path, new in changes]
        answer = _rebuilt(result, values, args, made)
        for container, new in changed:
            write_back(container, new)
        return answer

    def _check_stores(self, args: tuple[object, ...]) -> None:
        every = (self.changes, *(one.changes for one in self.failures))
        for path in dict.fromkeys(path for changes in every for path, _ in changes):
            given = follow(args, path)
            if is_foreign(given) or (is_tensor(given) and given.device.type != "cpu"):
                raise StagingError(
                    f"{self.program.name} changes the argument at {_spelled(path)} in place, which staged code can do "
                    "to arrays of NumPy's and to tensors on the CPU only; return what it is to hold",
                    code="SNK0303",
                )
            array = host_array(given)
            if not isinstance(array, np.ndarray):
                continue
            if not array.flags.writeable:
                raise ValueError("output array is read-only")
            for where, one in containers_in(args):
                other = host_array(one)
                if one is not given and isinstance(other, np.ndarray) and np.may_share_memory(array, other):
                    raise StagingError(
                        f"{self.program.name} changes an argument in place, and another one (at {_spelled(where)}) may "
                        "share its memory; hand in a copy of one of them",
                        code="SNK0303",
                    )

    def stale(self) -> object | None:
        """Return a host object that changed since staging though the program relies on it, or None."""
        return self.guards.changed()


def stage_call(
    function: Callable[..., object],
    args: tuple[object, ...],
    kwargs: dict[str, object],
    operators: StagingOperators,
    shapes: Shapes = (),
) -> StagedProgram:
    """Stage `function` for a call like this one; the structure of its arguments is the pair `(args, kwargs)`."""

    def run(reps: tuple[object, ...], named: dict[str, object]) -> object:
        return call_program(operators, function, reps, named)

    return stage_as(function, run, (args, kwargs), shapes)


def stage_as(
    function: Callable[..., object],
    run: Callable[..., object],
    args: tuple[tuple[object, ...], dict[str, object]],
    shapes: Shapes = (),
) -> StagedProgram:
    """Stage `run(*args)`, which is made of `function`: what that reads from outside is what the program relies on.

    `shapes` stand in place of those of the arrays in `args`. Raises NeedsNumber where a symbol must be a number.
    """
    key_of(args)
    guards = Watch()
    guards.add(function, *roots_of(function), *static_objects_in(args))
    # Through the call operator, so that a program that calls itself is staged as one function.
    hints = leaf_names(function, *args)
    with COLLECTION_PAUSED:
        return collect(run, args, function.__name__, guards, beginning(function), hints, shapes)


def collect(
    run: Callable[..., object],
    args: tuple[object, ...],
    name: str,
    guards: Watch,
    place: Place | None = None,
    hints: tuple[str, ...] = (),
    shapes: Shapes = (),
) -> StagedProgram:
    """Run `run` once on Reps in place of the arrays in `args`, and return what it emits as a program."""
    builder = Builder()
    types = with_shapes(tuple(map(_type, leaves_in(args))), shapes)
    given = list(containers_in(args))
    scalars = (one for one in leaves_in(args) if isinstance(one, np.ndarray) or is_tensor(one))
    builder.writable_scalars = any(not one.shape for one in scalars)
    tokens = (CURRENT.set(builder), CALLS.set(Calls()), WATCHES.set((guards,)), FIRST.set(None), BEGINNING.set(place))
    apart = ATTEMPTS.set(()), HANDLED.set([])
    try:
        with builder.block(types, hints=hints) as block:
            for symbol, (at, axis) in places_of(types).items():
                (symbol.extent,) = builder.reflect("extent", (block.parameters[at],), {"axis": axis})
                builder.lengths[symbol] = Rep(symbol.extent)
            reps = iter(map(Rep, block.parameters))
            staged_args = with_leaves(args, lambda _: next(reps))
            mine: dict[Path, Any] = {path: follow(staged_args, path) for path, _ in given}
            before = {path: _held(one) for path, one in mine.items()}

            def changed_to(atoms: list[Atom], memo: dict[int, object]) -> Changes:
                paths = [path for path, _ in given if not _identical(before[path], _held(mine[path]))]
                return tuple((path, _contents(mine[path], atoms, memo)) for path in paths)

            def known() -> dict[int, object]:
                return {id(mine[path]): Given(path) for path, _ in given}

            leaving = ProgramAttempt(builder.label(), lambda atoms: changed_to(atoms, known()))
            ATTEMPTS.set((leaving,))
            try:
                result = run(*staged_args)  # type: ignore[misc]
            except Diverged:
                result = None
            atoms: list[Atom] = []
            memo = known()
            structure = _structure(result, atoms, memo)
            returned = frozenset(atoms)
            changes = changed_to(atoms, memo)
            check_unchanged()
            builder.check_scope(tuple(atoms))
        changed_paths = {path for path, _ in changes}
        nodes, atoms, failures = leaving.ended(block.nodes, atoms)
        for path, container in given if changes or failures else ():
            others = memory_of(mine[path]).others(mine[path]) if isinstance(mine[path], Rep) else []
            if path in changed_paths and any(one.atom in returned for one in others):
                refuse(
                    f"{name} changes an argument in place and returns a view of it; return a copy",
                    place,
                    code="SNK0212",
                )
            if _seen_outside(container, guards):
                refuse(
                    f"{name} changes its arguments and reads one of them, a {type(container).__name__}, under another "
                    "name outside it too; read it as an argument only",
                    place,
                    code="SNK0212",
                )
        changed = next(guards.changes(), None)
        if changed is not None:
            refuse(
                f"{name} changes {describe(*changed)}; staged, that would happen once, and not at every call: "
                "return the new value instead",
                place,
                code="SNK0210",
            )
        guards.settle()
    except StagingStopped as stopped:
        let_go(guards)
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
        BEGINNING.reset(tokens[4])
        ATTEMPTS.reset(apart[0])
        HANDLED.reset(apart[1])
    if swallowed is not None:
        raise swallowed
    finish(builder.lengths)
    program = Program(name, Block(block.parameters, tuple(nodes), tuple(atoms)))
    if "torch" in sys.modules:
        program = without_tensors(program)
    return StagedProgram(verify(program) if checking() else program, structure, guards, changes, failures)


def _type(value: object) -> Type:
    try:
        return type_of_value(value)
    except TypeError as error:
        raise StagingError(str(error), code="SNK0217") from error


def _spelled(path: Path) -> str:
    return "".join(f".{name}" if kind == "attribute" else f"[{name!r}]" for kind, name in path)


def _held(value: object) -> tuple[object, ...]:
    return (value.atom,) if isinstance(value, Rep) else held_by(value)


def _seen_outside(value: object, guards: Watch) -> bool:
    if id(value) in guards.seen:
        return True
    arrays = [one for one, _ in guards.seen.values() if isinstance(one, np.ndarray)]
    return isinstance(value, np.ndarray) and any(np.may_share_memory(value, one) for one in arrays)


def _identical(before: tuple[object, ...], after: tuple[object, ...]) -> bool:
    return len(before) == len(after) and all(map(operator.is_, before, after))


def _structure(value: object, atoms: list[Atom], memo: dict[int, object]) -> object:
    if isinstance(value, PartlyBound):
        return _structure(value.snek_required(), atoms, memo)
    if isinstance(value, Maybe):
        return Maybe(_hole(lift(value.snek_flag), atoms), _structure(value.snek_value, atoms, memo))
    if id(value) in memo:
        return memo[id(value)]
    if isinstance(value, (Rep, np.ndarray)) or is_tensor(value):
        return _hole(lift(value), atoms)
    if is_tuple(value):
        return rebuild(value, [_structure(one, atoms, memo) for one in value])  # type: ignore[attr-defined]
    if is_list(value) or is_dict(value) or is_record(value):
        return _contents(value, atoms, memo)
    if is_registered_node(value):
        found = taken_apart(value)
        made = replace(found, children=tuple(_structure(one, atoms, memo) for one in found.children))
        return memo.setdefault(id(value), made)
    if isinstance(value, IMMUTABLE) or is_description(value):
        return value
    return refuse(
        f"the program returns a {type(value).__name__}; return arrays and numbers, in tuples, lists, dicts, "
        "dataclasses and classes registered with optree",
        code="SNK0217",
    )


def _hole(atom: Atom, atoms: list[Atom]) -> Hole:
    atoms.append(atom)
    return Hole(len(atoms) - 1, isinstance(atom.type, Tensor))


def _contents(value: object, atoms: list[Atom], memo: dict[int, object]) -> object:
    """Return the structure of what a container holds; one that is met again inside is the same one."""
    if isinstance(value, Rep):
        # A tensor of the caller's takes its new elements as an array.
        atoms.append(value.atom)
        return Hole(len(atoms) - 1)
    if isinstance(value, list):
        check_returned(value)
    if isinstance(value, StagedList) and value_of(value) is not None:
        hole = memo[id(value)] = _structure(value_of(value), atoms, {})
        return hole
    if isinstance(value, list):
        items: list[object] = []
        memo.setdefault(id(value), items)
        items.extend(_structure(one, atoms, memo) for one in value)
        return items
    if isinstance(value, dict):
        entries = empty_dict(value)
        memo.setdefault(id(value), entries)
        for name, one in value.items():
            entries[name] = _structure(one, atoms, memo)
        return entries
    if is_module(value):
        refuse_assigned(value)
    if is_registered_node(value):
        refuse_changed(value)
    record = copy_of_record(value)
    memo.setdefault(id(value), record)
    for name in field_names(value):
        object.__setattr__(record, name, _structure(getattr(value, name), atoms, memo))
    return record


def _rebuilt(structure: object, values: tuple[object, ...], args: object, made: dict[int, object]) -> object:
    if isinstance(structure, Hole):
        value = values[structure.index]
        # A constant belongs to the program; the caller may write to what it is given.
        value = value.copy() if isinstance(value, np.ndarray) and not value.flags.writeable else value
        if structure.tensor:
            return tensor_of(value)
        return host_array(value) if is_tensor(value) else value
    if isinstance(structure, Maybe):
        there = values[structure.snek_flag.index]  # type: ignore[attr-defined]
        return _rebuilt(structure.snek_value, values, args, made) if there else None
    if isinstance(structure, Given):
        return follow(args, structure.path)
    if id(structure) in made:
        return made[id(structure)]
    if is_tuple(structure):
        return rebuild(structure, [_rebuilt(one, values, args, made) for one in structure])  # type: ignore[attr-defined]
    if isinstance(structure, list):
        items = made[id(structure)] = []  # type: ignore[var-annotated]
        items.extend(_rebuilt(one, values, args, made) for one in structure)
        return items
    if isinstance(structure, dict):
        entries = made[id(structure)] = empty_dict(structure)
        for name, one in structure.items():
            entries[name] = _rebuilt(one, values, args, made)
        return entries
    if isinstance(structure, Made):
        made[id(structure)] = structure.made([_rebuilt(one, values, args, made) for one in structure.children])
        return made[id(structure)]
    if is_record(structure):
        record = made[id(structure)] = copy_of_record(structure)
        for name in field_names(structure):
            object.__setattr__(record, name, _rebuilt(getattr(structure, name), values, args, made))
        return record
    return structure
