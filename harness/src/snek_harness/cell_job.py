"""One cell in its worker: stage the program, check it, then time it on the scheduler's word and check it again."""

from __future__ import annotations

import gc
from collections.abc import Iterable

from snek_harness import evidence
from snek_harness.bound import bound_program, program_files
from snek_harness.catalogue import load_strategy, load_workload
from snek_harness.channel import Channel
from snek_harness.checker import Tolerance, compare
from snek_harness.failure import UnavailableError
from snek_harness.measure import calibrate, sample
from snek_harness.messages import Checked, Do, Job, Rechecked, Sampled, WarmedUp
from snek_harness.phases import Phases
from snek_harness.record import Outcome
from snek_harness.values import Arguments, fresh, read_arguments, read_expected


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
        self.tolerance = Tolerance(self.workload.relative_tolerance, self.workload.absolute_tolerance)
        self.sets = read_arguments(job.folder)
        self.expected = read_expected(job.folder, job.expected)
        self.largest_error: float | None = None

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
                case Do(what="warm_up", min_seconds=min_seconds):
                    self._warm_up(min_seconds)
                case Do(what="sample", calls=calls):
                    self.channel.send(Sampled(sample(self._call, calls)))
                case Do(what="recheck"):
                    self._recheck()
                case _:
                    return

    def _stage_and_check(self) -> Checked:
        strategy = self.strategy
        with self.phases.timed("transform"):
            program = bound_program(self.workload, strategy)
        example = fresh(self.sets[0])
        with self.phases.timed("stage"):
            self.staged = strategy.stage(program, example)
        with self.phases.timed("compile"):
            self.function = self.staged.compile()
        native = self._native(self.sets[0])
        with self.phases.timed("first_call"):
            result = self.function(*native)
            strategy.wait(result)
        self.counters = dict(self.staged.counters())
        difference = self._difference(result, 0, "at the first call")
        # Set 0 comes again at the end: right first and wrong later is wrong.
        difference = difference or self._check([*range(1, len(self.sets)), 0], "at a later call")
        self.frames = evidence.FrameCount()
        if not difference and not self._is_reference:
            self.phases.begin("evidence")
            files = program_files(self.workload, program)
            with evidence.program_frames(files, self.staged.is_glue) as self.frames:
                for arguments in self.sets[1:]:
                    strategy.wait(self.function(*self._native(arguments)))
        last = dict(self.staged.counters())
        outcome: Outcome
        if difference:
            outcome, reason = "wrong", difference
        elif self._is_reference:
            outcome, reason = "reference", ""
        else:
            reason = evidence.verdict(self.frames, self.counters, last)
            outcome = "fallback" if reason else "captured"
        return Checked(
            outcome=outcome,
            reason=reason,
            phases=self.phases.seconds,
            largest_error=self.largest_error,
            argument_sets=len(self.sets),
            evidence={"python_calls": self.frames.frames, **last} if not self._is_reference else last,
        )

    @property
    def _is_reference(self) -> bool:
        return self.job.strategy == self.strategy.reference

    def _native(self, arguments: Arguments) -> Arguments:
        return tuple(self.strategy.from_host(value) for value in fresh(arguments))

    def _check(self, numbers: Iterable[int], when: str) -> str:
        for number in numbers:
            self.phases.begin(f"{when.removeprefix('at ').removeprefix('a ')} on argument set {number}")
            result = self.function(*self._native(self.sets[number]))
            self.strategy.wait(result)
            difference = self._difference(result, number, when)
            if difference:
                return difference
        return ""

    def _difference(self, result: object, number: int, when: str) -> str:
        host = self.strategy.to_host(result)
        found = compare(host, self.expected[number], self.tolerance, self.job.exact_dtype)
        if found.largest_error is not None:
            self.largest_error = max(found.largest_error, self.largest_error or 0.0)
        return f"{when}, argument set {number}: {found.difference}" if found.difference else ""

    def _warm_up(self, min_seconds: float) -> None:
        native = self._native(self.sets[0])
        function, wait = self.function, self.strategy.wait

        def call() -> None:
            wait(function(*native))

        self._call = call
        with self.phases.timed("warm_up"):
            calls = calibrate(call, min_seconds)
        self.channel.send(WarmedUp(calls=calls, seconds=self.phases.seconds["warm_up"]))

    def _recheck(self) -> None:
        difference = self._check(range(len(self.sets)), "after timing")
        doubt = "" if self._is_reference else evidence.verdict(self.frames, self.counters, self.staged.counters())
        self.channel.send(Rechecked(difference=difference, doubt=doubt, largest_error=self.largest_error))
