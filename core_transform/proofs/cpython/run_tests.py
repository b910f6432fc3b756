"""Run one of the interpreter's own test modules, plain or virtualized, and write the outcome of each test as JSON.

Used as `python run_tests.py MODULE MODE OUT [LIBRARY ...]`: MODE is `plain`, `forced`, `inline` or `identity` (forced
operators that no function calls: the proof that the proof can fail), LIBRARY a module that the tests are about and that
is virtualized too.
"""

from __future__ import annotations

import importlib
import json
import sys
import unittest
import warnings
from contextlib import nullcontext
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from snek_core_transform.errors import SnekError
from snek_core_transform.import_hook import virtualized_imports
from snek_core_transform.operators import Operators, PythonOperators

sys.path.append(str(Path(__file__).parent.parent))

# The folder is no package: what is in it is run by path.
from outcomes import exceptions, left_out
from reached import Tally, WitnessOperators, marks

MODES = ("plain", "forced", "inline", "identity")


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


class Counts:
    """Which functions were virtualized and which were refused."""

    def __init__(self) -> None:
        self.virtualized = 0
        self.refused: dict[str, str] = {}
        self.tally = Tally()

    def take(self, old: CodeType, new: CodeType) -> None:
        """Count a function that was virtualized."""
        if old.co_name != "load_tests":
            self.virtualized += 1
            self.tally.take(new)

    def refuse(self, code: CodeType, error: SnekError) -> None:
        """Note a function that was refused."""
        self.refused[f"{code.co_filename}:{code.co_firstlineno} {code.co_qualname}"] = str(error)


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


def run(module: str, mode: str, libraries: tuple[str, ...]) -> dict[str, object]:
    """Import the module as the mode says, run its tests, and return what came of it."""
    operators: Operators = WitnessOperators() if mode in ("forced", "identity") else PythonOperators()
    counts, names = Counts(), {module, *libraries}

    def wanted(name: str) -> bool:
        return mode in ("forced", "inline") and (name in names or name.startswith(f"{module}."))

    for library in libraries:
        # Loaded again, so that the hook sees it; those that hold on to the old one keep it.
        sys.modules.pop(library, None)
    listed = exceptions(Path(__file__).parent / "exceptions.toml").get(mode, {})
    with (
        marks() if mode == "forced" else nullcontext(),
        virtualized_imports(wanted, operators, counts.refuse, counts.take),
    ):
        for library in libraries:
            importlib.import_module(library)
        loaded = importlib.import_module(module)
        _load_tests_as_written(loaded)
        suite = _kept(unittest.defaultTestLoader.loadTestsFromModule(loaded), listed)
        result = Outcomes()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            suite.run(result)
    figures = counts.tally.figures(operators) if isinstance(operators, WitnessOperators) else {"silent": []}
    return {
        "tests": result.ended,
        "details": result.details,
        "virtualized": counts.virtualized,
        "refused": counts.refused,
        "firings": dict(operators.firings) if isinstance(operators, WitnessOperators) else {},
        "silent": figures.pop("silent"),
        "functions": figures,
    }


if __name__ == "__main__":
    module_name, mode_name, out, *library_names = sys.argv[1:]
    Path(out).write_text(json.dumps(run(module_name, mode_name, tuple(library_names))))
