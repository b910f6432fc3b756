"""Comparing a staged call with plain Python: its answer, what it does to its arguments, and what it raises."""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np

from snek_core_transform.errors import StagingError
from snek_strategies.ir.interpret import Interpreter
from snek_strategies.staging.followed import (
    Arguments,
    Compile,
    Same,
    close,
    close_in_size,
    first_difference,
    in_plain_python,
    statement_at,
    when_staged,
)
from snek_strategies.staging.foreign_arrays import array_of_foreign, is_foreign
from snek_strategies.staging.packed_trees import PackedTree
from snek_strategies.staging.pytrees import Dynamic, Static, field_names, is_record, is_registered_node
from snek_strategies.staging.refusal import beginning
from snek_strategies.staging.registered_nodes import taken_apart
from snek_strategies.staging.tensors import host_array, is_tensor


class Difference(Exception):
    """Plain Python and the staged program do not do the same; says where in the answer or the arguments."""

    def __init__(self, where: str, expected: object, got: object) -> None:
        super().__init__(where, expected, got)
        self.where = where
        self.values = f"plain Python gives {expected!r:.120}, the staged program {got!r:.120}"


def verified(
    function: Callable[..., object],
    run: Callable[[Arguments], object],
    given: Arguments,
    unroll: int = 16,
    compiled: Compile = Interpreter,
    own_signs: bool = False,
) -> object:
    """Return the staged answer, after the plain function gave the same one on copies of the arguments.

    Raises StagingError where they differ, naming the first statement that gives another value: both run once more for
    that, showing every value, the staged program as `compiled` makes it. With `own_signs` it has vectors that are
    unique but for their signs: numbers that differ in nothing else are the same.
    """
    before = copy.deepcopy(given)
    plain_args = copy.deepcopy(_unmarked(given))
    assert isinstance(plain_args, tuple)
    expected, expected_error = _outcome(lambda: function(*plain_args[0], **plain_args[1]))
    answer, error = _outcome(lambda: run(given))
    try:
        if type(error) is not type(expected_error) or str(error) != str(expected_error):
            raise Difference("what is raised", expected_error, error)
        if error is None:
            same = close_in_size if own_signs else close
            _compare("the answer", expected, answer, same)
            _compare("the arguments", plain_args, _unmarked(given), same)
    except Difference as difference:
        raise _named(function, difference, before, unroll, compiled, SIGNS if own_signs else REPORT) from None
    if error is not None:
        raise error
    return answer


REPORT = "report it with the program, and run it as plain Python until then"
SIGNS = (
    "the vectors of np.linalg.eigh and svd have other signs here than NumPy's: compute what does not depend on them, "
    f"or else {REPORT}"
)


def _named(
    function: Callable[..., object],
    difference: Difference,
    given: Arguments,
    unroll: int,
    compiled: Compile,
    remedy: str,
) -> StagingError:
    """Return the error that names the first statement that differs, where one does."""
    plain = in_plain_python(function, copy.deepcopy(_unmarked(given)))  # type: ignore[arg-type]
    place, statement = beginning(function), ""
    # Few back-ends can show values on their way.
    for compile_, how in (compiled, ""), (Interpreter, " on back-end 'interpret'"):
        try:
            found = first_difference(plain, when_staged(function, copy.deepcopy(given), unroll, compile_))
        except StagingError as error:
            statement = f"it cannot be followed statement by statement: {error}"
            continue
        if found is not None:
            place, what = found
            statement = f"they part at `{statement_at(place)}`{how}, where {what}"
        else:
            statement = f"followed statement by statement{how} it does the same"
        break
    return StagingError(
        f"{difference.where} of {function.__name__}: {difference.values}; {statement}; {remedy}",
        place,
        code="SNK0304",
    )


def _outcome(call: Callable[[], object]) -> tuple[object, Exception | None]:
    try:
        return call(), None
    except StagingError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever the user's function raises is part of its meaning
        return None, error


def _unmarked(value: object) -> object:
    if isinstance(value, (Dynamic, Static)):
        return value.value
    if isinstance(value, PackedTree):
        return value.given
    if is_foreign(value):
        return array_of_foreign(value)
    if type(value) is tuple:
        return tuple(map(_unmarked, value))
    if type(value) is dict:
        return {name: _unmarked(one) for name, one in value.items()}
    return value


def _compare(where: str, expected: object, got: object, same: Same) -> None:
    if is_foreign(got):
        got = array_of_foreign(got)[()]
    if is_tensor(expected) and is_tensor(got):
        expected, got = host_array(expected), host_array(got)
    if type(expected) is not type(got):
        raise Difference(where, expected, got)
    if isinstance(expected, (np.ndarray, np.generic)) and isinstance(got, (np.ndarray, np.generic)):
        if expected.dtype != got.dtype or expected.shape != got.shape or not same(expected, got):
            raise Difference(where, expected, got)
    elif isinstance(expected, (tuple, list)) and isinstance(got, (tuple, list)):
        if len(expected) != len(got):
            raise Difference(where, expected, got)
        for at, (one, other) in enumerate(zip(expected, got, strict=True)):
            _compare(f"{where}[{at}]", one, other, same)
    elif isinstance(expected, dict) and isinstance(got, dict):
        if list(expected) != list(got):
            raise Difference(f"the keys of {where}", list(expected), list(got))
        for name, one in expected.items():
            _compare(f"{where}[{name!r}]", one, got[name], same)
    elif is_record(expected):
        if field_names(expected) != field_names(got):
            raise Difference(f"the attributes of {where}", field_names(expected), field_names(got))
        for name in field_names(expected):
            _compare(f"{where}.{name}", getattr(expected, name), getattr(got, name), same)
    elif is_registered_node(expected):
        mine, theirs = ((one.auxiliary, one.children) for one in map(taken_apart, (expected, got)))
        _compare(f"what {where} is made of", mine, theirs, same)
    elif isinstance(expected, (float, complex)) and isinstance(got, (float, complex)):
        if not same(expected, got):
            raise Difference(where, expected, got)
    elif expected != got:
        raise Difference(where, expected, got)
