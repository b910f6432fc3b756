"""Prepare a block, in a process without a framework: argument sets, the oracle's answers, and the witness's word."""

from __future__ import annotations

from snek_harness.catalogue import load_workload
from snek_harness.checker import Tolerance, compare
from snek_harness.gradients import gradient_oracle, missed_slope
from snek_harness.messages import Job, Prepared
from snek_harness.phases import Phases
from snek_harness.values import ARGUMENTS, ORACLE, TIMED, fresh, write_sets
from snek_workloads.argument_sets import argument_sets, oracle


def prepare(job: Job, phases: Phases) -> Prepared:
    """Draw the argument sets, compute what the oracle answers, and ask the independent witness whether it is right."""
    workload = load_workload(job.workload)
    phases.begin("arguments")
    sets = argument_sets(workload, job.size, job.seed, count=job.argument_sets)
    answer_of = oracle if job.mode == "forward" else gradient_oracle
    answers = []
    for number, arguments in enumerate(sets):
        phases.begin(f"oracle on argument set {number}")
        answers.append(answer_of(workload, fresh(arguments)))
    write_sets(job.folder, ARGUMENTS, list(sets))
    write_sets(job.folder, ORACLE, answers)
    tolerance = Tolerance(workload.relative_tolerance, workload.absolute_tolerance)
    difference = ""
    for number, (arguments, answer) in enumerate(zip(sets, answers, strict=True)):
        phases.begin(f"witness on argument set {number}")
        if job.mode == "gradient":
            found = missed_slope(workload, fresh(arguments), answer, job.seed)
        else:
            found = compare(answer, workload.witness(*fresh(arguments)), tolerance, exact_dtype=False).difference
        if found and not difference:
            difference = f"on argument set {number}: {found}"
    # Each product of forward has two in reverse.
    work = 1 if job.mode == "forward" else 3
    return Prepared(
        difference=difference,
        flops=work * float(workload.flops(*fresh(sets[TIMED]))),
        bytes_moved=float(workload.bytes_moved(*fresh(sets[TIMED]))),
    )
