"""Every construct stages: `interpret` answers, prints and raises as Python, on both sides of each choice."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import snek

sys.path.append(str(Path(__file__).parent))
from construct_rows import ROWS, WIDENED, Row  # noqa: E402
from python_outcome import assert_same, outcome, plain  # noqa: E402

pytestmark = pytest.mark.usefixtures("checked")


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


@pytest.mark.parametrize("name", ROWS)
def test_the_interpreter_means_what_python_means(name: str) -> None:
    check(ROWS[name], "interpret")
