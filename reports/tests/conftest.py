from __future__ import annotations

import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

from snek_reports.report import ReportPaths, write_report


@pytest.fixture(scope="session")
def recorded_run() -> SimpleNamespace:
    """The functions of recorded_run.py, which no import path holds."""
    return SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("recorded_run.py"))))


@pytest.fixture(scope="session")
def whole_run(recorded_run: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder with every outcome and every fault; tests must not change it."""
    folder: Path = recorded_run.whole_run(tmp_path_factory.mktemp("runs") / "whole")
    return folder


@pytest.fixture(scope="session")
def whole_report(whole_run: Path) -> ReportPaths:
    return write_report(whole_run)
