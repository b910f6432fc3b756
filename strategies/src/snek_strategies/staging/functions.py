"""Calls of user functions: traced in place, unless one calls itself with values of the same types; then it is staged.

Recursion is found, not declared: a call whose key (code, abstract arguments, what its cells hold) already stands on
the stack of calls being traced. What such a function gives is a fixpoint that starts from its base case.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import CellType, FunctionType, MethodType
from typing import Any

import numpy as np

from snek_strategies.ir.syntax import Sym
from snek_strategies.ir.types import Fn
from snek_strategies.staging.attempts import ATTEMPTS, Thrown, watched_operations
from snek_strategies.staging.builder import builder
from snek_strategies.staging.join import ABSENT, RAISES, Absent, fill, is_tuple, join, opened, same_template
from snek_strategies.staging.memory import may_be_of, seal
from snek_strategies.staging.optional import Maybe
from snek_strategies.staging.raised_by_operations import leave_where
from snek_strategies.staging.raises import Diverged
from snek_strategies.staging.refusal import StagingStopped, beginning, place_of_error, refusal_of, refuse
from snek_strategies.staging.regions import Unfounded, trace
from snek_strategies.staging.rep import Rep, emit
from snek_strategies.staging.staged_functions import FunctionAttempt, given_types
from snek_strategies.staging.tree_nodes import TreeNode, forest_of, is_node, row_of
from snek_strategies.staging.watch import Watch, describe, roots_of

LEVELS = 64
"""How often one function may stand on the stack of calls with other static values each time."""
CHANGED = 16
"""How often it may with nothing else in what it is given, and other Reps in what it reads from around it."""
FIXPOINT = 8

Key = tuple[object, ...]


class FoundRecursion(BaseException):
    """Unwinds to the call that is being traced in place and has now been found to call itself."""

    def __init__(self, key: Key) -> None:
        super().__init__(key)
        self.key = key


@dataclass
class Staged:
    """A staged function: its name, and the template of what it gives; ABSENT while that is not known."""

    name: Sym
    result: object
    kinds: tuple[Thrown, ...] = ()


class Identity(int):
    """In a key, which object a value is."""


@dataclass
class Calls:
    """What one staging knows about the functions it has met."""

    stack: list[Key] = field(default_factory=list)
    functions: list[object] = field(default_factory=list)
    """Those that the keys on the stack are of."""
    deepest: tuple[str, ...] = ()
    """The names of the functions on the stack as Python's own came to its end."""
    recursive: set[Key] = field(default_factory=set)
    staged: dict[Key, Staged] = field(default_factory=dict)


CALLS: ContextVar[Calls] = ContextVar("snek_calls")


def key_of(function: object, args: tuple[object, ...], kwargs: dict[str, object]) -> Key:
    """Return what tells one specialisation of a function from another."""
    seen: set[int] = set()
    return (
        _abstract(function, seen),
        tuple(_abstract(one, seen) for one in args),
        tuple((name, _abstract(one, seen)) for name, one in sorted(kwargs.items())),
    )


def _abstract(value: object, seen: set[int]) -> object:
    if isinstance(value, Rep):
        return ("rep", value.type)
    if is_node(value):
        return (TreeNode, id(forest_of(value)), _abstract(row_of(value), seen))  # type: ignore[arg-type]
    if isinstance(value, Maybe):
        return (Maybe, _abstract(value.snek_value, seen))
    if isinstance(value, (bool, int, float, complex, str, bytes, type(None), np.generic)):
        return (type(value), repr(value))
    if id(value) in seen:
        return "again"
    if isinstance(value, (tuple, list)):
        return (type(value), *(_abstract(one, seen) for one in value))
    if isinstance(value, dict):
        return (dict, *((repr(name), _abstract(one, seen)) for name, one in value.items()))
    if isinstance(value, MethodType):
        return (_abstract(value.__func__, seen), _abstract(value.__self__, seen))
    if isinstance(value, FunctionType):
        seen.add(id(value))
        return (value.__code__, *(_cell(cell, seen) for cell in value.__closure__ or ()))
    return ("object", id(value))


def _cell(cell: CellType, seen: set[int]) -> object:
    try:
        held = cell.cell_contents
    except ValueError:
        return "empty"
    # A captured Rep is one certain value, not any value of its type.
    return (_abstract(held, seen), *(Identity(id(rep.atom)) for rep in leaves(held)))


