"""Fixtures for the tests of staging and of the back-ends."""

from __future__ import annotations

import pytest


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every staged program verified at every border."""
    monkeypatch.setenv("SNEK_CHECK", "1")
