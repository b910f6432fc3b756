"""What a call does under Python and staged, and whether that is the same."""

from __future__ import annotations

import contextlib
import copy
import io
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import snek
from snek_strategies.staging.pytrees import Dynamic


def outcome(function: Callable[..., Any], args: tuple[Any, ...]) -> tuple[object, ...]:
    """Return all that a call does: its answer or exception, what it printed, what its arguments hold after it."""
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        try:
            answer: object = function(*args)
        except snek.SnekError:
            raise
        except Exception as error:
            cause = None if error.__cause__ is None else (type(error.__cause__), error.__cause__.args)
            answer = (type(error), error.args, cause)
    return answer, text.getvalue(), args


def plain(args: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(one.value if isinstance(one, Dynamic) else one for one in args)


def assert_same(got: Any, expected: Any) -> None:
    assert type(got) is type(expected), (got, expected)
    if isinstance(got, (tuple, list)):
        assert len(got) == len(expected), (got, expected)
        for one, other in zip(got, expected, strict=True):
            assert_same(one, other)
    elif isinstance(got, dict):
        assert list(got) == list(expected)
        for name in got:
            assert_same(got[name], expected[name])
    elif hasattr(got, "__dataclass_fields__"):
        assert_same(vars(got), vars(expected))
    elif isinstance(got, (np.ndarray, np.generic)):
        assert got.dtype == expected.dtype
        np.testing.assert_array_equal(got, expected)
    else:
        assert got == expected


def check_calls(program: Callable[..., Any], calls: Sequence[tuple[Any, ...]], backend: str) -> None:
    """Call one staged program with each of the arguments in turn, beside Python."""
    staged = snek.stage(program, backend=backend)
    for call in calls:
        expected = outcome(program, plain(copy.deepcopy(call)))
        answer, text, args = outcome(staged, copy.deepcopy(call))
        assert_same((answer, text, plain(args)), expected)
