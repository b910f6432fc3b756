"""Every construct stages: `interpret` answers, prints and raises as Python, on both sides of each choice."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import snek
from snek_strategies.staging.pytrees import Dynamic

sys.path.append(str(Path(__file__).parent))
from construct_rows import ROWS, WIDENED, Row  # noqa: E402

pytestmark = pytest.mark.usefixtures("checked")


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


def check(row: Row, backend: str) -> None:
    widened = row.program.__name__ in WIDENED
    staged = snek.stage(row.program, backend=backend)
    for make in row.calls:
        expected = outcome(row.program, plain(make()))
        answer, text, args = outcome(staged, make())
        if widened:
            assert answer == expected[0]
            continue
        assert_same((answer, text, plain(args)), expected)


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


@pytest.mark.parametrize("name", ROWS)
def test_the_interpreter_means_what_python_means(name: str) -> None:
    check(ROWS[name], "interpret")