def call_function(
    function: object, target: Callable[..., object], args: tuple[object, ...], kwargs: dict[str, object]
) -> object:
    """Call a user function that has been virtualized."""
    calls = CALLS.get()
    # Where a `try` is around it, a staged function gives what it throws.
    key = (*key_of(function, args, kwargs), watched_operations())
    known = calls.staged.get(key)
    if known is not None and any(known.name.index in block.bound for block in builder().open):
        return _emit_call(known, args, kwargs)
    if key in calls.recursive:
        return _define(key, function, target, args, kwargs)
    if key in calls.stack:
        raise FoundRecursion(key)
    _refuse_changed_around(function, key, calls)
    levels = sum(1 for one in calls.stack if one[0] == key[0])
    if levels >= LEVELS:
        refuse(
            f"{_name(function)} calls itself with other static values at each of {LEVELS} levels; "
            "make the argument that changes an array, so that the recursion is staged",
            code="SNK0209",
        )
    before = builder().mark()
    calls.stack.append(key)
    calls.functions.append(function)
    depth = len(calls.stack)
    try:
        return target(*args, **kwargs)
    except FoundRecursion as found:
        if found.key != key:
            raise
        builder().rewind(before)
        calls.recursive.add(key)
    except RecursionError as error:
        calls.deepest = calls.deepest or tuple(map(_name, calls.functions))
        if depth == 1:
            _refuse_depth(calls, error)
        raise
    finally:
        del calls.stack[depth - 1 :], calls.functions[depth - 1 :]
    return _define(key, function, target, args, kwargs)


def _refuse_changed_around(function: object, key: Key, calls: Calls) -> None:
    """Refuse a recursion that staging has no end for: at each level its variables from around hold another Rep."""
    same = [one for one, of in zip(calls.stack, calls.functions, strict=True) if of == function]
    if len(same) < CHANGED:
        return
    loose = _without_identities(key)
    levels: list[Any] = [one for one in same if _without_identities(one) == loose]
    if len(levels) < CHANGED:
        return
    pair: list[Any] = [levels[-1][0], key[0]]
    before, after = (one[0] if isinstance(function, MethodType) else one for one in pair)
    free = getattr(function, "__func__", function).__code__.co_freevars  # type: ignore[attr-defined]
    changed = [name for name, old, new in zip(free, before[1:], after[1:], strict=True) if old != new]
    refuse(
        f"{_name(function)} calls itself after it has changed {' and '.join(changed)}, which it reads from around it; "
        "hand that on as an argument, and return the new value",
        code="SNK0210",
    )


def _refuse_depth(calls: Calls, error: RecursionError) -> None:
    """Refuse a recursion that Python's stack is too short to stage, if there is one."""
    function, levels = Counter(calls.deepest).most_common(1)[0]
    if levels < CHANGED:
        return
    refusal = refusal_of(
        f"{function} calls itself with other arguments, or other values around it, at each of {levels} levels, which "
        "is deeper than staging goes; make what changes an array that is an argument",
        place_of_error(error),
        "SNK0209",
    )
    raise StagingStopped(refusal) from error


def _without_identities(key: object) -> object:
    if not isinstance(key, tuple):
        return key
    return tuple(_without_identities(one) for one in key if not isinstance(one, Identity))


def _name(function: object) -> str:
    return getattr(function, "__qualname__", repr(function))


def leaves(value: object) -> Iterator[Rep]:
    """Walk the Reps in arguments."""
    if isinstance(value, Rep):
        yield value
    elif is_node(value):
        yield from leaves(row_of(value))  # type: ignore[arg-type]
    elif isinstance(value, Maybe):
        yield from leaves((value.snek_flag, value.snek_value))
    elif isinstance(value, (tuple, list)):
        for one in value:
            yield from leaves(one)
    elif isinstance(value, dict):
        for one in value.values():
            yield from leaves(one)


