"""Modules virtualized while they are loaded."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from snek_core_transform.errors import SnekError
from snek_core_transform.import_hook import virtualized_imports
from snek_core_transform.recording_operators import RecordingOperators

SOURCE = """
LIMIT = 3 if True else 4

class Counter:
    def count(self, up_to):
        total = 0
        while total < up_to:
            total += 1
        return total

def decorate(function):
    return function

@decorate
def twice(x, *, factor=2):
    return [value * factor for value in range(x) if value]
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    (tmp_path / "hooked_module.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield "hooked_module"
    sys.modules.pop("hooked_module", None)


def test_every_function_of_a_module_calls_the_operators(module: str) -> None:
    operators, taken = RecordingOperators(), []
    with virtualized_imports(module.__eq__, operators, take=lambda old, new: taken.append(old.co_name)):
        loaded = importlib.import_module(module)
    assert sorted(taken) == ["count", "decorate", "twice"]
    assert loaded.LIMIT == 3
    assert operators.firings["while_stmt"] == 0
    assert loaded.Counter().count(4) == 4
    assert loaded.twice(3) == [2, 4]
    assert operators.firings["while_stmt"] == 1
    assert operators.firings["aug_assign"] == 4


def test_a_module_that_is_not_wanted_stays_as_it_is(module: str) -> None:
    operators = RecordingOperators()
    with virtualized_imports(lambda name: False, operators):
        loaded = importlib.import_module(module)
    assert loaded.Counter().count(4) == 4
    assert not operators.firings


def test_a_refused_function_makes_the_import_fail_unless_it_is_taken(
    module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refusing(*_: object) -> object:
        raise SnekError("refused")

    monkeypatch.setattr("snek_core_transform.virtualize_module.virtualized_code", refusing)
    with virtualized_imports(module.__eq__, RecordingOperators()), pytest.raises(SnekError, match="refused"):
        importlib.import_module(module)
    sys.modules.pop(module, None)
    refused = []
    with virtualized_imports(module.__eq__, RecordingOperators(), lambda code, error: refused.append(code.co_name)):
        loaded = importlib.import_module(module)
    assert sorted(refused) == ["count", "decorate", "twice"]
    assert loaded.Counter().count(4) == 4
