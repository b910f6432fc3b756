"""The check that an operator fires from each function that runs one of its constructs, and the results of a proof."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from snek_core_transform import virtualize as conversion
from snek_core_transform.groups import CONTROL

PROOFS = Path(__file__).parent.parent / "proofs"


def by_path(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, PROOFS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


reached, outcomes = by_path("reached"), by_path("outcomes")


def calls_only(value):
    return abs(value)


def compares(value):
    return value < 3


def never_gets_there(value):
    return value.missing + abs(value)


def has_nothing(value):
    return -1


def reads_an_attribute(value):
    return value.real


def adds(value):
    return value + 1


def lists(value):
    return [item for item in (value,)]  # noqa: C416 (the comprehension is what is looked at)


def figures(*functions: Any, groups: Iterable[str] = CONTROL) -> dict[str, Any]:
    """Virtualize the functions with marks, run each on 3, and return the figures."""
    operators, tally = reached.WitnessOperators(groups), reached.Tally()
    with reached.marks():
        for function in functions:
            new = conversion.virtualize(function, operators)
            tally.take(new.__code__)
            try:
                new(3)
            except AttributeError:
                pass
    found: dict[str, Any] = tally.figures(operators)
    return found


def test_an_operator_fires_from_each_function_that_runs() -> None:
    found = figures(calls_only, compares, never_gets_there, has_nothing)
    assert found == {"marked": 3, "reached": 2, "fired": 2, "guarded": 0, "silent": []}


def without_pass(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    passes = tuple(step for step in conversion.PASSES if step.__name__ != name)  # type: ignore[attr-defined]
    assert len(passes) == len(conversion.PASSES) - 1  # type: ignore[attr-defined]
    monkeypatch.setattr(conversion, "PASSES", passes)


@pytest.mark.parametrize(
    ("name", "group", "function"),
    [
        ("virtualize_attributes", "attribute", reads_an_attribute),
        ("virtualize_arithmetic", "arithmetic", adds),
        ("virtualize_comprehensions", "comprehension", lists),
    ],
)
def test_each_group_has_its_marks(name: str, group: str, function: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert figures(function, groups={group})["fired"] == 1
    without_pass(name, monkeypatch)
    assert len(figures(function, groups={group})["silent"]) == 1


def test_a_construct_that_was_not_virtualized_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    without_pass("virtualize_calls", monkeypatch)
    found = figures(calls_only, compares)
    assert [name.rpartition(" ")[2] for name in found["silent"]] == ["calls_only"]
    plain: dict[str, Any] = {"tests": {"a": "passed"}}
    run = {"tests": {"a": "passed"}, "details": {}, "virtualized": 2, "refused": {}, "firings": {"compare": 1}}
    result = outcomes.compared(
        "module", "forced", plain, {**run, "functions": {"reached": 2}, "silent": found["silent"]}, {}
    )
    assert list(result.different.values()) == ["ran, and no operator fired from it"]


def test_results_are_kept_as_they_come_and_what_differed_runs_again(tmp_path: Path) -> None:
    journal = outcomes.Journal(tmp_path / "results.jsonl")
    journal.add([outcomes.Compared("test_a", "forced", tests=3, different={"x": "passed -> failed"})])
    journal.add([outcomes.Compared("test_b", "forced", tests=4, virtualized=9)])
    assert not outcomes.report(journal.results)
    again = outcomes.Journal(tmp_path / "results.jsonl")
    assert again.known("test_b")
    assert not again.known("test_a")
    assert again.results == journal.results[1:] == outcomes.read(tmp_path / "results.jsonl")
    assert outcomes.report(again.results)


def test_a_listed_difference_is_excepted_by_its_reason() -> None:
    plain: dict[str, Any] = {"tests": {"m.a": "passed", "m.b": "passed", "m.c": "passed"}}
    ended = {"m.a": "failed", "m.b": "failed", "m.c": "passed"}
    found = {"tests": ended, "details": {}, "virtualized": 1, "refused": {}, "firings": {"call": 1}}
    found |= {"functions": {"reached": 1}, "silent": []}
    result = outcomes.compared("m", "forced", plain, found, {"m.b*": "a reason"})
    assert list(result.different) == ["m.a"]
    assert result.excepted == {"m.b": "a reason"}