def replaced(value: object, reps: Iterator[Rep]) -> object:
    """Return arguments with their Reps replaced, in the order of `leaves`."""
    if isinstance(value, Rep):
        return next(reps)
    if is_node(value):
        return TreeNode(forest_of(value), replaced(row_of(value), reps))  # type: ignore[arg-type]
    if isinstance(value, Maybe):
        return Maybe(replaced(value.snek_flag, reps), replaced(value.snek_value, reps))
    if is_tuple(value):
        items = [replaced(one, reps) for one in value]  # type: ignore[attr-defined]
        return tuple(items) if type(value) is tuple else type(value)(*items)
    if isinstance(value, list):
        return [replaced(one, reps) for one in value]
    if isinstance(value, dict):
        return {name: replaced(one, reps) for name, one in value.items()}
    return value


def _emit_call(staged: Staged, args: tuple[object, ...], kwargs: dict[str, object]) -> object:
    if staged.result is ABSENT:
        raise Unfounded(staged.name)
    operands = tuple(rep.atom for rep in leaves((args, kwargs)))
    results = builder().reflect("call", (staged.name, *operands), types=given_types(staged.result, staged.kinds))
    values = iter(map(Rep, results))
    code = next(values) if staged.kinds else None
    given = fill(staged.result, values)
    for number, thrown in enumerate(staged.kinds, 1):
        assert code is not None
        leave_where(emit("equal", code, number), thrown.made(tuple(next(values) for _ in thrown.types)))
    if isinstance(staged.result, Absent):
        raise Diverged
    may_be_of(given, (*leaves((args, kwargs)), *args, *kwargs.values()))
    seal((given,), "it comes from a staged function, which may have kept it")
    return given


def _define(
    key: Key, function: object, target: Callable[..., object], args: tuple[object, ...], kwargs: dict[str, object]
) -> object:
    calls = CALLS.get()
    types = tuple(rep.type for rep in leaves((args, kwargs)))
    where = beginning(function)
    result: object = ABSENT
    kinds: list[Thrown] = []

    def body(*reps: Rep) -> object:
        seal(reps, "it is an argument of a staged function")
        given: Any = replaced((args, kwargs), iter(reps))
        return target(*given[0], **given[1])

    for _ in range(FIXPOINT):
        found = tuple(kinds)
        name = builder().sym(Fn(types, given_types(result, found)))
        staged = calls.staged[key] = Staged(name, result, found)
        watching = Watch(cells=False)
        watching.add(*roots_of(function), args, kwargs)
        label, depth = builder().label(), len(builder().open)
        attempt = FunctionAttempt(_name(function), label, depth, watching, bool(key[-1]), kinds)
        apart = ATTEMPTS.set((attempt,))
        try:
            block, value = trace(
                body,
                types,
                (function, args, kwargs),
                also=(name,),
                what=f"call of {_name(function)}",
                given=lambda: (rep.atom for rep in leaves((args, kwargs))),
            )
        finally:
            ATTEMPTS.reset(apart)
        for rep, _ in block.written:
            refuse(
                f"{_name(function)} calls itself and changes {rep!r}, an array from outside it, in place; "
                "return the new array instead",
                where,
                code="SNK0210",
            )
        for host, _ in block.hosts:
            refuse(
                f"{_name(function)} calls itself and changes {describe(host)}; return the new values instead",
                where,
                code="SNK0210",
            )
        # What it gives may be an array that lives around it: no store into that one can be told from here on.
        seal((value,), "a staged function may have returned it")
        if value is ABSENT and attempt.throws(block):
            value = RAISES
        if isinstance(value, Absent) and not attempt.throws(block):
            del calls.staged[key]
            if isinstance(result, Absent) and not _inside_another(key):
                refuse(
                    f"{_name(function)} has no path that ends without calling itself; give it a base case",
                    where,
                    code="SNK0209",
                )
            raise Unfounded(name)
        widened = value if result is ABSENT else opened(join(f"result of {_name(function)}", result, value))
        widened = opened(widened)
        if result is not ABSENT and same_template(result, widened) and found == tuple(kinds):
            builder().define(name, attempt.ended(block, result, value), _name(function))
            return _emit_call(staged, args, kwargs)
        result = widened
    return refuse(
        f"{_name(function)} gives no result of one type; its paths must give numbers or arrays of one type",
        where,
        code="SNK0209",
    )


def _inside_another(key: Key) -> bool:
    return any(other != key and isinstance(one.result, Absent) for other, one in CALLS.get().staged.items())
