"""The transform suite, run small: every system that is here is right, the counting one fired, ratios come by pairs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

from snek_core_transform.errors import UsageError
from snek_harness.conversion_text import text_of_functions
from snek_harness.run_folder import create_run
from snek_harness.transform_record import TransformRecord, ratio, table
from snek_harness.transform_suite import chosen_systems, run_transform_suite
from snek_strategies import converters
from snek_strategies.converters import Converted, Converter
from snek_workloads.transform_programs import SIZES


def test_the_command_runs_it_and_keeps_its_records(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import sys; from snek.command import main; sys.exit(main())", "bench"]
    command += [
        "--suite",
        "transform",
        "--size",
        "tiny",
        "--samples",
        "2",
        "-s",
        "^snek",
        "-s",
        "malt",
        "--results",
        str(tmp_path),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "geometric mean" in done.stdout
    (run,) = tmp_path.iterdir()
    records = [json.loads(line) for line in (run / "records.jsonl").read_text().splitlines()]
    for system in ("plain", "snek", "snek-recording"):
        ran = [record for record in records if record["kind"] == "run" and record["system"] == system]
        assert [record["program"] for record in ran] == list(SIZES["tiny"])
        assert all(record["outcome"] == "right" and len(record["seconds"]) == 2 for record in ran)
        if system == "snek-recording":
            assert all(sum(record["firings"].values()) > 0 for record in ran)
    converted = [record for record in records if record["kind"] == "convert" and record["system"] == "snek"]
    assert converted[0]["lines"] > 30
    [text] = [record for record in records if record["kind"] == "text" and record["system"] == "snek"]
    assert text["outcome"] == "right", text["reason"]
    assert 80 < text["lines"] < 120
    assert "text of 100 lines, lines/s" in done.stdout


def run_with(
    convert: Callable[[Any], Converted], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> list[TransformRecord]:
    systems = {"plain": converters.CONVERTERS["plain"], "planted": Converter(convert)}
    monkeypatch.setattr("snek_harness.transform_suite.CONVERTERS", systems)
    records = run_transform_suite(create_run(tmp_path), ("planted",), "tiny", 1)
    return [record for record in records if record.system == "planted" and record.kind == "run"]


def test_a_system_that_answers_otherwise_has_no_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planted = run_with(lambda function: Converted(lambda n: function(n) + 1), tmp_path, monkeypatch)
    assert {(record.outcome, record.seconds) for record in planted} == {("wrong", ())}


def test_a_counting_system_that_counts_nothing_has_no_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planted = run_with(lambda function: Converted(function, {}), tmp_path, monkeypatch)
    assert {(record.outcome, record.reason) for record in planted} == {("wrong", "no operator fired")}


def test_a_system_that_raises_is_rejected_with_its_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> Converted:
        raise ValueError("not this one")

    assert {record.reason for record in run_with(refuse, tmp_path, monkeypatch)} == {"ValueError: not this one"}


def test_an_unknown_system_is_named() -> None:
    with pytest.raises(UsageError, match="no such system: 'numba'; the systems are plain, snek"):
        chosen_systems(("numba",))


def test_ratios_are_of_the_same_round() -> None:
    plain = TransformRecord("run", "p", "plain", "right", (1.0, 10.0, 100.0))
    other = TransformRecord("run", "p", "snek", "right", (2.0, 20.0, 200.0))
    assert ratio(other, [plain, other]) == 2.0
    assert table([plain, other])[1] == ["p", "1.00x", "2.00x"]
    assert table([plain, other])[2] == ["geometric mean", "1.00x", "2.00x"]


def test_no_text_is_converted_twice() -> None:
    first, second = (compile(text_of_functions(10, salt, 4)[0], "text", "exec").co_consts for salt in (0, 1))
    codes = [constant for constant in (*first, *second) if isinstance(constant, CodeType)]
    steps = [code for code in codes if code.co_name == "step"]
    assert len(set(codes)) == len(codes) - len(steps) + 1
