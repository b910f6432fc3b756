"""What experts wrote by hand is right, forward and with gradients."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.mark.parametrize("mode", ["forward", "gradient"])
def test_every_expert_answers_as_its_workload_does(measured: Callable[..., Any], tmp_path: Path, mode: str) -> None:
    plan, records = measured(tmp_path, ["^expert/"], mode)
    assert len(records) == len(plan.cells) > 0
    assert {one.cell.mode for one in records} == {mode}
    for one in records:
        # An unavailable framework is nothing against an expert.
        assert one.outcome in {"captured", "fallback", "unavailable"}, (one.cell, one.reason)
