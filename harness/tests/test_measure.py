from __future__ import annotations

import gc

import pytest

from snek_harness.channel import Channel
from snek_harness.measure import MOST_CALLS, calibrate, sample
from snek_harness.phases import Phases


class FakeClock:
    """A clock that only a call moves: by `per_call` nanoseconds each."""

    def __init__(self, per_call: int) -> None:
        self.now = 10**12
        self.per_call = per_call
        self.calls = 0

    def __call__(self) -> int:
        return self.now

    def call(self) -> None:
        self.now += self.per_call
        self.calls += 1


def test_a_sample_is_the_time_of_its_calls_exactly():
    clock = FakeClock(per_call=1_500)
    assert sample(clock.call, 4, clock) == 6e-6
    assert clock.calls == 4


def test_a_sample_is_never_nothing():
    clock = FakeClock(per_call=0)
    assert sample(clock.call, 1, clock) == 1e-9


def test_the_collector_is_off_during_a_sample_and_back_on_afterwards_even_after_an_error():
    clock = FakeClock(1)
    seen = []
    sample(lambda: seen.append(gc.isenabled()), 1, clock)
    assert seen == [False]
    assert gc.isenabled()
    with pytest.raises(ZeroDivisionError):
        sample(lambda: 1 // 0, 1, clock)
    assert gc.isenabled()


@pytest.mark.parametrize(
    ("per_call", "calls"),
    [(5_000_000, 1), (7_000_000, 1), (2_500_000, 2), (1_000_000, 5), (1_000, 5_000), (3_000, 1_667)],
)
def test_calibration_finds_the_fewest_calls_that_last_five_milliseconds(per_call: int, calls: int):
    clock = FakeClock(per_call)
    assert calibrate(clock.call, 0.005, clock) == calls


def test_a_slow_program_is_called_once_only_to_calibrate():
    clock = FakeClock(per_call=2_000_000_000)
    assert calibrate(clock.call, 0.005, clock) == 1
    assert clock.calls == 1


@pytest.mark.parametrize("late", [2, 5, 11, 12, 60])
def test_calibration_does_not_believe_a_sample_in_which_a_call_compiled(late: int):
    clock = FakeClock(per_call=1_000)

    def call() -> None:
        clock.call()
        if clock.calls == late:
            clock.now += 200_000_000

    assert calibrate(call, 0.005, clock) == 5_000


def test_calibration_ends_where_the_clock_stands_still():
    clock = FakeClock(per_call=0)
    assert calibrate(clock.call, 0.005, clock) == MOST_CALLS


def test_a_phase_is_announced_before_it_is_timed_and_timed_exactly():
    clock = FakeClock(per_call=3_000)
    announced: list[tuple[object, int]] = []

    class Listener(Channel):
        def __init__(self) -> None:
            """Listen without a socket."""

        def send(self, message: object, descriptors: tuple[int, ...] = ()) -> None:
            announced.append((message.phase, clock.now))  # type: ignore[attr-defined]
            clock.now += 10**9  # telling takes time that is not the phase's

    phases = Phases(Listener(), clock)
    begin = clock.now
    with phases.timed("stage"):
        clock.call()
    assert announced == [("stage", begin)]
    assert phases.seconds == {"stage": 3e-6}
    assert phases.current == "stage"
