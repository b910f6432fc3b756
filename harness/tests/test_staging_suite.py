"""The staging suite, run small: each staging is of new code, kinds answer alike, and the records say what was found."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FunctionType

import numpy as np
import pytest

from snek_core_transform.errors import UsageError
from snek_harness.bound import bound_program, program_anew
from snek_harness.catalogue import load_strategy, load_workload
from snek_harness.expert import EXPERTS
from snek_harness.record import RecordError, StagingRecord, decode, encode
from snek_harness.settings import Settings
from snek_harness.specialisation import KINDS, checked_call, measure_backend, measure_specialisation
from snek_harness.suites import SUITES, staging_plan
from snek_strategies.backends.registry import BACKENDS
from snek_strategies.registry import STRATEGIES
from snek_workloads import registry
from snek_workloads.specialised_programs import CODE, PROGRAMS, VECTOR, machine


def test_the_command_stages_anew_in_rounds_and_keeps_what_it_took(tmp_path: Path) -> None:
    command = [sys.executable, "-P", "-c", "import sys; from snek.command import main; sys.exit(main())", "bench"]
    asked = "--suite staging --size tiny --samples 2 -w ^newton$ -s eager/numpy -s snek/interpret".split()
    done = subprocess.run(
        [*command, *asked, "--results", str(tmp_path)], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (run,) = tmp_path.iterdir()
    records = [decode(line) for line in (run / "records.jsonl").read_bytes().splitlines()]
    stagings = [record for record in records if isinstance(record, StagingRecord)]
    # A reference is not staged.
    assert {record.cell.strategy for record in stagings} == {"snek/interpret"}
    assert [record.round for record in stagings] == [0, 1, 2, 3, 4]
    environment = json.loads((run / "manifest.json").read_text())["environment"]
    assert environment["calls"]["nothing"]["interpret staged"] > 0
    assert {name: set(by_backend) for name, by_backend in environment["specialisation"].items()} == {
        name: {"interpret"} for name in PROGRAMS
    }
    table = (run / "report" / "staging.md").read_text()
    assert "## snek/interpret" in table
    assert "| machine | interpret |" in table
    assert str(run / "report" / "staging.md") in done.stdout


def test_the_plan_has_every_backend_beside_its_system_and_its_experts() -> None:
    strategies = {cell.strategy for cell in staging_plan().cells}
    assert {name for name in STRATEGIES if name.startswith(("snek/", "trace/"))} <= strategies
    assert {"autograph/tensorflow", "torchscript/torch", "numba/njit", "eager/torch"} <= strategies
    assert {name for name in EXPERTS if name != "expert/cpp"} <= strategies
    assert {cell.size for cell in staging_plan().cells} == {"small"}
    assert {cell.workload for cell in staging_plan(size="tiny").cells} == set(registry.names())


def test_specialisation_is_measured_on_the_backends_of_the_plan() -> None:
    beside = SUITES["staging"].beside(staging_plan(["newton"], ["snek/numba", "snek/jax", "trace/jax"]))
    assert beside["specialisation"].keywords == {"backends": ("jax", "numba")}  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["power", "newton", "tree_lstm"])
def test_no_program_is_staged_twice(name: str) -> None:
    workload, strategy = load_workload(name), load_strategy("snek/interpret")
    bound = bound_program(workload, strategy)
    first, second = (program_anew(workload, strategy, "forward", mark) for mark in (1, 2))
    assert isinstance(bound, FunctionType)
    assert isinstance(first, FunctionType)
    assert isinstance(second, FunctionType)
    assert len({bound.__code__, first.__code__, second.__code__}) == 3
    for before, after in zip(first.__closure__ or (), second.__closure__ or (), strict=True):
        if isinstance(before.cell_contents, FunctionType):
            assert before.cell_contents.__code__ != after.cell_contents.__code__


def test_code_staged_anew_answers_as_before() -> None:
    workload, strategy = load_workload("power"), load_strategy("snek/interpret")
    arguments = workload.arguments(np.random.default_rng(0), "tiny")
    program = program_anew(workload, strategy, "forward", 7)
    np.testing.assert_array_equal(program(*arguments), bound_program(workload, strategy)(*arguments))  # type: ignore[arg-type]


def test_each_kind_has_a_time_or_the_words_of_its_refusal() -> None:
    for found in measure_backend("interpret", rounds=2, min_seconds=1e-4).values():
        assert set(found) == set(KINDS)
        assert all(len(seconds) == 2 and min(seconds) > 0 for seconds in found.values() if not isinstance(seconds, str))
        assert not any(isinstance(seconds, str) for seconds in found.values())


def test_a_backend_that_refuses_a_kind_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(code: Sequence[int], x: np.ndarray) -> np.ndarray:
        return x * np.ones(code[1])

    planted = dataclasses.replace(PROGRAMS["machine"], function=cut)
    monkeypatch.setattr("snek_harness.specialisation.PROGRAMS", {"cut": planted})
    found = measure_backend("interpret", rounds=1, min_seconds=1e-4)["cut"]
    assert "test_staging_suite.py" in str(found["unspecialised"])
    assert not isinstance(found["specialised"], str)


def test_a_program_that_answers_otherwise_when_it_is_specialised_has_no_time() -> None:
    planted = dataclasses.replace(PROGRAMS["machine"], dynamic=np.array(CODE[:-1]))
    with pytest.raises(ArithmeticError, match="machine on 'interpret', unspecialised, is wrong"):
        checked_call(planted, "interpret", "unspecialised")


def test_backends_that_cannot_run_here_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(BACKENDS, "jax", dataclasses.replace(BACKENDS["jax"], imports=("no_such_module",)))
    assert measure_specialisation(1, ("jax",)) == {name: {} for name in PROGRAMS}


def test_the_machine_runs_either_kind_of_code() -> None:
    np.testing.assert_array_equal(machine(CODE, VECTOR), machine(np.array(CODE), VECTOR))  # type: ignore[arg-type]


def test_a_staging_without_a_time_is_refused() -> None:
    (cell,) = staging_plan(["newton"], ["snek/interpret"]).cells
    record = StagingRecord(cell=cell, block="b", round=0, turn=0, seconds=1.0)
    assert decode(encode(record)) == record
    with pytest.raises(RecordError, match="seconds > 0"):
        StagingRecord(cell=cell, block="b", round=0, turn=0, seconds=0.0)
    with pytest.raises(UsageError, match="stagings must not be negative: -1"):
        Settings(stagings=-1)
