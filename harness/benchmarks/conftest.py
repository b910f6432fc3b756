"""The options of the benchmark suite: which cells, and how large."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--snek-workload`, `--snek-strategy` and `--snek-size`."""
    group = parser.getgroup("snek")
    group.addoption("--snek-workload", action="append", default=[], metavar="RE", help="workloads to run; all")
    group.addoption("--snek-strategy", action="append", default=[], metavar="RE", help="strategies to run; all")
    group.addoption("--snek-size", default="tiny", metavar="SIZE", help="the workloads' size; tiny")
