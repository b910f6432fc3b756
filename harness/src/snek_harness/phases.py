"""The phases of a cell, each announced as it begins and timed apart."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter_ns

from snek_harness.channel import Channel
from snek_harness.measure import Clock
from snek_harness.messages import Began
from snek_harness.record import Phase


class Phases:
    """What runs now, and the seconds that each timed phase took."""

    def __init__(self, channel: Channel, clock: Clock = perf_counter_ns) -> None:
        self.channel = channel
        self.clock = clock
        self.current = ""
        """The phase as words, for the reason of a failure; "" before the first."""
        self.seconds: dict[Phase, float] = {}

    def begin(self, name: str) -> None:
        """Announce a phase that is not timed."""
        self.current = name
        self.channel.send(Began(name))

    @contextmanager
    def timed(self, name: Phase) -> Iterator[None]:
        """Announce a phase, and time what happens inside the `with`; the announcement is not timed."""
        self.begin(name)
        begin = self.clock()
        try:
            yield
        finally:
            self.seconds[name] = (self.clock() - begin) / 1e9
