"""Fixtures for the tests of staging and of the back-ends."""

from __future__ import annotations

from pathlib import Path

import pytest

collect_ignore = [path.name for path in Path(__file__).parent.glob("*.py") if not path.name.startswith("test_")]
"""Programs for tests, and scripts, which run in processes of their own: some load every framework where imported."""


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every staged program verified at every border."""
    monkeypatch.setenv("SNEK_CHECK", "1")
