"""What the executed examples in the docstrings of passes may use."""

from __future__ import annotations

from typing import Any

import pytest

from snek_core_transform.groups import CONTROL
from snek_core_transform.recording_operators import RecordingOperators
from snek_core_transform.show import show

collect_ignore = ["proofs"]
"""The proof programs: they run by path, and import each other as such."""


@pytest.fixture(autouse=True)
def _examples(doctest_namespace: dict[str, Any]) -> None:
    doctest_namespace.update(show=show, RecordingOperators=RecordingOperators, CONTROL=CONTROL)
