"""Run some of a package's own tests, plain or virtualized, and write the outcome of each test as JSON.

Used as `python run_tests.py PIECE MODE OUT ROOT FOLDERS LEFT_OUT PATTERN ...`: MODE is one of `counts.MODES`; FOLDERS
of ROOT hold the tests, but for the files LEFT_OUT; the modules that a PATTERN matches are virtualized, the tests among
them.
"""

from __future__ import annotations

import json
import os
import sys
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent.parent))

# The folder is no package: what is in it is run by path.
from counts import Counts
from outcomes import exceptions, left_out


class Outcomes:
    """A pytest plugin that keeps how each test ended."""

    def __init__(self, piece: str, listed: dict[str, str]) -> None:
        self.piece, self.listed = piece, listed
        self.ended: dict[str, str] = {}
        self.details: dict[str, str] = {}

    def name(self, nodeid: str) -> str:
        """Return the name of a test among all packages' tests."""
        return f"{self.piece}: {nodeid}"

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out the tests that would not end."""
        items[:] = [item for item in items if not left_out(self.name(item.nodeid), self.listed)]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note a file that cannot be loaded."""
        if report.failed:
            self.ended[self.name(report.nodeid)] = "cannot be loaded"
            self.details[self.name(report.nodeid)] = str(report.longrepr)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note how one phase of a test ended; what went wrong first counts."""
        name = self.name(report.nodeid)
        if self.ended.get(name, "passed") == "passed":
            self.ended[name] = f"expected failure: {report.outcome}" if hasattr(report, "wasxfail") else report.outcome
        if report.failed:
            self.details.setdefault(name, str(report.longrepr))


def run(
    piece: str, mode: str, root: Path, folders: list[str], without: list[str], patterns: list[str]
) -> dict[str, object]:
    """Run the tests below some folders, but for some files, and return what came of it."""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    counts = Counts(mode)
    outcomes = Outcomes(piece, exceptions(Path(__file__).parent / "exceptions.toml").get(mode, {}))
    # pytest would else load the tests itself, to rewrite their assertions.
    options = ["-q", "--assert=plain", "-p", "no:cacheprovider", "--continue-on-collection-errors", "-c", os.devnull]
    options += [f"--ignore={root / name}" for name in without]
    with counts.imports(lambda name: any(fnmatchcase(name, pattern) for pattern in patterns)):
        pytest.main([*options, "--rootdir", str(root), *(str(root / name) for name in folders)], plugins=[outcomes])
    return counts.findings(outcomes.ended, outcomes.details)


if __name__ == "__main__":
    piece_name, mode_name, out, where, below, apart, *names = sys.argv[1:]
    found = run(piece_name, mode_name, Path(where), below.split(), apart.split(), names)
    Path(out).write_text(json.dumps(found))
