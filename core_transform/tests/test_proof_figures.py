"""The recorded proofs hold what the project claims, and the README shows them."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from snek_core_transform.groups import OPERATORS

PROOFS = Path(__file__).parent.parent / "proofs"
RECORDS = PROOFS.parent.parent / "results" / "proofs"


def by_path(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, PROOFS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


outcomes = by_path("outcomes")
figures = by_path("figures")


def test_the_readme_shows_the_records() -> None:
    text = (PROOFS / "README.md").read_text()
    assert text == figures.with_tables(text)


SUITES = sorted(file for file in RECORDS.glob("*.jsonl") if not file.stem.startswith("fuzz"))
GENERATED = sorted(RECORDS.glob("fuzz-*.jsonl"))


@pytest.mark.parametrize("file", SUITES, ids=lambda file: file.stem)
def test_no_recorded_test_differs(file: Path) -> None:
    results = [one for one in outcomes.read(file) if not one.skipped]
    for mode in ("forced", "inline"):
        ran = [one for one in results if one.mode == mode]
        assert not any(one.different for one in ran)
        refused, virtualized = sum(len(one.refused) for one in ran), sum(one.virtualized for one in ran)
        assert refused <= outcomes.REFUSED_AT_MOST * virtualized
        assert len(ran) >= (150 if file.stem.startswith("cpython") else 1)
        # A module that does not load at all is excepted by its own name.
        assert all(one.firings or one.module in one.excepted for one in ran) or mode == "inline"


@pytest.mark.parametrize("file", GENERATED, ids=lambda file: file.stem)
def test_no_recorded_program_differs(file: Path) -> None:
    slices = [json.loads(line) for line in file.read_text().splitlines()]
    assert not any(one["different"] for one in slices)
    assert len({one["seed"] for one in slices}) == len(slices)
    fired = {name for one in slices for name in one["firings"]}
    assert fired == set(OPERATORS)
