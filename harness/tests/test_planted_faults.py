"""Every planted fault gets its outcome, and the honest cells beside it are measured all the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from snek_harness.exit_code import exit_code
from snek_harness.record import TIMED_OUTCOMES, CellRecord, SampleRecord
from snek_harness.settings import Settings

QUICK = Settings(
    samples=3,
    steady_seconds=0.0,
    min_sample_seconds=0.0005,
    time_limit=5.0,
    memory_limit_bytes=400 << 20,
)

FAULTS = {
    "Honest": ("captured", ""),
    "PrintsGarbage": ("captured", ""),
    "Replays": ("wrong", "at a later call, argument set 1: result[0]"),
    "OffByAThousandth": ("wrong", "at the first call, argument set 0: result[0][3]"),
    "WrongShape": ("wrong", "got shape (1, 4), expected (4,)"),
    "IntForFloat": ("wrong", "got dtype int32, expected float32"),
    "WiderFloat": ("wrong", "got dtype float64, expected float32"),
    "NotANumber": ("wrong", "got nan"),
    "WrongLater": ("wrong", "at a later call, argument set 0"),
    "WrongAfterManyCalls": ("wrong", "after timing, argument set 0"),
    "ReusesItsBuffer": ("wrong", "the first call's result, after later calls"),
    "ChangesItsArguments": ("wrong", "argument 0 was changed"),
    "RunsPython": ("fallback", "Python ran the program on later calls: 2 frames, the first plain at"),
    "RunsPythonInAThread": ("fallback", "Python ran the program on later calls: 2 frames"),
    "Restages": ("fallback", "stagings grew from 1 to"),
    "Splits": ("fallback", "split into 3 graphs; the system went back to Python at 2 places"),
    "RaisesAtStage": ("rejected", "at stage: StagingError: planted: no loops"),
    "RaisesLater": ("rejected", "at later call on argument set 1: ZeroDivisionError: planted"),
    "Exits": ("rejected", "at first call: SystemExit: planted exit"),
    "Hangs": ("timed_out", "at first call: no end within 5 s"),
    "HangsWhenTimed": ("timed_out", "at warm up: no end within 5 s"),
    "SegmentationFault": ("crashed", "at first call: the process was killed by SIGSEGV"),
    "KillsItself": ("crashed", "at first call: the process was killed by SIGKILL"),
    "EatsMemory": ("out_of_memory", "MiB resident, over the limit of 400 MiB"),
    "RaisesMemoryError": ("out_of_memory", "MemoryError: planted"),
    "NotInstalled": ("unavailable", "module 'a_module_that_nobody_has' is not installed"),
    "BreaksAtImport": ("unavailable", "module 'planted_broken_module' cannot be imported: OSError: planted"),
    "ParentDies": ("crashed", "the parent process of 'planted_deadly' ended: exit status -6"),
}


@pytest.fixture(scope="module")
def ran(plants: Path, run_plan: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    strategies = ["eager/numpy", *(f"plants:{name}" for name in FAULTS)]
    return run_plan(tmp_path_factory.mktemp("runs"), [str(plants / "plain.py")], strategies, QUICK)


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_gets_its_outcome_and_reason(ran: Any, name: str):
    outcome, reason = FAULTS[name]
    record = ran.cell(f"plants:{name}")
    assert (record.outcome, record.reason) == (outcome, record.reason)
    assert reason in record.reason


def test_every_planned_cell_has_exactly_one_outcome(ran: Any):
    cells = [record.cell for record in ran.records if isinstance(record, CellRecord)]
    assert sorted(cells) == sorted(set(cells))
    assert len(cells) == 1 + len(FAULTS)


def test_a_cell_that_is_not_right_has_no_time(ran: Any):
    timed = {record.cell for record in ran.records if isinstance(record, SampleRecord)}
    right = {r.cell for r in ran.records if isinstance(r, CellRecord) and r.outcome in TIMED_OUTCOMES}
    assert timed == right


def test_surviving_cells_are_sampled_in_interleaved_rounds_there_and_back(ran: Any):
    rounds: dict[int, list[str]] = {}
    turns: dict[int, list[int]] = {}
    for record in ran.records:
        if isinstance(record, SampleRecord):
            rounds.setdefault(record.round, []).append(record.cell.strategy)
            turns.setdefault(record.round, []).append(record.turn)
    honest = {strategy for strategy in rounds[0] if ran.cell(strategy).outcome in TIMED_OUTCOMES}
    assert all(sorted(set(taken)) == taken for taken in turns.values())
    orders = [[s for s in rounds[number] if s in honest] for number in range(3)]
    assert orders[1] == list(reversed(orders[0]))
    assert orders[2] == orders[0]
    assert len(honest) >= 5


def test_the_tracebacks_and_last_words_are_kept(ran: Any):
    assert "planted: no loops" in ran.cell("plants:RaisesAtStage").detail
    assert ran.cell("plants:RaisesAtStage").kind == "StagingError"
    assert "last words" in ran.cell("plants:SegmentationFault").detail
    assert "planted_broken_module" in ran.cell("plants:BreaksAtImport").detail


def test_the_record_of_a_captured_cell_says_what_it_rests_on(ran: Any):
    honest = ran.cell("plants:Honest")
    assert honest.evidence == {"python_calls": 0, "stagings": 1, "graphs": 1, "breaks": 0}
    assert honest.argument_sets == 3
    assert honest.largest_error == 0.0
    assert honest.flops == 8.0
    assert honest.peak_memory_bytes is not None
    assert honest.peak_memory_bytes > 1 << 20
    assert {"import", "transform", "stage", "compile", "first_call", "warm_up"} <= set(honest.phases)


def test_the_eager_strategy_is_the_reference_and_never_captured(ran: Any):
    assert ran.cell("eager/numpy").outcome == "reference"


def test_some_broken_cells_make_exit_code_four(ran: Any):
    assert exit_code(ran.records) == 4


def test_progress_counts_to_the_end_and_estimates_what_is_left(ran: Any):
    ended = [event for event in ran.events if event.kind == "ended"]
    assert [event.done for event in ended] == list(range(1, len(FAULTS) + 2))
    assert ended[-1].done == ended[-1].total
    assert ended[-1].seconds_left == pytest.approx(0.0)
    assert all(event.seconds_left is not None and event.seconds_left >= 0 for event in ended)
    phases = [event.phase for event in ran.events if event.kind == "phase" and event.cell and
              event.cell.strategy == "plants:Honest"]  # fmt: skip
    assert phases[:4] == ["transform", "stage", "compile", "first_call"]
    assert [event.round for event in ran.events if event.kind == "round"] == [1, 2, 3]


@pytest.mark.parametrize(
    ("workload", "said"),
    [
        ("broken_oracle", "the workload's oracle and witness differ on argument set"),
        ("raising_arguments", "the workload cannot be prepared: at arguments: FileNotFoundError: planted: no data"),
    ],
)
def test_a_workload_that_does_not_work_is_an_outcome_of_all_its_cells(
    plants: Path, run_plan: Callable[..., Any], tmp_path: Path, workload: str, said: str
):
    ran = run_plan(tmp_path, [str(plants / f"{workload}.py"), "power"], ["eager/numpy", "plants:Honest"], QUICK)
    broken = [r for r in ran.records if isinstance(r, CellRecord) and workload in r.cell.workload]
    assert [record.outcome for record in broken] == ["crashed", "crashed"]
    assert all(record.reason.startswith(said) for record in broken)
    assert any(isinstance(r, CellRecord) and r.outcome == "reference" for r in ran.records)


def test_a_spawned_worker_measures_as_a_forked_one_does(plants: Path, run_plan: Callable[..., Any], tmp_path: Path):
    settings = Settings(samples=2, steady_seconds=0.0, min_sample_seconds=0.0005, spawn=True)
    strategies = ["eager/numpy", "plants:Honest", "plants:BreaksAtImport", "plants:SegmentationFault"]
    ran = run_plan(tmp_path, [str(plants / "plain.py")], strategies, settings)
    assert [ran.cell(name).outcome for name in strategies] == ["reference", "captured", "unavailable", "crashed"]
    assert ran.cell("plants:Honest").phases["import"] > 0


def test_a_cuda_cell_without_a_gpu_is_unavailable_with_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(tmp_path))  # no nvidia-smi, so no GPU
    from snek_harness.plan import make_plan
    from snek_harness.run_folder import create_run
    from snek_harness.scheduler import run

    plan = make_plan(["power"], ["eager/numpy", "eager/torch"], "tiny", device="cuda")
    records = run(plan, create_run(tmp_path / "runs"))
    assert [r.outcome for r in records if isinstance(r, CellRecord)] == ["unavailable"] * 2
    assert all("cuda" in r.reason for r in records if isinstance(r, CellRecord))
    assert exit_code(records) == 3
