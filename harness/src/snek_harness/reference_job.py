"""Run the reference: the bound program as written, in the framework of the strategies that are checked against it."""

from __future__ import annotations

from snek_harness.bound import bound_program, stage
from snek_harness.catalogue import load_strategy, load_workload
from snek_harness.checker import Tolerance, compare
from snek_harness.gradients import gradient_tolerance
from snek_harness.messages import Job, Prepared
from snek_harness.phases import Phases
from snek_harness.values import ORACLE, fresh, read_arguments, read_expected, reference_file, write_sets


def run_reference(job: Job, phases: Phases) -> Prepared:
    """Write the reference's answer on every argument set, and say where it misses the oracle."""
    strategy = load_strategy(job.strategy, job.device)
    strategy.pin_threads(job.threads)
    workload = load_workload(job.workload)
    tolerance = Tolerance(workload.relative_tolerance, workload.absolute_tolerance)
    phases.begin("reference")
    program = bound_program(workload, strategy, job.mode)
    if job.mode == "gradient":
        tolerance = gradient_tolerance(workload, read_expected(job.folder, ORACLE))
        example = fresh(read_arguments(job.folder)[0])
        program = stage(workload, strategy, job.mode, program, example).compile()
    answers: list[object] = []
    difference = ""
    sets = read_arguments(job.folder)
    for number, (arguments, oracle) in enumerate(zip(sets, read_expected(job.folder, job.expected), strict=True)):
        phases.begin(f"reference on argument set {number}")
        native = tuple(strategy.from_host(value) for value in fresh(arguments))
        answers.append(strategy.to_host(program(*native)))
        found = compare(answers[-1], oracle, tolerance, exact_dtype=False).difference
        if found and not difference:
            difference = f"on argument set {number}: {found}"
    write_sets(job.folder, reference_file(job.strategy), answers)
    return Prepared(difference=difference)
