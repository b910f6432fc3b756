"""The pages about staging run as they are printed."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


@pytest.mark.parametrize("page", ["binding_times.md", "random_numbers.md"])
def test_a_page_says_what_happens(page: str) -> None:
    ran = doctest.testfile(str(DOCS / page), module_relative=False, optionflags=FLAGS)
    assert ran.attempted > 10
    assert ran.failed == 0
