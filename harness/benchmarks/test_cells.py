"""Cells through pytest-benchmark's fixture, in one process: `pytest harness/benchmarks --snek-strategy torch`.

What `snek bench` measures in processes of their own is measured here in pytest's, so one framework a process: a cell
whose framework would be the second is skipped. Checked before it is timed, and again afterwards, like every cell.
"""

from __future__ import annotations

import sys
from functools import cache
from typing import TYPE_CHECKING

import pytest

from snek_core_transform.errors import UsageError
from snek_harness.bound import bound_program
from snek_harness.catalogue import load_strategy, load_workload
from snek_harness.checker import Tolerance
from snek_harness.checks import Checks
from snek_harness.exit_code import built_on_snek
from snek_harness.plan import make_plan
from snek_harness.values import Arguments, fresh
from snek_workloads.argument_sets import argument_sets, oracle

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

    from snek_harness.record import Cell

EXCLUSIVE = ("torch", "tensorflow", "jax")
"""Frameworks that must not share a process: each brings its own threads and memory, and some crash together."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one test of every chosen cell of the registries."""
    options = metafunc.config.option
    try:
        cells = make_plan(options.snek_workload, options.snek_strategy, options.snek_size).cells
    except UsageError as error:
        raise pytest.UsageError(str(error)) from error
    metafunc.parametrize("cell", cells, ids=[f"{cell.workload}-{cell.strategy}" for cell in cells])


@cache
def _sets_and_answers(workload: str, size: str) -> tuple[list[Arguments], list[object]]:
    loaded = load_workload(workload)
    sets = argument_sets(loaded, size, seed=0)
    return sets, [oracle(loaded, fresh(arguments)) for arguments in sets]


def test_cell(request: pytest.FixtureRequest, cell: Cell) -> None:
    """Time a cell that is right; skip a rejected one and a wrong rival, with the reason; fail where Snek is wrong."""
    strategy = load_strategy(cell.strategy)
    missing = strategy.missing()
    if missing:
        pytest.skip(missing)
    other = [name for name in EXCLUSIVE if name != strategy.framework and name in sys.modules]
    if other and strategy.framework in EXCLUSIVE:
        pytest.skip(f"{other[0]} is already imported here; run {strategy.framework} in a pytest process of its own")
    workload = load_workload(cell.workload)
    sets, answers = _sets_and_answers(cell.workload, cell.size)
    tolerance = Tolerance(workload.relative_tolerance, workload.absolute_tolerance)
    checks = Checks(strategy, sets, answers, tolerance, exact_dtype=False)
    try:
        function = strategy.stage(bound_program(workload, strategy), fresh(sets[0])).compile()
        differences = [checks.call(function, number, "before timing") for number in range(len(sets))]
    except Exception as error:  # noqa: BLE001 - what a strategy rejects is no failure of the suite
        pytest.skip(f"rejected: {type(error).__name__}: {error}")
    wrong = next(filter(None, differences), "")
    if wrong and not built_on_snek(cell.strategy):
        pytest.skip(f"wrong: {wrong}")
    assert not wrong
    native = checks.native(0)
    # Asked for late: pytest-benchmark complains of a fixture that a skipped test did not use.
    benchmark: BenchmarkFixture = request.getfixturevalue("benchmark")
    benchmark.group = f"{cell.workload}/{cell.size}"

    def call() -> None:
        strategy.wait(function(*native))

    benchmark(call)
    assert checks.call(function, 0, "after timing") == ""
