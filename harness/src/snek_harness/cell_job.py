"""One cell in its worker: stage the program, check it, then time it on the scheduler's word and check it again."""

from __future__ import annotations

import gc
import itertools
from collections.abc import Iterable
from time import process_time_ns

from snek_harness import evidence
from snek_harness.bound import bound_program, program_anew, program_files, stage
from snek_harness.catalogue import load_strategy, load_workload
from snek_harness.channel import Channel
from snek_harness.checker import Tolerance
from snek_harness.checks import Checks
from snek_harness.failure import UnavailableError
from snek_harness.gradients import gradient_tolerance
from snek_harness.measure import calibrate, sample
from snek_harness.messages import Checked, Do, Job, Rechecked, Sampled, WarmedUp
from snek_harness.phases import Phases
from snek_harness.record import Outcome
from snek_harness.values import ORACLE, TIMED, fresh, read_arguments, read_expected
from snek_strategies.protocol import Program


class CellJob:
    """The state of one cell's worker."""

    def __init__(self, job: Job, channel: Channel, phases: Phases) -> None:
        self.channel = channel
        self.phases = phases
        self.job = job
        self.strategy = load_strategy(job.strategy, job.device)
        missing = self.strategy.missing()
        if missing:
            raise UnavailableError(missing)
        self.strategy.pin_threads(job.threads)
        self.workload = load_workload(job.workload)
        expected = read_expected(job.folder, job.expected)
        tolerance = Tolerance(self.workload.relative_tolerance, self.workload.absolute_tolerance)
        if job.mode == "gradient":
            tolerance = gradient_tolerance(self.workload, read_expected(job.folder, ORACLE))
        self.checks = Checks(self.strategy, read_arguments(job.folder), expected, tolerance, job.exact_dtype)
        self.frames: evidence.FrameCount | None = None
        self._marks = itertools.count(1)

    def run(self) -> None:
        """Stage and check, then follow the scheduler until it says finish."""
        checked = self._stage_and_check()
        self.channel.send(checked)
        if checked.outcome == "wrong":
            return
        # The framework's own objects never become garbage: the collector need not look at them between samples.
        gc.collect()
        gc.freeze()
        while True:
            match self.channel.receive():
                case Do(what="stage"):
                    self.channel.send(Sampled(self._stage_anew()))
                case Do(what="warm_up", min_seconds=min_seconds):
                    self._warm_up(min_seconds)
                case Do(what="sample", calls=calls):
                    self.channel.send(Sampled(sample(self._call, calls)))
                case Do(what="recheck"):
                    self._recheck()
                case _:
                    return

    def _stage_and_check(self) -> Checked:
        strategy, checks = self.strategy, self.checks
        with self.phases.timed("transform"):
            program = bound_program(self.workload, strategy, self.job.mode)
        example = fresh(checks.sets[0])
        with self.phases.timed("stage"):
            self.staged = stage(self.workload, strategy, self.job.mode, program, example)
        with self.phases.timed("compile"):
            self.function = self.staged.compile()
        native = checks.native(0)
        with self.phases.timed("first_call"):
            first = self.function(*native)
            strategy.wait(first)
        self.counters = dict(self.staged.counters())
        difference = checks.answer(first, 0, "at the first call")
        difference = difference or self._check(range(1, len(checks.sets)), "at a later call")
        # Looked at again: a system that hands out one buffer for every result has overwritten it by now.
        difference = difference or checks.answer(first, 0, "the first call's result, after later calls")
        # Set 0 comes again: right first and wrong later is wrong.
        difference = difference or self._check([0], "at a later call")
        if difference:
            return self._checked("wrong", difference)
        if self._is_reference:
            return self._checked("reference", "")
        doubt = self._gather_evidence(program)
        return self._checked("fallback" if doubt else "captured", doubt)

    def _checked(self, outcome: Outcome, reason: str) -> Checked:
        return Checked(
            outcome=outcome,
            reason=reason,
            phases=self.phases.seconds,
            largest_error=self.checks.largest_error,
            argument_sets=len(self.checks.sets),
            evidence={**({"python_calls": self.frames.frames} if self.frames else {}), **self.staged.counters()},
        )

    def _gather_evidence(self, program: Program) -> str:
        """Call again with fresh values, watched, in a pass of its own; return what speaks against capture."""
        self.phases.begin("evidence")
        files = program_files(self.workload, program)
        with evidence.program_frames(files, self.staged.is_glue) as self.frames:
            for number in range(1, len(self.checks.sets)):
                self.strategy.wait(self.function(*self.checks.native(number)))
        return evidence.verdict(self.frames, self.counters, self.staged.counters())

    @property
    def _is_reference(self) -> bool:
        return self.job.strategy == self.strategy.reference

    def _check(self, numbers: Iterable[int], when: str) -> str:
        for number in numbers:
            self.phases.begin(f"{when.removeprefix('at ').removeprefix('a ')} on argument set {number}")
            difference = self.checks.call(self.function, number, when)
            if difference:
                return difference
        return ""

    def _stage_anew(self) -> float:
        """Stage the program as if it were new, and return the processor's seconds; what runs is what was staged first.

        Everything here computes in one thread and waits for nothing, so other work on the host costs it no time.
        """
        workload, strategy, mode = self.workload, self.strategy, self.job.mode
        program = program_anew(workload, strategy, mode, next(self._marks))
        example = fresh(self.checks.sets[0])
        return sample(lambda: stage(workload, strategy, mode, program, example), 1, process_time_ns)

    def _warm_up(self, min_seconds: float) -> None:
        native = self.checks.native(TIMED)
        function, wait = self.function, self.strategy.wait

        def call() -> None:
            wait(function(*native))

        self._call = call
        with self.phases.timed("warm_up"):
            calls = calibrate(call, min_seconds)
        self.channel.send(WarmedUp(calls=calls, seconds=self.phases.seconds["warm_up"]))

    def _recheck(self) -> None:
        difference = self._check(range(len(self.checks.sets)), "after timing")
        doubt = evidence.verdict(self.frames, self.counters, self.staged.counters()) if self.frames else ""
        self.channel.send(Rechecked(difference=difference, doubt=doubt, largest_error=self.checks.largest_error))
