"""Every construct that stages runs on Lantern, and answers, prints and raises as Python does."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from snek_strategies.backends.lantern import compiler

sys.path.append(str(Path(__file__).parent))
from construct_rows import ROWS  # noqa: E402
from test_construct_rows import check  # noqa: E402

pytestmark = pytest.mark.skipif(compiler.compiler() is None, reason="there is no C++ compiler")


@pytest.mark.parametrize("name", ROWS)
def test_a_construct_means_in_cpp_what_it_means_in_python(name: str) -> None:
    check(ROWS[name], "lantern")
