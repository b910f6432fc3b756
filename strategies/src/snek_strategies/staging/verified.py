"""Comparing a staged call with plain Python: its answer, what it does to its arguments, and what it raises."""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np

from snek_core_transform.errors import StagingError
from snek_strategies.staging.pytrees import Dynamic, Static, field_names, is_record
from snek_strategies.staging.refusal import beginning

TOLERANCE = 1e-6
"""How far results may differ, relative to the larger: back-ends add up in other orders."""

Arguments = tuple[tuple[object, ...], dict[str, object]]


def verified(function: Callable[..., object], run: Callable[[Arguments], object], given: Arguments) -> object:
    """Return the staged answer, after the plain function gave the same one on copies of the arguments.

    Raises StagingError at the first difference, saying where in the answer or the arguments it is.
    """
    plain_args = copy.deepcopy(_unmarked(given))
    assert isinstance(plain_args, tuple)
    expected, expected_error = _outcome(lambda: function(*plain_args[0], **plain_args[1]))
    answer, error = _outcome(lambda: run(given))
    if type(error) is not type(expected_error) or str(error) != str(expected_error):
        _differ(function, "what is raised", expected_error, error)
    if error is not None:
        raise error
    _compare(function, "the answer", expected, answer)
    _compare(function, "the arguments", plain_args, _unmarked(given))
    return answer


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
    if type(value) is tuple:
        return tuple(map(_unmarked, value))
    if type(value) is dict:
        return {name: _unmarked(one) for name, one in value.items()}
    return value


def _compare(function: Callable[..., object], where: str, expected: object, got: object) -> None:
    if type(expected) is not type(got):
        _differ(function, where, expected, got)
    if isinstance(expected, (np.ndarray, np.generic)) and isinstance(got, (np.ndarray, np.generic)):
        if expected.dtype != got.dtype or expected.shape != got.shape or not _close(expected, got):
            _differ(function, where, expected, got)
    elif isinstance(expected, (tuple, list)) and isinstance(got, (tuple, list)):
        if len(expected) != len(got):
            _differ(function, where, expected, got)
        for at, (one, other) in enumerate(zip(expected, got, strict=True)):
            _compare(function, f"{where}[{at}]", one, other)
    elif isinstance(expected, dict) and isinstance(got, dict):
        if list(expected) != list(got):
            _differ(function, f"the keys of {where}", list(expected), list(got))
        for name, one in expected.items():
            _compare(function, f"{where}[{name!r}]", one, got[name])
    elif is_record(expected):
        if field_names(expected) != field_names(got):
            _differ(function, f"the attributes of {where}", field_names(expected), field_names(got))
        for name in field_names(expected):
            _compare(function, f"{where}.{name}", getattr(expected, name), getattr(got, name))
    elif isinstance(expected, (float, complex)) and isinstance(got, (float, complex)):
        if not _close(expected, got):
            _differ(function, where, expected, got)
    elif expected != got:
        _differ(function, where, expected, got)


def _close(expected: object, got: object) -> bool:
    return bool(np.allclose(got, expected, rtol=TOLERANCE, atol=0.0, equal_nan=True))  # type: ignore[arg-type]


def _differ(function: Callable[..., object], where: str, expected: object, got: object) -> None:
    raise StagingError(
        f"{where} of {function.__name__}: plain Python gives {expected!r:.120}, the staged program {got!r:.120}; "
        "report it with the program, and run it as plain Python until then",
        beginning(function),
        code="SNK0304",
    )
