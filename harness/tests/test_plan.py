from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from snek_core_transform.errors import UsageError
from snek_harness.plan import Plan, blocks, make_plan
from snek_strategies.registry import STRATEGIES
from snek_workloads import registry as workloads


def test_by_default_every_strategy_meets_every_workload_once_measured_or_skipped():
    plan = make_plan()
    planned = [(cell.workload, cell.strategy) for cell in [*plan.cells, *(skip.cell for skip in plan.skipped)]]
    assert sorted(planned) == sorted((w, s) for w in workloads.names() for s in STRATEGIES)
    assert {cell.size for cell in plan.cells} == {"small"}


def test_dynamo_runs_three_workloads_and_the_rest_is_skipped_with_its_reason():
    plan = make_plan(strategies=["dynamo/compile"])
    assert len(plan.cells) == 3
    assert len(plan.skipped) == len(workloads.names()) - 3
    assert all("compiles for long" in skip.reason for skip in plan.skipped)
    assert not make_plan(strategies=["dynamo/compile"], left_out={}).skipped


def test_an_exact_name_chooses_itself_alone_and_a_pattern_chooses_all_that_match():
    assert [cell.strategy for cell in make_plan(["power"], ["trace/torch"]).cells] == ["trace/torch"]
    matching = [cell.strategy for cell in make_plan(["power"], ["^trace/"]).cells]
    assert matching == [name for name in STRATEGIES if name.startswith("trace/")]


@pytest.mark.parametrize(
    ("arguments", "listed"),
    [
        ({"workloads": ["nonesuch"]}, "collatz"),
        ({"strategies": ["nonesuch"]}, "eager/numpy"),
        ({"strategies": ["("]}, "eager/numpy"),
        ({"size": "huge"}, "tiny, small, medium"),
        ({"device": "tpu"}, "cpu, cuda"),
        ({"workloads": ["nonesuch.py"]}, "nonesuch.py"),
        ({"strategies": ["nonesuch_module:Strategy"]}, "module:Class"),
        ({"strategies": ["pathlib:Path"]}, "derives from"),
    ],
)
def test_an_unknown_name_is_refused_and_what_exists_is_listed(arguments: dict[str, object], listed: str):
    with pytest.raises(UsageError, match=r"unknown|no such|not a|cannot be imported") as refused:
        make_plan(**arguments)  # type: ignore[arg-type]
    assert listed in str(refused.value)


def test_a_file_that_holds_no_workload_is_refused(tmp_path: Path):
    file = tmp_path / "empty.py"
    file.write_text("x = 1\n")
    with pytest.raises(UsageError, match="WORKLOAD"):
        make_plan([str(file)], ["eager/numpy"])


def test_a_plan_survives_json():
    plan = make_plan(["power", "collatz"], ["eager", "dynamo"])
    assert msgspec.json.decode(msgspec.json.encode(plan), type=Plan) == plan


def test_cells_of_one_workload_size_device_and_mode_are_one_block():
    plan = make_plan(["power", "collatz"], ["eager/numpy", "eager/torch"])
    grouped = blocks(plan.cells)
    assert [block.name for block in grouped] == ["power/small/cpu/forward", "collatz/small/cpu/forward"]
    assert [len(block.cells) for block in grouped] == [2, 2]
