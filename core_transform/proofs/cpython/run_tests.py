"""Run one of the interpreter's own test modules, plain or virtualized, and write the outcome of each test as JSON.

Used as `python run_tests.py MODULE MODE OUT [LIBRARY ...]`: MODE is one of `counts.MODES`, LIBRARY a module that the
tests are about and that is virtualized too.
"""

from __future__ import annotations

import importlib
import json
import sys
import unittest
import warnings
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

sys.path.append(str(Path(__file__).parent.parent))

# The folder is no package: what is in it is run by path.
from counts import Counts
from outcomes import exceptions, left_out


class Outcomes(unittest.TestResult):
    """Keeps how each test ended, by its name; sub-tests count for their test."""

    def __init__(self) -> None:
        super().__init__()
        self.ended: dict[str, str] = {}
        self.details: dict[str, str] = {}

    def _end(self, test: unittest.TestCase, how: str, detail: str = "") -> None:
        name = test.id()
        if self.ended.get(name, "passed") == "passed":
            self.ended[name] = how
        if detail:
            self.details.setdefault(name, detail)

    def addSuccess(self, test: unittest.TestCase) -> None:
        """Note that a test passed."""
        self._end(test, "passed")

    def addError(self, test: unittest.TestCase, err: Any) -> None:
        """Note that a test raised."""
        self._end(test, f"error {err[0].__name__}", self._exc_info_to_string(err, test))  # type: ignore[attr-defined]

    def addFailure(self, test: unittest.TestCase, err: Any) -> None:
        """Note that a test failed."""
        self._end(test, "failed", self._exc_info_to_string(err, test))  # type: ignore[attr-defined]

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:
        """Note that a test was skipped."""
        self._end(test, "skipped")

    def addExpectedFailure(self, test: unittest.TestCase, err: Any) -> None:
        """Note that a test failed as it should."""
        self._end(test, "expected failure")

    def addUnexpectedSuccess(self, test: unittest.TestCase) -> None:
        """Note that a test passed though it should fail."""
        self._end(test, "unexpected success")

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, err: Any) -> None:
        """Note a sub-test that failed."""
        if err is not None:
            self._end(test, f"sub-test {err[0].__name__}", self._exc_info_to_string(err, test))  # type: ignore[attr-defined]


def _load_tests_as_written(module: ModuleType) -> None:
    """Let a module's `load_tests` run plain: doctest takes the module of the frame that calls it, which must be its."""
    if hasattr(module, "load_tests") and module.__file__:
        code = compile(Path(module.__file__).read_bytes(), module.__file__, "exec")
        for inner in code.co_consts:
            if isinstance(inner, CodeType) and inner.co_name == "load_tests":
                module.load_tests = FunctionType(inner, vars(module))


def _kept(suite: unittest.TestSuite, listed: dict[str, str]) -> unittest.TestSuite:
    """Return the tests that can end: `exceptions.toml` names those that would not, with the reason."""
    kept = unittest.TestSuite()
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            kept.addTest(_kept(test, listed))
        elif not left_out(test.id(), listed):
            kept.addTest(test)
    return kept


def _is_of(name: str, modules: tuple[str, ...]) -> bool:
    """Tell whether a module is one of `modules` or in one that is a package."""
    return any(name == module or name.startswith(f"{module}.") for module in modules)


def run(module: str, mode: str, libraries: tuple[str, ...]) -> dict[str, object]:
    """Import the module as the mode says, run its tests, and return what came of it."""
    counts = Counts(mode)
    for loaded in [name for name in sys.modules if _is_of(name, libraries)]:
        # Loaded again, so that the hook sees it; those that hold on to the old one keep it.
        del sys.modules[loaded]
    listed = exceptions(Path(__file__).parent / "exceptions.toml").get(mode, {})
    with counts.imports(lambda name: _is_of(name, (module, *libraries))):
        for library in libraries:
            importlib.import_module(library)
        tests = importlib.import_module(module)
        _load_tests_as_written(tests)
        suite = _kept(unittest.defaultTestLoader.loadTestsFromModule(tests), listed)
        result = Outcomes()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            suite.run(result)
    return counts.findings(result.ended, result.details)


if __name__ == "__main__":
    module_name, mode_name, out, *library_names = sys.argv[1:]
    Path(out).write_text(json.dumps(run(f"test.{module_name}", mode_name, tuple(library_names))))
